//! X-007 and X-033: routes to an appliance that cannot be reached.

use std::net::IpAddr;

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::addresses::range;
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::routes::routed_clusters;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

const HOP: &str = "properties.nextHopIpAddress";

/// A spoke whose default route leads into a hub: lines between them.
macro_rules! spoke {
    ($hop:literal, $peerings:literal, $more:literal) => {
        concat!(
            r#"resource "azurerm_virtual_network" "hub" {
  name                = "vnet-hub"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.60.0.0/16"]
}

resource "azurerm_virtual_network" "spoke" {
  name                = "vnet-spoke"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.spoke.name
  address_prefixes     = ["10.0.0.0/22"]
}

resource "azurerm_route_table" "nodes" {
  name                = "rt-nodes"
  location            = "westeurope"
  resource_group_name = "rg-example"

  route {
    name                   = "default"
    address_prefix         = "0.0.0.0/0"
    next_hop_type          = "VirtualAppliance"
    next_hop_in_ip_address = ""#,
            $hop,
            r#""
  }
}

resource "azurerm_subnet_route_table_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  route_table_id = azurerm_route_table.nodes.id
}

"#,
            $peerings,
            $more
        )
    };
}

/// A cluster in the spoke.
macro_rules! routed {
    ($hop:literal) => {
        concat!(
            spoke!($hop, "", ""),
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
        )
    };
}

pub(super) static NOWHERE: Check = Check {
    meta: Meta {
        id: "TU-X-007",
        name: "udr-next-hop-not-a-firewall",
        severity: Severity::High,
        title: "egress goes to an address that the subnet cannot reach",
        why: "Everything that nodes send out of the network is lost.",
        fix: "Refer to the firewall: azurerm_firewall.<name>.ip_configuration[0].private_ip_address, and peer its network.",
        exceptions: "Appliances behind a gateway.",
        bad: routed!("10.99.0.4"),
        good: routed!("10.0.3.4"),
        references: &["https://learn.microsoft.com/azure/aks/egress-udr"],
        ..Meta::ROW
    },
    check: nowhere,
};

pub(super) static BROKEN: Check = Check {
    meta: Meta {
        id: "TU-X-033",
        name: "hub-spoke-broken",
        severity: Severity::High,
        title: "a route leads into a hub, but the peering with it is not such that traffic passes",
        why: "What the subnet sends is lost on the way, or its answers are.",
        fix: "Peer both networks with each other, with allow_virtual_network_access = true, and allow_forwarded_traffic = \
              true on the side of the spoke.",
        bad: spoke!("10.60.0.4", "", ""),
        good: spoke!(
            "10.60.0.4",
            r#"resource "azurerm_virtual_network_peering" "out" {
  name                      = "to-hub"
  resource_group_name       = "rg-example"
  virtual_network_name      = azurerm_virtual_network.spoke.name
  remote_virtual_network_id = azurerm_virtual_network.hub.id
  allow_forwarded_traffic   = true
}

"#,
            r#"resource "azurerm_virtual_network_peering" "back" {
  name                      = "to-spoke"
  resource_group_name       = "rg-example"
  virtual_network_name      = azurerm_virtual_network.hub.name
  remote_virtual_network_id = azurerm_virtual_network.spoke.id
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/virtual-network/virtual-network-peering-overview"],
        ..Meta::ROW
    },
    check: broken,
};

/// The routes of a subnet to appliances, each with its address when that is known.
fn hops<'a>(graph: &Graph<'a>, subnet: &Document) -> Vec<(&'a Document, Option<IpAddr>)> {
    let Link::To(table) = graph.link(graph.attached(subnet, Attachment::Table)) else { return Vec::new() };
    let routes = graph.children(&table.id, types::ROUTE);
    let to_appliance = |r: &&Document| {
        Truth::is_word(r.get("properties.nextHopType"), "VirtualAppliance", false) == Truth::Yes
    };
    let hop = |r: &Document| r.str(HOP).and_then(|text| text.parse().ok());
    routes.filter(to_appliance).map(|r| (r, hop(r))).collect()
}

/// True when a network's address space has an address.
fn holds(network: &Document, address: IpAddr) -> bool {
    let Some((number, _, v6)) = range(&address.to_string()) else { return false };
    let prefixes = network.items("properties.addressSpace.addressPrefixes").iter();
    let mut ranges = prefixes.filter_map(Value::as_str).filter_map(range);
    ranges.any(|(first, last, six)| six == v6 && (first..=last).contains(&number))
}

fn nowhere(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in routed_clusters(graph, out) {
        for pool in graph.pools(cluster) {
            let subnet = match graph.link(pool.document.get("properties.vnetSubnetID")) {
                Link::To(subnet) => subnet,
                Link::Unknown(why) => {
                    out.unknown(cluster, format!("the subnet of its nodes: {why}"));
                    continue;
                }
                Link::None | Link::Outside(_) => continue,
            };
            let Some(own) = graph.network_of(&subnet.id) else { continue };
            for (route, hop) in hops(graph, subnet) {
                // An address that is a reference is that of something in this root.
                let Some(hop) = hop else {
                    out.pass(cluster);
                    continue;
                };
                let (fine, told) = reaches(graph, &own, hop);
                let text = format!("egress goes to {hop}, which the subnet {} cannot reach", subnet.name());
                let outcome = out.judge(cluster, route.get(HOP), fine, text);
                outcome.told_by = told.then_some(BROKEN.meta.id);
            }
        }
    }
}

/// Whether a network reaches an address: its own, or one of a peer. Of a network of this root that is no
/// peer another rule tells.
fn reaches(graph: &Graph<'_>, own: &ResourceId, hop: IpAddr) -> (Truth, bool) {
    if own.name().starts_with('<') {
        return (Truth::Unknown("the network of the subnet is not known".to_owned()), false);
    }
    let peers = graph.peers(own);
    if let Some(network) = graph.of_type(types::VNET).find(|n| holds(n, hop)) {
        let joined = network.id == *own || peers.contains(&network.id);
        return (joined.into(), !joined);
    }
    let Some(network) = graph.estate.by_id(own) else {
        return (Truth::Unknown(format!("the network {} is not in this root", own.name())), false);
    };
    if let Some(elsewhere) = graph.peer_elsewhere(own) {
        return (
            Truth::Unknown(format!("the address may be in a network that is joined: {elsewhere}")),
            false,
        );
    }
    if graph.has_gateway(own) {
        return (Truth::Unknown("the address may be behind a gateway of the network".into()), false);
    }
    let unknown = graph.of_type(types::VNET).find_map(|n| {
        let space = n.get("properties.addressSpace.addressPrefixes")?;
        let parts = space.as_slice().unwrap_or_default().iter().chain([space]);
        parts.into_iter().find_map(|v| Some(v.as_unknown()?.reason.to_string()))
    });
    match unknown {
        Some(why) => (Truth::Unknown(why), false),
        None => (graph.closed_world(network, Truth::No), false),
    }
}

fn broken(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for subnet in graph.of_type(types::SUBNET) {
        let Some(own) = graph.network_of(&subnet.id) else { continue };
        for (route, hop) in hops(graph, subnet) {
            let Some(hop) = hop else { continue };
            let mut hubs = graph.of_type(types::VNET).filter(|n| n.id != own && holds(n, hop));
            let Some(hub) = hubs.next().filter(|_| graph.estate.by_id(&own).is_some()) else { continue };
            let (fine, text) = joined(graph, &own, hub);
            out.judge(route, route.get(HOP), fine, text);
        }
    }
}

/// Whether traffic passes between a spoke and its hub, and what stands against it.
fn joined(graph: &Graph<'_>, spoke: &ResourceId, hub: &Document) -> (Truth, String) {
    let remote = "properties.remoteVirtualNetwork.id";
    let peering = |from: &ResourceId, to: &ResourceId| {
        let mut peerings = graph.children(from, types::PEERING);
        peerings.find(|p| graph.id(p.get(remote)).as_ref() == Some(to))
    };
    let (there, back) = (peering(spoke, &hub.id), peering(&hub.id, spoke));
    let (Some(there), Some(_)) = (there, back) else {
        let text = format!("the route leads into {}, and a peering of the two is missing", hub.name());
        // One whose other network is not known may be it.
        let open = |from: &ResourceId| {
            graph.children(from, types::PEERING).find_map(|p| match graph.link(p.get(remote)) {
                Link::Unknown(why) => Some(why),
                _ => None,
            })
        };
        let why = open(spoke).or_else(|| open(&hub.id));
        let why = why.or_else(|| graph.stray(types::PEERING).map(str::to_owned));
        return (graph.closed_world(hub, Truth::No).unless(why.as_deref()), text);
    };
    let access = flag(there.get("properties.allowVirtualNetworkAccess"), true);
    let forwarded = flag(there.get("properties.allowForwardedTraffic"), false);
    let text =
        format!("the route leads into {}, and the peering {} stops the traffic", hub.name(), there.name());
    (access.and(forwarded), text)
}
