//! What an estate takes of an address space, for those who plan beside it.

use super::pools::Cluster;
use super::topology::Topology;
use crate::analysis::network::design::Taken;
use crate::analysis::network::prefix::Prefix;
use crate::azure::estate::Estate;
use crate::azure::types;

/// The ranges that an estate takes of `spaces`, and what could not be read. A network that contains
/// one of the spaces is the one to plan in: of it only the subnets are taken. Every other network is
/// taken whole, as are those it is peered with and the ranges of clusters.
pub fn taken(estate: &Estate, spaces: &[Prefix]) -> (Vec<Taken>, Vec<String>) {
    let topology = Topology::read(estate);
    let (mut out, mut gaps) = (Vec::new(), Vec::new());
    let mut take = |prefix: &Prefix, by: String| {
        if !out.iter().any(|t: &Taken| t.prefix == *prefix) {
            out.push(Taken { prefix: *prefix, by });
        }
    };
    for vnet in &topology.vnets {
        let name = vnet.document.name();
        let mine = vnet.space.list.iter().any(|s| spaces.iter().any(|w| s.contains(w)));
        if let Some(why) = &vnet.space.unknown {
            gaps.push(format!("the address space of {name} is not known: {why}"));
        }
        if mine {
            for subnet in vnet.subnets.iter().filter_map(|s| topology.subnets.get(*s)) {
                if let Some(why) = &subnet.prefixes.unknown {
                    gaps.push(format!("the prefix of subnet {} is not known: {why}", subnet.id.name()));
                }
                subnet.prefixes.list.iter().for_each(|p| take(p, format!("subnet {}", subnet.id.name())));
            }
        } else {
            vnet.space.list.iter().for_each(|p| take(p, format!("network {name}")));
        }
        for peer in &vnet.peers {
            let planned = |p: &Prefix| spaces.iter().any(|w| p.contains(w));
            let space = peer.space.iter().filter(|p| !planned(p));
            space.for_each(|p| take(p, format!("network {}, peered with {name}", peer.name)));
        }
    }
    for document in estate.of_type(types::CLUSTER) {
        let cluster = Cluster::read(estate, document);
        for (what, field) in [
            ("pod CIDR", &cluster.pod_cidr),
            ("service CIDR", &cluster.service_cidr),
            ("pod CIDR", &cluster.pod_cidr_v6),
            ("service CIDR", &cluster.service_cidr_v6),
        ] {
            if let Some(prefix) = field.get() {
                take(prefix, format!("{what} of {}", document.name()));
            }
        }
    }
    (out, gaps)
}
