//! X-006: egress through a route table that has no default route.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::network;
use crate::analysis::rules::graph::routes::is_routed;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-006",
        name: "udr-without-default-route",
        severity: Severity::High,
        profile: Profile::Default,
        title: "egress goes through a route table, but a node subnet has no default route",
        why: "AKS refuses to create the cluster, or its nodes reach nothing outside the network.",
        fix: "Add a route 0.0.0.0/0 with next_hop_type = \"VirtualAppliance\" and associate its table with every node \
              subnet.",
        exceptions: "",
        bad: concat!(network!(), cluster!()),
        good: concat!(
            network!(),
            cluster!(),
            r#"
resource "azurerm_route_table" "nodes" {
  name                = "rt-nodes"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_route" "firewall" {
  name                   = "default"
  resource_group_name    = "rg-example"
  route_table_name       = azurerm_route_table.nodes.name
  address_prefix         = "0.0.0.0/0"
  next_hop_type          = "VirtualAppliance"
  next_hop_in_ip_address = "10.60.0.4"
}

resource "azurerm_subnet_route_table_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  route_table_id = azurerm_route_table.nodes.id
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/egress-outboundtype"],
        peers: &[],
    },
    check,
};

macro_rules! cluster {
    () => {
        crate::analysis::rules::example::cluster!(
            r#"
  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    outbound_type       = "userDefinedRouting"
  }
"#,
            r#"
    vnet_subnet_id = azurerm_subnet.nodes.id
"#
        )
    };
}
use cluster;

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let kind = cluster.get("properties.networkProfile.outboundType");
        let routed = is_routed(cluster);
        if routed == Truth::No {
            out.skip(cluster, "its egress does not go through a route table of its own");
            continue;
        }
        for pool in graph.pools(cluster) {
            let subnet = pool.document.get("properties.vnetSubnetID");
            let (fine, place) = match graph.link(subnet) {
                Link::To(subnet) => (graph.has_default_route(subnet), subnet.name().to_owned()),
                Link::Outside(what) | Link::Unknown(what) => (
                    Truth::Unknown(format!("the subnet of pool {}: {what}", pool.document.name())),
                    String::new(),
                ),
                Link::None => {
                    (Truth::No, format!("the network that AKS makes for pool {}", pool.document.name()))
                }
            };
            let text = format!("egress goes through a route table, but {place} has no default route");
            out.judge(cluster, kind, fine.or(!routed.clone()), text);
        }
    }
}
