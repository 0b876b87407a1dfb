//! NET-022, NET-023, NET-025: routes past the firewall, and routes that do nothing.

use super::{routed, subnet, vnet};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::places::{Attachment, Tenant};
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;

const DOCS: &str = "https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview";
/// Subnets that have to reach the Internet by themselves.
const DIRECT: [&str; 2] = ["AzureFirewallSubnet", "AzureFirewallManagementSubnet"];

pub(super) static TO_INTERNET: Check = Check {
    meta: Meta {
        id: "TU-NET-022",
        name: "route-default-to-internet",
        severity: Severity::Medium,
        title: "a route sends everything straight to the Internet beside a design with a firewall",
        why: "What stands in the subnet goes past the inspection that all others go through.",
        fix: "Set next_hop_type = \"VirtualAppliance\" with the firewall's address.",
        exceptions: "Subnets whose services are not supported behind a firewall.",
        bad: concat!(
            vnet!(""),
            subnet!("nodes", "snet-nodes", "10.0.0.0/22"),
            routed!(
                "\n  route {\n    name           = \"out\"\n    address_prefix = \"0.0.0.0/0\"\n    next_hop_type  = \"Internet\"\n  }\n",
                "nodes"
            ),
            inspected!()
        ),
        good: concat!(
            vnet!(""),
            subnet!("nodes", "snet-nodes", "10.0.0.0/22"),
            routed!(
                "\n  route {\n    name                   = \"out\"\n    address_prefix         = \"0.0.0.0/0\"\n    next_hop_type          = \"VirtualAppliance\"\n    next_hop_in_ip_address = \"10.1.0.4\"\n  }\n",
                "nodes"
            ),
            inspected!()
        ),
        references: &[DOCS],
        ..Meta::ROW
    },
    check: to_internet,
};

macro_rules! inspected {
    () => {
        r#"
resource "azurerm_route_table" "inspected" {
  name                = "rt-inspected"
  location            = "westeurope"
  resource_group_name = "rg-example"

  route {
    name                   = "out"
    address_prefix         = "0.0.0.0/0"
    next_hop_type          = "VirtualAppliance"
    next_hop_in_ip_address = "10.1.0.4"
  }
}
"#
    };
}
use inspected;

pub(super) static UNUSED: Check = Check {
    meta: Meta {
        id: "TU-NET-023",
        name: "route-table-unused",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the route table is associated with no subnet",
        why: "Its routes do nothing, whatever the design says.",
        fix: "Associate it: azurerm_subnet_route_table_association, or delete it.",
        bad: "resource \"azurerm_route_table\" \"example\" {\n  name                = \"rt-example\"\n  location            = \"westeurope\"\n  resource_group_name = \"rg-example\"\n}\n",
        good: concat!(vnet!(""), subnet!("nodes", "snet-nodes", "10.0.0.0/22"), routed!("", "nodes")),
        references: &[DOCS],
        ..Meta::ROW
    },
    check: unused,
};

pub(super) static PROPAGATION: Check = Check {
    meta: Meta {
        id: "TU-NET-025",
        name: "route-bgp-propagation",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "routes from a gateway can lead past the firewall",
        why: "A longer prefix wins over 0.0.0.0/0: what the gateway learns goes straight to it.",
        fix: "Set bgp_route_propagation_enabled = false (disable_bgp_route_propagation = true before azurerm 4.0).",
        bad: propagating!(""),
        good: propagating!("  bgp_route_propagation_enabled = false\n"),
        references: &[DOCS],
        ..Meta::ROW
    },
    check: propagation,
};

macro_rules! propagating {
    ($line:literal) => {
        concat!(
            vnet!(""),
            subnet!("gateway", "GatewaySubnet", "10.0.8.0/27"),
            subnet!("nodes", "snet-nodes", "10.0.0.0/22"),
            r#"
resource "azurerm_route_table" "example" {
  name                = "rt-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
"#,
            $line,
            r#"
  route {
    name                   = "out"
    address_prefix         = "0.0.0.0/0"
    next_hop_type          = "VirtualAppliance"
    next_hop_in_ip_address = "10.1.0.4"
  }
}

resource "azurerm_subnet_route_table_association" "example" {
  subnet_id      = azurerm_subnet.nodes.id
  route_table_id = azurerm_route_table.example.id
}
"#
        )
    };
}
use propagating;

/// Whether a route sends everything to a kind of hop.
fn sends_all_to(route: &Document, hop: &str) -> Truth {
    let all = Truth::of(route.get("properties.addressPrefix"), false, |v| {
        v.as_str().is_some_and(|p| p == "0.0.0.0/0")
    });
    all.and(Truth::of(route.get("properties.nextHopType"), false, |v| is_word(v, hop)))
}

fn to_internet(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let inspected = Truth::any(graph.of_type(types::ROUTE).map(|r| sends_all_to(r, "VirtualAppliance")));
    let places = graph.places();
    for route in graph.of_type(types::ROUTE) {
        let direct = sends_all_to(route, "Internet");
        if direct == Truth::No {
            out.pass(route);
            continue;
        }
        let table = route.id.parent();
        let subnets = table.as_ref().map(|t| places.attached(Attachment::Table, t)).unwrap_or_default();
        let exempt = |subnet: &&Document| {
            DIRECT.iter().any(|name| subnet.name().eq_ignore_ascii_case(name))
                || places.has(&subnet.id, &[Tenant::ApplicationGateway])
        };
        let hidden = table.as_ref().map_or(Truth::No, |t| places.is_attached(Attachment::Table, t));
        if subnets.is_empty() && hidden != Truth::No && direct.clone().and(inspected.clone()) != Truth::No {
            out.unknown(route, "which subnets have its table is not known");
            continue;
        }
        if subnets.iter().all(exempt) {
            out.skip(route, "its table is that of no subnet that should be inspected");
            continue;
        }
        let fine = (!direct).or(!inspected.clone());
        out.judge(route, route.get("properties.nextHopType"), fine, TO_INTERNET.meta.title);
    }
}

fn unused(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for table in graph.of_type(types::ROUTE_TABLE) {
        let mut attached = graph.places().is_attached(Attachment::Table, &table.id);
        if table.declared.is_none() {
            attached = attached.or((!table.items("properties.subnets").is_empty()).into());
        }
        out.judge(table, None, graph.closed_world(table, attached), UNUSED.meta.title);
    }
}

fn propagation(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for table in graph.of_type(types::ROUTE_TABLE) {
        let routes = graph.children(&table.id, types::ROUTE);
        let inspected = Truth::any(routes.map(|r| sends_all_to(r, "VirtualAppliance")));
        if inspected == Truth::No {
            out.skip(table, "it sends not everything to an appliance");
            continue;
        }
        let at = table.get("properties.disableBgpRoutePropagation");
        let subnets = graph.places().attached(Attachment::Table, &table.id);
        let gateway = Truth::any(subnets.iter().filter_map(|s| s.id.parent()).map(|network| {
            let own = Truth::from(graph.has_gateway(&network));
            own.or(Truth::any(graph.peers(&network).iter().map(|peer| {
                match (graph.has_gateway(peer), graph.estate.by_id(peer)) {
                    (true, _) => Truth::Yes,
                    (false, Some(_)) => Truth::No,
                    (false, None) => {
                        Truth::Unknown(format!("the peered network {} may have a gateway", peer.name()))
                    }
                }
            })))
        }));
        let fine = flag(at, false).or(!gateway).or(!inspected);
        out.judge(table, at, fine, PROPAGATION.meta.title);
    }
}
