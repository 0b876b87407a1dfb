//! NET-015, NET-018: subnets of the platform.

use super::subnet_filter::EXEMPT;
use super::{subnet, vnet};
use crate::analysis::finding::Severity;
use crate::analysis::network::code::Code;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::places::Tenant;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

/// The longest prefix that the platform takes, by name of the subnet.
const LONGEST: [(&str, u32); 5] = [
    ("AzureBastionSubnet", 26),
    ("AzureFirewallSubnet", 26),
    ("AzureFirewallManagementSubnet", 26),
    ("GatewaySubnet", 27),
    ("RouteServerSubnet", 27),
];
/// Application gateways: what works, and what Azure recommends.
const GATEWAY: (u32, u32) = (26, 24);
/// API servers in a network of the cluster's.
const API_SERVER: u32 = 28;

pub(super) static SIZE: Check = Check {
    meta: Meta {
        id: "TU-NET-015",
        name: "special-subnet-size",
        severity: Severity::High,
        title: "a subnet of the platform is too small for what stands in it",
        why: "Azure refuses the resource, or it cannot scale, and a subnet in use cannot grow.",
        fix: "At least /26 for Bastion and firewalls, /27 for gateways and route servers, /26 (better /24) for application \
              gateways, /28 for API servers.",
        bad: concat!(vnet!(""), subnet!("bastion", "AzureBastionSubnet", "10.0.8.0/27")),
        good: concat!(vnet!(""), subnet!("bastion", "AzureBastionSubnet", "10.0.8.0/26")),
        references: &[
            "https://learn.microsoft.com/azure/bastion/configuration-settings",
            "https://learn.microsoft.com/azure/aks/api-server-vnet-integration",
        ],
        ..Meta::ROW
    },
    check: size,
};

pub(super) static FORBIDDEN_GROUP: Check = Check {
    meta: Meta {
        id: "TU-NET-018",
        name: "nsg-on-forbidden-subnet",
        severity: Severity::High,
        title: "a security group is attached to a subnet that must have none",
        why: "Azure refuses it for firewalls and route servers; a gateway stops working.",
        fix: "Remove the association.",
        bad: concat!(vnet!(""), subnet!("gateway", "GatewaySubnet", "10.0.8.0/27"), guarded!("gateway")),
        good: concat!(
            vnet!(""),
            subnet!("gateway", "GatewaySubnet", "10.0.8.0/27"),
            subnet!("nodes", "snet-nodes", "10.0.0.0/22"),
            guarded!("nodes")
        ),
        references: &[
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
        ],
        ..Meta::ROW
    },
    check: forbidden_group,
};

macro_rules! guarded {
    ($subnet:literal) => {
        concat!(
            r#"
resource "azurerm_network_security_group" "example" {
  name                = "nsg-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_subnet_network_security_group_association" "example" {
  subnet_id                 = azurerm_subnet."#,
            $subnet,
            r#".id
  network_security_group_id = azurerm_network_security_group.example.id
}
"#
        )
    };
}
use guarded;

fn size(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for subnet in graph.of_type(types::SUBNET) {
        let Some((longest, advised, what)) = limit(graph, subnet) else {
            out.skip(subnet, "it is no subnet of the platform");
            continue;
        };
        match length(subnet) {
            Err(why) => drop(out.unknown(subnet, why)),
            Ok(length) if length > longest => {
                let text = format!("/{length} is too small for {what}: it needs /{longest} at least");
                let label = subnet.label();
                let told = graph
                    .network()
                    .findings
                    .iter()
                    .find(|f| f.code == Code::SubnetMinPrefix && f.at.address == label);
                out.fail(subnet, prefix(subnet), text).told_by = told.map(|f| f.id);
            }
            Ok(length) if length > advised => {
                let text = format!("/{length} is small for {what}: Azure recommends /{advised}");
                out.fail(subnet, prefix(subnet), text).severity(Severity::Info);
            }
            Ok(_) => drop(out.pass(subnet)),
        }
    }
}

/// The longest prefix that works, the longest that is advised, and for what.
fn limit<'a>(graph: &Graph<'a>, subnet: &'a Document) -> Option<(u32, u32, &'a str)> {
    if let Some((name, longest)) = LONGEST.iter().find(|(name, _)| subnet.name().eq_ignore_ascii_case(name)) {
        return Some((*longest, *longest, name));
    }
    let places = graph.places();
    let second_generation = |gateway: &Document| {
        gateway.str("properties.sku.tier").is_some_and(|t| t.to_ascii_lowercase().ends_with("_v2"))
    };
    if places.all_of(&subnet.id, Tenant::ApplicationGateway).any(second_generation) {
        return Some((GATEWAY.0, GATEWAY.1, "an application gateway"));
    }
    places.has(&subnet.id, &[Tenant::ApiServer]).then_some((API_SERVER, API_SERVER, "an API server"))
}

fn prefix(subnet: &Document) -> Option<&Value> {
    subnet.get("properties.addressPrefix").or_else(|| subnet.get("properties.addressPrefixes"))
}

/// The length of a subnet's IPv4 prefix.
fn length(subnet: &Document) -> Result<u32, String> {
    let Some(value) = prefix(subnet) else { return Err("its addresses are not known".to_owned()) };
    let items = value.as_slice().unwrap_or(std::slice::from_ref(value));
    let open = items.iter().find_map(Value::as_unknown);
    let length = |v: &Value| {
        let (address, length) = v.as_str()?.split_once('/')?;
        address.contains('.').then(|| length.parse().ok())?
    };
    let found = items.iter().find_map(length);
    found.ok_or_else(|| open.map_or("its addresses are not known".to_owned(), |u| u.reason.to_string()))
}

fn forbidden_group(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for subnet in graph.of_type(types::SUBNET) {
        if !EXEMPT.iter().any(|name| name.eq_ignore_ascii_case(subnet.name())) {
            out.skip(subnet, "it may have a security group");
            continue;
        }
        let group = graph.attached(subnet, Attachment::Group);
        let text = format!("{} must have no security group", subnet.name());
        out.judge(subnet, group, !Truth::is_set(group), text);
    }
}
