//! NET-010 to NET-012: peerings.

use std::collections::BTreeMap;

use super::vnet;
use crate::analysis::finding::Severity;
use crate::analysis::network::code::Code;
use crate::analysis::rules::graph::addresses::range;
use crate::analysis::rules::graph::places::Tenant;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

const SPACE: &str = "properties.addressSpace.addressPrefixes";
const REMOTE: &str = "properties.remoteVirtualNetwork.id";
const DOCS: &str = "https://learn.microsoft.com/azure/virtual-network/virtual-network-peering-overview";

macro_rules! peering {
    ($from:literal, $to:literal) => {
        peering!($from, $to, "")
    };
    ($from:literal, $to:literal, $lines:literal) => {
        concat!(
            "\nresource \"azurerm_virtual_network_peering\" \"",
            $from,
            "\" {\n  name                      = \"to-",
            $to,
            "\"\n  resource_group_name       = \"rg-example\"\n  virtual_network_name      = azurerm_virtual_network.",
            $from,
            ".name\n  remote_virtual_network_id = azurerm_virtual_network.",
            $to,
            ".id\n",
            $lines,
            "}\n"
        )
    };
}

pub(super) static OVERLAP: Check = Check {
    meta: Meta {
        id: "TU-NET-010",
        name: "vnet-peer-overlap",
        severity: Severity::High,
        title: "networks that are peered, or meet at a hub, use the same addresses",
        why: "Azure refuses the peering, or traffic through the hub goes to the wrong network.",
        fix: "Give one of the networks another address space.",
        bad: concat!(
            vnet!("hub", "10.0.0.0/16"),
            "\n",
            vnet!("spoke", "10.0.128.0/20"),
            peering!("hub", "spoke"),
            peering!("spoke", "hub")
        ),
        good: concat!(
            vnet!("hub", "10.0.0.0/16"),
            "\n",
            vnet!("spoke", "10.1.0.0/20"),
            peering!("hub", "spoke"),
            peering!("spoke", "hub")
        ),
        references: &[DOCS],
        ..Meta::ROW
    },
    check: overlap,
};

pub(super) static ONE_SIDED: Check = Check {
    meta: Meta {
        id: "TU-NET-011",
        name: "peering-one-sided",
        severity: Severity::Medium,
        title: "the peering exists in one direction only",
        why: "It stays in the state Initiated and carries no traffic.",
        fix: "Add an azurerm_virtual_network_peering from the other network back.",
        bad: concat!(
            vnet!("hub", "10.0.0.0/16"),
            "\n",
            vnet!("spoke", "10.1.0.0/20"),
            peering!("hub", "spoke")
        ),
        good: concat!(
            vnet!("hub", "10.0.0.0/16"),
            "\n",
            vnet!("spoke", "10.1.0.0/20"),
            peering!("hub", "spoke"),
            peering!("spoke", "hub")
        ),
        references: &[DOCS],
        peers: &["PSRule Azure.VNET.PeerState"],
        ..Meta::ROW
    },
    check: one_sided,
};

pub(super) static FORWARDED: Check = Check {
    meta: Meta {
        id: "TU-NET-012",
        name: "peering-forwarded-traffic",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the peering accepts forwarded traffic from a network in which nothing forwards",
        why: "Whoever sets up a forwarding machine there reaches this network from others.",
        fix: "Set allow_forwarded_traffic = false.",
        bad: concat!(
            vnet!("hub", "10.0.0.0/16"),
            "\n",
            vnet!("spoke", "10.1.0.0/20"),
            peering!("spoke", "hub", "  allow_forwarded_traffic   = true\n")
        ),
        good: concat!(
            vnet!("hub", "10.0.0.0/16"),
            "\n",
            vnet!("spoke", "10.1.0.0/20"),
            peering!("spoke", "hub")
        ),
        references: &[DOCS],
        ..Meta::ROW
    },
    check: forwarded,
};

/// A network and those that it meets.
fn overlap(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    // Each network is the hub of those that it is peered with, in either direction.
    let mut hubs: BTreeMap<String, (ResourceId, BTreeMap<String, ResourceId>)> = BTreeMap::new();
    let mut open: BTreeMap<String, String> = BTreeMap::new();
    for peering in graph.of_type(types::PEERING) {
        let Some(here) = peering.id.parent() else { continue };
        match graph.id(peering.get(REMOTE)) {
            Some(there) => {
                for (hub, spoke) in [(&here, &there), (&there, &here)] {
                    let (_, spokes) = hubs.entry(hub.key()).or_insert_with(|| (hub.clone(), BTreeMap::new()));
                    spokes.insert(spoke.key(), spoke.clone());
                }
            }
            None => {
                if let Link::Unknown(why) | Link::Outside(why) = graph.link(peering.get(REMOTE)) {
                    open.insert(here.key(), why);
                }
            }
        }
    }
    let mut clashes: BTreeMap<String, (ResourceId, bool)> = BTreeMap::new();
    for (hub, spokes) in hubs.values() {
        let members: Vec<&ResourceId> = std::iter::once(hub).chain(spokes.values()).collect();
        for (a, b) in clashes_of(graph, &members) {
            let direct = a == hub || b == hub;
            for (one, other) in [(a, b), (b, a)] {
                let entry = clashes.entry(one.key()).or_insert_with(|| (other.clone(), direct));
                entry.1 |= direct;
            }
            for member in [a, b] {
                open.entry(member.key()).or_default();
            }
        }
        for member in members {
            let document = graph.estate.by_id(member);
            let why = match document.and_then(|d| d.get(SPACE)) {
                None => Some(format!("the addresses of {} are not in this root", member.name())),
                Some(space) => {
                    let items = space.as_slice().unwrap_or_default().iter();
                    let unknown = items.chain([space]).find_map(Value::as_unknown);
                    unknown.map(|u| u.reason.to_string())
                }
            };
            if let Some(why) = why {
                for one in std::iter::once(hub).chain(spokes.values()) {
                    open.entry(one.key())
                        .and_modify(|w| {
                            if w.is_empty() {
                                w.clone_from(&why)
                            }
                        })
                        .or_insert(why.clone());
                }
            }
        }
    }
    let findings = &graph.network().findings;
    let told = findings.iter().find(|f| f.code == Code::PeeredVnetsOverlap).map(|f| f.id);
    for network in graph.of_type(types::VNET) {
        let key = network.id.key();
        if let Some((other, direct)) = clashes.get(&key) {
            let text = format!("{} and {} use the same addresses", network.name(), other.name());
            let outcome = out.fail(network, network.get(SPACE), text);
            outcome.told_by = told.filter(|_| *direct);
        } else if let Some(why) = open.get(&key).filter(|why| !why.is_empty()) {
            out.unknown(network, why.clone());
        } else if hubs.contains_key(&key) {
            out.pass(network);
        } else {
            out.skip(network, "it has no peering in this root");
        }
    }
}

/// Pairs of networks whose addresses overlap: of each network with the one before it by address.
fn clashes_of<'m>(graph: &Graph<'_>, members: &[&'m ResourceId]) -> Vec<(&'m ResourceId, &'m ResourceId)> {
    let mut ranges: Vec<(bool, u128, u128, &ResourceId)> = Vec::new();
    for member in members {
        let Some(document) = graph.estate.by_id(member) else { continue };
        for prefix in document.items(SPACE).iter().filter_map(Value::as_str) {
            if let Some((first, last, v6)) = range(prefix) {
                ranges.push((v6, first, last, member));
            }
        }
    }
    ranges.sort_by_key(|r| (r.0, r.1, r.2));
    let mut found = Vec::new();
    let mut reaching: Option<(bool, u128, &ResourceId)> = None;
    for (v6, first, last, member) in ranges {
        if let Some((other_v6, end, other)) = reaching
            && other_v6 == v6
            && first <= end
            && other != member
        {
            found.push((other, member));
        }
        if reaching.is_none_or(|(other_v6, end, _)| other_v6 != v6 || last > end) {
            reaching = Some((v6, last, member));
        }
    }
    found
}

fn one_sided(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for peering in graph.of_type(types::PEERING) {
        let value = peering.get(REMOTE);
        let (there, here) = match (graph.link(value), peering.id.parent()) {
            (Link::To(there), Some(here)) => (there, here),
            (Link::Outside(what) | Link::Unknown(what), _) => {
                out.unknown(peering, format!("the other network: {what}"));
                continue;
            }
            _ => {
                out.skip(peering, "it names no other network");
                continue;
            }
        };
        if graph.estate.by_id(&here).is_none() {
            out.unknown(peering, "its own network is not in this root");
            continue;
        }
        let back = Truth::any(graph.children(&there.id, types::PEERING).map(|other| {
            let to = other.get(REMOTE);
            match graph.id(to) {
                Some(to) => (to == here).into(),
                None => match graph.link(to) {
                    Link::Unknown(why) => Truth::Unknown(why),
                    _ => Truth::No,
                },
            }
        }));
        let text = format!("no peering leads from {} back to {}", there.name(), here.name());
        let back = graph.closed_world(there, back).unless(graph.stray(types::PEERING));
        out.judge(peering, value, back, text);
    }
}

fn forwarded(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for peering in graph.of_type(types::PEERING) {
        let at = peering.get("properties.allowForwardedTraffic");
        let accepts = flag(at, false);
        if accepts == Truth::No {
            out.pass(peering);
            continue;
        }
        let forwards = match graph.link(peering.get(REMOTE)) {
            Link::To(network) => graph.closed_world(network, forwards(graph, network).into()),
            Link::Outside(what) | Link::Unknown(what) => Truth::Unknown(format!("the other network: {what}")),
            Link::None => Truth::Unknown("it names no other network".to_owned()),
        };
        out.judge(peering, at, (!accepts).or(forwards), FORWARDED.meta.title);
    }
}

/// True when something in a network may forward: a firewall, a gateway, an appliance.
fn forwards(graph: &Graph<'_>, network: &Document) -> bool {
    let places = graph.places();
    graph.has_gateway(&network.id)
        || graph.children(&network.id, types::SUBNET).any(|subnet| {
            let appliance =
                |nic: &Document| flag(nic.get("properties.enableIPForwarding"), false) != Truth::No;
            subnet.name().eq_ignore_ascii_case("AzureFirewallSubnet")
                || places.has(&subnet.id, &[Tenant::Firewall, Tenant::NetworkGateway])
                || places.all_of(&subnet.id, Tenant::Interface).any(appliance)
        })
}
