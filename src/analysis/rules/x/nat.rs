//! X-008: egress through a NAT gateway that the subnet does not have.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, network};
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::text::has_members;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth, net};
use crate::azure::estate::Document;

macro_rules! through_nat {
    () => {
        cluster!(
            r#"
  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    outbound_type       = "userAssignedNATGateway"
  }
"#,
            r#"
    vnet_subnet_id = azurerm_subnet.nodes.id
"#
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-008",
        name: "user-nat-not-associated",
        severity: Severity::High,
        title: "egress goes through a NAT gateway, but a node subnet has none that works",
        why: "AKS refuses to create the cluster, or its nodes reach nothing outside the network.",
        fix: "Associate a NAT gateway that has a public address with every node subnet.",
        bad: concat!(network!(), through_nat!()),
        good: concat!(
            network!(),
            through_nat!(),
            r#"
resource "azurerm_nat_gateway" "nodes" {
  name                = "ng-nodes"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_public_ip" "nodes" {
  name                = "pip-nodes"
  location            = "westeurope"
  resource_group_name = "rg-example"
  allocation_method   = "Static"
}

resource "azurerm_nat_gateway_public_ip_association" "nodes" {
  nat_gateway_id       = azurerm_nat_gateway.nodes.id
  public_ip_address_id = azurerm_public_ip.nodes.id
}

resource "azurerm_subnet_nat_gateway_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  nat_gateway_id = azurerm_nat_gateway.nodes.id
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/nat-gateway"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let kind = cluster.get("properties.networkProfile.outboundType");
        let by_nat = Truth::is_word(kind, "userAssignedNATGateway", false);
        if by_nat == Truth::No {
            out.skip(cluster, "its egress goes through no NAT gateway of its own");
            continue;
        }
        for pool in graph.pools(cluster) {
            let (fine, name) = match graph.link(pool.document.get("properties.vnetSubnetID")) {
                Link::To(subnet) => (works(graph, subnet), subnet.name().to_owned()),
                Link::None => (Truth::No, "the network that AKS makes".to_owned()),
                Link::Outside(what) | Link::Unknown(what) => {
                    (Truth::Unknown(format!("its subnet: {what}")), what)
                }
            };
            let text = format!("egress goes through a NAT gateway, but {name} has none that works");
            out.judge(cluster, kind, fine.or(!by_nat.clone()), text);
        }
    }
}

/// Whether a subnet has a NAT gateway, and that one a public address.
fn works(graph: &Graph<'_>, subnet: &Document) -> Truth {
    match graph.link(graph.attached(subnet, Attachment::Nat)) {
        Link::To(gateway) => {
            let lists = ["publicIpAddresses", "publicIpPrefixes"];
            let addresses = lists.map(|list| has_members(gateway.get(&format!("properties.{list}"))));
            graph.closed_world(gateway, Truth::any(addresses).or(net::nat_gateway::stray(graph)))
        }
        Link::Outside(_) => Truth::Yes,
        Link::Unknown(why) => Truth::Unknown(why),
        Link::None => graph.closed_world(subnet, Truth::No),
    }
}
