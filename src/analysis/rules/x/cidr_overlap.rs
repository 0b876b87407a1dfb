//! X-017: ranges of a cluster that overlap, as the address analysis finds them.

use crate::analysis::finding::Severity;
use crate::analysis::network::code::Code;
use crate::analysis::rules::example::network;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

const OVERLAPS: [Code; 5] = [
    Code::CidrOverlapPeer,
    Code::CidrOverlapService,
    Code::CidrOverlapSubnet,
    Code::CidrOverlapVnet,
    Code::ServiceCidrTooLarge,
];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-017",
        name: "cluster-cidr-overlap",
        severity: Severity::High,
        profile: Profile::Default,
        title: "a range of the cluster overlaps with another one, or is too large",
        why: "Services or hosts in the common part are unreachable, and the ranges of a cluster cannot be changed later.",
        fix: "Choose a service_cidr (at most a /12) and a pod_cidr outside of every network that the cluster reaches.",
        exceptions: "",
        bad: concat!(network!(), cluster!("10.0.0.0/16", "10.0.0.10")),
        good: concat!(network!(), cluster!("172.20.0.0/16", "172.20.0.10")),
        references: &["https://learn.microsoft.com/azure/aks/concepts-network-ip-address-planning"],
        peers: &[],
    },
    check,
};

macro_rules! cluster {
    ($services:literal, $dns:literal) => {
        concat!(
            r#"resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    service_cidr        = ""#,
            $services,
            r#""
    dns_service_ip      = ""#,
            $dns,
            r#""
  }

  default_node_pool {
    name           = "system"
    vm_size        = "Standard_D4s_v5"
    node_count     = 3
    vnet_subnet_id = azurerm_subnet.nodes.id
  }

  identity {
    type = "SystemAssigned"
  }
}
"#
        )
    };
}
use cluster;

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let report = graph.network();
    for cluster in graph.of_type(types::CLUSTER) {
        let label = cluster.label();
        let found = report.findings.iter().find(|f| f.at.address == label && OVERLAPS.contains(&f.code));
        if let Some(found) = found {
            out.fail(cluster, None, found.title.clone()).told_by = Some(found.id);
        } else if let Some(why) = unknown(graph, cluster) {
            out.unknown(cluster, why);
        } else {
            out.pass(cluster);
        }
    }
}

/// The range that is not known and might overlap.
fn unknown<'a>(graph: &Graph<'a>, cluster: &'a Document) -> Option<String> {
    let why = |value: &Value| value.as_unknown().map(|u| u.reason.to_string());
    let own = ["serviceCidr", "serviceCidrs", "podCidr", "podCidrs"];
    let own = own.iter().find_map(|name| why(cluster.get(&format!("properties.networkProfile.{name}"))?));
    let subnets = graph.pools(cluster).into_iter().map(|p| p.document.get("properties.vnetSubnetID"));
    let open = subnets.filter_map(|value| match graph.link(value) {
        Link::Unknown(why) => Some(format!("the subnet of its nodes: {why}")),
        _ => None,
    });
    own.or_else(|| open.into_iter().next()).or_else(|| {
        let subnet =
            graph.pools(cluster).iter().find_map(|p| graph.id(p.document.get("properties.vnetSubnetID")))?;
        let network = graph.estate.by_id(&graph.network_of(&subnet)?)?;
        let space = network.get("properties.addressSpace.addressPrefixes")?;
        why(space).or_else(|| space.as_slice()?.iter().find_map(why))
    })
}
