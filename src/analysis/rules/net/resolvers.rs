//! NET-003 and NET-004: DNS servers of networks: one alone, and those outside of the networks.

use super::vnet;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::addresses::{PUBLIC_V4, PUBLIC_V6, Ranges, range};
use crate::analysis::rules::graph::text::has_members;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Subject, Truth};
use crate::azure::types;
use crate::terraform::value::Value;

const SERVERS: &str = "properties.dhcpOptions.dnsServers";
const SPACE: &str = "properties.addressSpace.addressPrefixes";

pub(super) static ALONE: Check = Check {
    meta: Meta {
        id: "TU-NET-003",
        name: "vnet-single-dns-server",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the network has one DNS server of its own",
        why: "While it restarts no name resolves, and nearly everything stops.",
        fix: "Name two servers, or an Azure DNS resolver, which is redundant by itself.",
        exceptions: "The inbound endpoint of a DNS private resolver, or the address of a firewall that is redundant.",
        bad: vnet!("  dns_servers         = [\"10.0.0.4\"]\n"),
        good: vnet!("  dns_servers         = [\"10.0.0.4\", \"10.0.0.5\"]\n"),
        references: &[
            "https://learn.microsoft.com/azure/virtual-network/virtual-networks-name-resolution-for-vms-and-role-instances",
        ],
        peers: &["CKV_AZURE_182", "PSRule Azure.VNET.SingleDNS"],
    },
    check: alone,
};

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-NET-004",
        name: "vnet-external-dns",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "the DNS servers of the network stand outside of your networks",
        why: "They know no private zones, and strangers see what is looked up.",
        fix: "Use Azure's DNS, a private resolver or servers of your own.",
        bad: vnet!("  dns_servers         = [\"8.8.8.8\", \"8.8.4.4\"]\n"),
        good: vnet!("  dns_servers         = [\"10.0.0.4\", \"10.0.0.5\"]\n"),
        references: &[
            "https://learn.microsoft.com/azure/virtual-network/virtual-networks-name-resolution-for-vms-and-role-instances",
        ],
        peers: &["CKV_AZURE_183", "PSRule Azure.VNET.LocalDNS"],
        ..Meta::ROW
    },
    check,
};

fn alone(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let mut judge = |subject: Subject, servers: Option<&Value>, told: bool| {
        if has_members(servers) == Truth::No {
            out.skip(subject, "it uses Azure's DNS");
            return;
        }
        let fine = Truth::of(servers, true, |v| v.as_slice().is_some_and(|s| s.len() != 1));
        let outcome = out.judge(subject, servers, fine, ALONE.meta.title);
        outcome.told_by = told.then_some(ALONE.meta.id);
    };
    for network in graph.of_type(types::VNET) {
        judge(network.into(), network.get(SERVERS), false);
    }
    // Servers set beside the network; one of this root has them in its document and tells of them.
    for set in graph.instances("azurerm_virtual_network_dns_servers") {
        let told = matches!(graph.link(set.config.get("virtual_network_id")), Link::To(_));
        judge(set.into(), set.config.get("dns_servers"), told);
    }
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for network in graph.of_type(types::VNET) {
        let servers = network.get(SERVERS);
        match has_members(servers) {
            Truth::No => {
                out.skip(network, "it uses Azure's DNS");
                continue;
            }
            Truth::Unknown(why) => {
                out.unknown(network, why);
                continue;
            }
            Truth::Yes => {}
        }
        // Addresses of this network and of its peers; what is not known may hold any.
        let peers = graph.peers(&network.id);
        let peers = peers.iter().map(|peer| graph.estate.by_id(peer));
        let mut spaces = vec![network.get(SPACE)];
        spaces.extend(peers.map(|peer| peer.and_then(|p| p.get(SPACE))));
        let near = |server: &Value| {
            let Some((address, ..)) = server.as_str().and_then(range) else {
                return Truth::Unknown("a DNS server is no address".to_owned());
            };
            let inside = spaces.iter().map(|space| match space {
                Some(space) => contains(space, address),
                None => Truth::Unknown("the addresses of a peered network are not known".to_owned()),
            });
            Truth::from(is_private(server)).or(Truth::any(inside))
        };
        let items = servers.and_then(Value::as_slice).unwrap_or_default();
        let fine = Truth::any(items.iter().map(|server| match server.as_unknown() {
            Some(unknown) => Truth::Unknown(unknown.reason.to_string()),
            None => near(server),
        }));
        out.judge(network, servers, fine, RULE.meta.title);
    }
}

fn is_private(server: &Value) -> bool {
    server.as_str().and_then(range).is_some_and(|(first, last, v6)| {
        let public = if v6 { &*PUBLIC_V6 } else { &*PUBLIC_V4 };
        Ranges::of(first, last).and(public).is_empty()
    })
}

/// Whether an address lies in a list of prefixes.
fn contains(space: &Value, address: u128) -> Truth {
    if let Some(unknown) = space.as_unknown() {
        return Truth::Unknown(unknown.reason.to_string());
    }
    Truth::any(space.as_slice().unwrap_or_default().iter().map(|prefix| {
        Truth::of(Some(prefix), false, |v| {
            v.as_str().and_then(range).is_some_and(|(first, last, _)| first <= address && address <= last)
        })
    }))
}
