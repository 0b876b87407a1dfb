//! X-012: a private API server whose name cannot be resolved.

use std::net::IpAddr;

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::addresses::range;
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

const ACCESS: &str = "properties.apiServerAccessProfile";

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-012",
        name: "private-cluster-zone-not-linked",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the name of the private API server cannot be resolved where it is used",
        why: "kubectl, pipelines and nodes whose network has DNS servers of its own do not find the API server.",
        fix: "Link the zone to the network whose DNS answers: azurerm_private_dns_zone_virtual_network_link.",
        exceptions: "Zones that another root module links.",
        bad: concat!(
            zone!(),
            cluster!(
                r#"
  private_cluster_enabled = true
  private_dns_zone_id     = azurerm_private_dns_zone.example.id
"#
            )
        ),
        good: concat!(
            zone!(),
            r#"resource "azurerm_virtual_network" "example" {
  name                = "vnet-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_private_dns_zone_virtual_network_link" "example" {
  name                  = "link-example"
  resource_group_name   = "rg-example"
  private_dns_zone_name = azurerm_private_dns_zone.example.name
  virtual_network_id    = azurerm_virtual_network.example.id
}

"#,
            cluster!(
                r#"
  private_cluster_enabled = true
  private_dns_zone_id     = azurerm_private_dns_zone.example.id
"#
            )
        ),
        references: &["https://learn.microsoft.com/azure/aks/private-clusters"],
        peers: &[],
    },
    check,
};

macro_rules! zone {
    () => {
        r#"resource "azurerm_private_dns_zone" "example" {
  name                = "privatelink.westeurope.azmk8s.io"
  resource_group_name = "rg-example"
}

"#
    };
}
use zone;

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        match flag(cluster.get(&format!("{ACCESS}.enablePrivateCluster")), false) {
            Truth::No => drop(out.skip(cluster, "not a private cluster")),
            Truth::Unknown(why) => drop(out.unknown(cluster, why)),
            Truth::Yes => judge(graph, cluster, out),
        }
    }
}

fn judge<'a>(graph: &Graph<'a>, cluster: &'a Document, out: &mut Outcomes<'_>) {
    let value = cluster.get(&format!("{ACCESS}.privateDNSZone"));
    let resolver = resolver(graph, cluster);
    if value.is_none_or(|v| is_word(v, "System")) {
        match resolver {
            Some(network) => {
                let why = format!(
                    "the DNS servers in {} must forward to Azure, which the code cannot show",
                    network.name()
                );
                out.unknown(cluster, why)
            }
            None => out.pass(cluster),
        };
        return;
    }
    if value.is_some_and(|v| is_word(v, "None")) {
        let public = flag(cluster.get(&format!("{ACCESS}.enablePrivateClusterPublicFQDN")), false);
        let text = "the private API server has neither a private zone nor a public name, which AKS refuses";
        out.judge(cluster, value, public, text);
        return;
    }
    let zone = match graph.link(value) {
        Link::To(zone) => zone,
        Link::Outside(what) | Link::Unknown(what) => {
            out.unknown(cluster, format!("the zone of the API server: {what}"));
            return;
        }
        Link::None => return,
    };
    let anywhere = graph.closed_world(zone, graph.linked(&zone.id, None));
    if anywhere == Truth::No {
        let text = format!("the zone {} of the private API server is linked to no network", zone.name());
        out.fail(cluster, value, text).severity(Severity::Medium);
        return;
    }
    let Some(network) = resolver else {
        out.judge(cluster, value, anywhere, "");
        return;
    };
    let there = graph.closed_world(zone, graph.linked(&zone.id, Some(&network)));
    let text = format!(
        "names are resolved by DNS servers in {}, but the zone {} of the API server is not linked to it",
        network.name(),
        zone.name()
    );
    out.judge(cluster, value, there, text);
}

/// The other network of this root in which the DNS servers of the cluster's network stand.
fn resolver<'a>(graph: &Graph<'a>, cluster: &'a Document) -> Option<ResourceId> {
    let subnet =
        graph.pools(cluster).iter().find_map(|p| graph.id(p.document.get("properties.vnetSubnetID")))?;
    let own = graph.network_of(&subnet)?;
    let network = graph.estate.by_id(&own)?;
    let servers: Vec<IpAddr> = network
        .items("properties.dhcpOptions.dnsServers")
        .iter()
        .filter_map(|v| v.as_str()?.parse().ok())
        .collect();
    let holds = |other: &&Document| {
        other.items("properties.addressSpace.addressPrefixes").iter().filter_map(Value::as_str).any(
            |prefix| {
                let Some((first, last, v6)) = range(prefix) else { return false };
                servers.iter().any(|server| {
                    let number = range(&server.to_string());
                    number.is_some_and(|(n, _, six)| six == v6 && n >= first && n <= last)
                })
            },
        )
    };
    graph.of_type(types::VNET).filter(|v| v.id != own).find(holds).map(|v| v.id.clone())
}
