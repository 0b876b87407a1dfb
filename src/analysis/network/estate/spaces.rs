//! Virtual networks and subnets as ranges: what lies outside, what overlaps, what Azure forbids.

use std::collections::HashSet;

use super::context::{Context, Draft};
use super::report::{NetworkReport, UndeclaredSubnet, VnetReport};
use super::topology::{Subnet, Undeclared, Vnet};
use crate::analysis::network::code::Code;
use crate::analysis::network::limits;
use crate::analysis::network::prefix::{HOST_BITS, LONGEST_SUBNET, Prefix};
use crate::analysis::network::ranges;
use crate::analysis::network::set::CidrSet;
use crate::terraform::source::Span;

/// Checks all networks and subnets.
pub(super) fn check(context: &Context<'_, '_>, report: &mut NetworkReport) {
    let clusters: HashSet<usize> =
        (0..context.clusters.len()).flat_map(|c| context.networks_of(c)).copied().collect();
    for (at, vnet) in context.topology.vnets.iter().enumerate() {
        space(context, vnet, clusters.contains(&at), report);
        subnets_of(context, at, vnet, report);
        undeclared(context, at, vnet, report);
        peers(context, at, vnet, report);
    }
    for subnet in &context.topology.subnets {
        prefixes(context, subnet, report);
    }
}

fn bad_prefixes(
    context: &Context<'_, '_>,
    label: &str,
    prefixes: &super::read::Prefixes,
    report: &mut NetworkReport,
) {
    for (message, span) in &prefixes.bad {
        let mut draft = Draft::new(Code::InvalidPrefix, label, message.clone())
            .consequence("Azure refuses the prefix")
            .at(*span);
        if !message.contains(HOST_BITS) {
            draft.azure_error = Some("InvalidAddressPrefixFormat");
        }
        draft.add(context, report);
    }
}

/// The space of a network against the ranges that nobody may use, and those that AKS refuses.
fn space(context: &Context<'_, '_>, vnet: &Vnet<'_>, clusters: bool, report: &mut NetworkReport) {
    let label = vnet.document.label();
    bad_prefixes(context, &label, &vnet.space, report);
    for (prefix, place) in vnet.space.placed() {
        if let Some(range) = ranges::vnet_forbidden().into_iter().find(|r| r.overlaps(prefix)) {
            Draft::new(
                Code::VnetForbiddenRange,
                &label,
                format!("{prefix} overlaps {range}, which no network may use"),
            )
            .consequence("Azure refuses the virtual network")
            .remedy("use a range of RFC 1918 or RFC 6598")
            .at(place)
            .add(context, report);
        }
        if let Some(range) = ranges::aks_reserved().into_iter().find(|r| clusters && r.overlaps(prefix)) {
            let title =
                format!("{prefix} of {} overlaps {range}, which AKS keeps for itself", vnet.document.name());
            Draft::new(Code::ReservedRangeOverlap, &label, title)
                .consequence("AKS refuses clusters in this network")
                .remedy("use another range for the network")
                .at(place)
                .add(context, report);
        }
    }
}

/// The subnets of a network: inside its space, and apart from each other.
fn subnets_of(context: &Context<'_, '_>, at: usize, vnet: &Vnet<'_>, report: &mut NetworkReport) {
    let space: CidrSet = vnet.space.list.iter().collect();
    let known = vnet.space.unknown.is_none() && vnet.space.bad.is_empty() && !space.is_empty();
    let mut all: Vec<_> = context.topology.prefixes_of(at).collect();
    for (subnet, prefix, place) in &all {
        let Some(subnet) = context.topology.subnets.get(*subnet).filter(|_| known && !space.contains(prefix))
        else {
            continue;
        };
        let shown = shown(&vnet.space.list).join(", ");
        let name = vnet.document.name();
        Draft::new(
            Code::SubnetOutsideVnet,
            subnet.label(),
            format!("{prefix} is not inside {name} ({shown})"),
        )
        .consequence("Azure refuses the subnet")
        .remedy(format!(
            "add a prefix that contains {prefix} to the network's address space, or move the subnet"
        ))
        .at(place.or(subnet.span()))
        .because(vnet.space.at(), "the network's address space")
        .add(context, report);
    }
    // Prefixes either nest or are apart, so whatever overlaps one lies in the last that reaches so far.
    all.sort_by_key(|(_, p, _)| (p.family(), p.first(), p.length()));
    let mut widest: Option<&(usize, &Prefix, Option<Span>)> = None;
    for here @ (second, b, b_at) in &all {
        let Some((first, a, a_at)) = widest.filter(|(_, a, _)| a.overlaps(b)) else {
            widest = Some(here);
            continue;
        };
        let subnet = |at: &usize| context.topology.subnets.get(*at);
        if let (Some(first), Some(second)) = (subnet(first), subnet(second)) {
            let title = format!("{b} of {} overlaps {a} of {}", second.id.name(), first.id.name());
            Draft::new(Code::SubnetsOverlap, second.label(), title)
                .consequence("Azure refuses the second of the two subnets")
                .at(b_at.or(second.span()))
                .because(a_at.or(first.span()), "the other subnet")
                .add(context, report);
        }
    }
}

/// A subnet that Azure has to make, on addresses of one that stands there and is not declared here.
fn undeclared(context: &Context<'_, '_>, at: usize, vnet: &Vnet<'_>, report: &mut NetworkReport) {
    for (subnet, prefix, place) in context.topology.prefixes_of(at) {
        let Some(subnet) = context.topology.subnets.get(subnet).filter(|s| !s.standing.contains(prefix))
        else {
            continue;
        };
        let clash = |u: &&Undeclared| u.prefixes.iter().any(|p| p.overlaps(prefix));
        let Some(other) = vnet.undeclared.iter().find(clash) else { continue };
        let title = format!(
            "{prefix} of {} overlaps {} of {}, which stands in Azure and is not declared here",
            subnet.id.name(),
            shown(&other.prefixes).join(", "),
            other.name
        );
        Draft::new(Code::SubnetsOverlap, subnet.label(), title)
            .consequence("Azure refuses the subnet, unless the same apply deletes the other one first")
            .at(place.or(subnet.span()))
            .because(vnet.space.at(), "the network's address space")
            .add(context, report);
    }
}

fn shown(prefixes: &[Prefix]) -> Vec<String> {
    prefixes.iter().map(Prefix::to_string).collect()
}

/// Peered networks must be apart. Reported once a pair, from the side that stands first.
fn peers(context: &Context<'_, '_>, at: usize, vnet: &Vnet<'_>, report: &mut NetworkReport) {
    for peer in &vnet.peers {
        let mutual = |other: &Vnet<'_>| other.peers.iter().any(|p| p.vnet == Some(at));
        let told = peer.vnet.is_some_and(|o| o < at && context.topology.vnets.get(o).is_some_and(mutual));
        let clash =
            vnet.space.list.iter().find_map(|p| Some((p, peer.space.iter().find(|o| o.overlaps(p))?)));
        if let Some((own, other)) = clash.filter(|_| !told) {
            let title = format!("{own} of {} overlaps {other} of {}", vnet.document.name(), peer.name);
            Draft::new(Code::PeeredVnetsOverlap, vnet.document.label(), title)
                .consequence("Azure refuses to peer the two networks")
                .at(peer.at.or(vnet.space.at()))
                .because(vnet.space.at(), "the network's address space")
                .add(context, report);
        }
    }
}

/// The prefixes of one subnet: none longer than Azure takes, none of the ranges AKS refuses.
fn prefixes(context: &Context<'_, '_>, subnet: &Subnet<'_>, report: &mut NetworkReport) {
    bad_prefixes(context, &subnet.label(), &subnet.prefixes, report);
    for (prefix, place) in subnet.prefixes.placed() {
        let title = match prefix.is_v4() {
            true if prefix.length() > LONGEST_SUBNET => {
                format!("{prefix}: the smallest subnet of Azure is a /{LONGEST_SUBNET}")
            }
            false if prefix.length() != 64 => format!("{prefix}: an IPv6 prefix of a subnet must be a /64"),
            _ => continue,
        };
        Draft::new(Code::SubnetMinPrefix, subnet.label(), title)
            .consequence("Azure refuses the subnet")
            .at(place.or(subnet.span()))
            .add(context, report);
    }
}

/// The sums of each network, once every subnet is known.
pub(super) fn totals(context: &Context<'_, '_>, report: &mut NetworkReport) {
    for (at, vnet) in context.topology.vnets.iter().enumerate() {
        let mine = |s: usize| context.topology.subnets.get(s).is_some_and(|s| s.vnet == Some(at));
        let tenants: Vec<_> = context.consumers.iter().filter(|c| mine(c.subnet)).collect();
        let at_peak = |share: &crate::analysis::network::demand::Share| {
            share.nodes.peak.saturating_mul(share.blocks.unwrap_or(share.per_node.peak))
        };
        let least = tenants.iter().map(|c| at_peak(&c.low)).fold(0, u64::saturating_add);
        let mut most = tenants.iter().map(|c| c.high.as_ref().map(at_peak));
        let most = most.try_fold(0u64, |sum, n| Some(sum.saturating_add(n?)));
        let limit = limits::PRIVATE_IPS_PER_VNET;
        let label = vnet.document.label();
        if least > limit {
            let title = format!("{} needs {least} private addresses at the peak", vnet.document.name());
            Draft::new(Code::VnetPrivateIpLimit, &label, title)
                .consequence(format!("a virtual network has at most {limit} private addresses in use"))
                .at(vnet.space.at())
                .add(context, report);
        }
        let free = context.topology.free(at).map(|f| f.prefixes()).unwrap_or_default();
        report.virtual_networks.push(VnetReport {
            at: context.at(label, vnet.space.at()),
            name: vnet.document.name().to_owned(),
            address_space: shown(&vnet.space.list),
            free: shown(&free),
            undeclared: vnet
                .undeclared
                .iter()
                .map(|u| UndeclaredSubnet { name: u.name.clone(), prefixes: shown(&u.prefixes) })
                .collect(),
            private_ips_peak: most,
            limit,
            fits: if least > limit { Some(false) } else { most.map(|m| m <= limit) },
        });
    }
}
