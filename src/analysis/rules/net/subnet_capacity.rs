//! NET-016: a node or pod subnet that is too small, as the address analysis finds it.

use crate::analysis::finding::Severity;
use crate::analysis::network::code::Code;
use crate::analysis::network::estate::{SubnetReport, Verdict as Fit};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Subject};

/// Tenants that make a subnet one of a cluster.
const POOLS: [&str; 2] = ["node_pool", "pod_pool"];
const TOO_SMALL: [Code; 3] =
    [Code::SubnetTooSmallSteady, Code::SubnetTooSmallMax, Code::SubnetTooSmallUpgrade];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-NET-016",
        name: "aks-subnet-too-small",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the subnet cannot hold the cluster at its largest and in an upgrade",
        why: "Scaling out and upgrades fail when the last address is taken, and a subnet in use cannot grow.",
        fix: "Choose a larger prefix, the overlay network model, or a smaller max_pods; the subnet's report shows how \
              much of each would do.",
        exceptions: "",
        bad: concat!(
            network!("10.0.0.0/26"),
            crate::analysis::rules::example::cluster!(
                r#"
  network_profile {
    network_plugin = "azure"
  }
"#,
                r#"
    vnet_subnet_id = azurerm_subnet.nodes.id
    max_pods       = 50
"#
            )
        ),
        good: concat!(
            network!("10.0.0.0/23"),
            crate::analysis::rules::example::cluster!(
                r#"
  network_profile {
    network_plugin = "azure"
  }
"#,
                r#"
    vnet_subnet_id = azurerm_subnet.nodes.id
    max_pods       = 50
"#
            )
        ),
        references: &["https://learn.microsoft.com/azure/aks/concepts-network-ip-address-planning"],
        peers: &["PSRule Azure.AKS.CNISubnetSize"],
    },
    check,
};

macro_rules! network {
    ($prefix:literal) => {
        concat!(
            r#"resource "azurerm_virtual_network" "example" {
  name                = "vnet-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.example.name
  address_prefixes     = [""#,
            $prefix,
            "\"]\n}\n\n"
        )
    };
}
use network;

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let report = graph.network();
    for subnet in &report.subnets {
        if !subnet.consumers.iter().any(|c| POOLS.contains(&c.kind)) {
            continue;
        }
        let subject = subject(graph, subnet);
        match subnet.verdict {
            Fit::Fits => drop(out.pass(subject)),
            Fit::Unknown => drop(out.unknown(subject, subnet.consequence.clone())),
            Fit::TooSmall => {
                let is_it = |code: &Code| TOO_SMALL.contains(code);
                let told =
                    report.findings.iter().find(|f| f.at.address == subnet.at.address && is_it(&f.code));
                let text = told.map_or(RULE.meta.title, |f| f.title.as_str());
                out.fail(subject, None, text).told_by = told.map(|f| f.id);
            }
        }
    }
}

fn subject(graph: &Graph<'_>, subnet: &SubnetReport) -> Subject {
    let document = graph.estate.by_address(&subnet.at.address);
    document.map_or_else(|| Subject::new(subnet.at.address.clone(), None), Subject::from)
}
