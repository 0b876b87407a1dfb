//! NET-024: NAT gateways without an address or without a subnet.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::types;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-NET-024",
        name: "natgw-without-address",
        severity: Severity::High,
        title: "the NAT gateway has no public address, or no subnet",
        why: "Without an address what stands behind it reaches nothing; without a subnet it does nothing and costs money.",
        fix: "Add an azurerm_nat_gateway_public_ip_association (or one of a prefix) and an \
              azurerm_subnet_nat_gateway_association.",
        exceptions: "Gateways whose associations stand in another root module.",
        bad: gateway!(""),
        good: gateway!(
            r#"
resource "azurerm_nat_gateway_public_ip_association" "example" {
  nat_gateway_id       = azurerm_nat_gateway.example.id
  public_ip_address_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/publicIPAddresses/pip"
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/nat-gateway/nat-overview"],
        ..Meta::ROW
    },
    check,
};

macro_rules! gateway {
    ($more:literal) => {
        concat!(
            r#"resource "azurerm_nat_gateway" "example" {
  name                = "ng-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = "rg-example"
  virtual_network_name = "vnet-example"
  address_prefixes     = ["10.0.0.0/22"]
}

resource "azurerm_subnet_nat_gateway_association" "example" {
  subnet_id      = azurerm_subnet.nodes.id
  nat_gateway_id = azurerm_nat_gateway.example.id
}
"#,
            $more
        )
    };
}
use gateway;

/// Lists of a gateway's addresses.
const ADDRESSES: [&str; 4] = [
    "properties.publicIpAddresses",
    "properties.publicIpPrefixes",
    "properties.publicIpAddressesV6",
    "properties.publicIpPrefixesV6",
];
const ASSOCIATIONS: &str = "azurerm_nat_gateway_public_ip";

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for gateway in graph.of_type(types::NAT_GATEWAY) {
        let own = ADDRESSES.iter().any(|path| !gateway.items(path).is_empty());
        let addressed = Truth::from(own).or(stray(graph));
        let addressed = graph.closed_world(gateway, addressed);
        if addressed != Truth::Yes {
            out.judge(gateway, None, addressed, "the NAT gateway has no public address");
            continue;
        }
        let listed = Truth::from(!gateway.items("properties.subnets").is_empty());
        let used = listed.or(graph.places().is_attached(Attachment::Nat, &gateway.id));
        out.judge(gateway, None, graph.closed_world(gateway, used), "no subnet uses the NAT gateway")
            .severity(Severity::Low);
    }
}

/// Unknown when an association may be any gateway's.
pub(in crate::analysis::rules) fn stray(graph: &Graph<'_>) -> Truth {
    let associations = graph.estate.associations.iter().filter(|a| a.host.is_none());
    let of_addresses = associations.filter(|a| a.declared.address.type_name.starts_with(ASSOCIATIONS));
    Truth::any(of_addresses.map(|a| match graph.link(a.declared.instance.config.get("nat_gateway_id")) {
        Link::Unknown(why) => Truth::Unknown(why),
        _ => Truth::No,
    }))
}
