//! What Azure says is in use, beside what is declared (facts 8).
//!
//! `usages` of the network counts exactly; -1 means that Azure does not say, never zero. A subnet's
//! `ipConfigurations` leave out addresses that platform services and pods hold: they are a lower bound.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::consumers::{Consumer, Consumers};
use super::context::{Context, Draft};
use super::pools::Cluster;
use super::report::{Bound, NetworkReport, SubnetReport};
use super::topology::Topology;
use crate::analysis::network::code::Code;
use crate::azure::estate::{Document, Estate};
use crate::azure::types;

/// The use of a subnet, by a live estate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct LiveUse {
    /// Addresses in use; null when Azure does not say.
    pub used: Option<u64>,
    /// Exact from `usages`, a lower bound from `ipConfigurations`.
    pub bound: Bound,
    /// Addresses for use, as Azure counts them.
    pub capacity: Option<u64>,
    /// What is left; null when `used` is not exact.
    pub free: Option<i64>,
    /// What the declared resources take by their live node counts: the least and the most. In node
    /// subnet mode the service likely reserves two addresses a node less than documented.
    pub expected: (u64, u64),
    /// Addresses in use that nothing declared explains; null when `used` is not exact.
    pub others: Option<u64>,
    /// The declared peak and these.
    pub peak_with_others: Option<u64>,
    /// Whether both fit.
    pub fits_with_others: Option<bool>,
    /// Where the figure is from, or why there is none.
    pub note: String,
}

/// The part of an id that does not depend on the subscription, which a declaration may not know.
pub(super) fn tail(id: &str) -> String {
    let id = id.to_ascii_lowercase();
    match id.find("/resourcegroups/") {
        Some(at) => id.get(at..).unwrap_or_default().to_owned(),
        None => id,
    }
}

/// Least and most addresses that a live consumer takes now.
fn taken(consumer: &Consumer) -> (u64, u64) {
    let share = &consumer.low;
    let nodes = share.nodes.steady;
    let now = share.demand().steady;
    match consumer.kind {
        // Facts 2.3: no addresses are reserved for pods on the host's network, two a node on Linux.
        "node_pool" if share.per_node.steady > 2 => (now.saturating_sub(nodes.saturating_mul(2)), now),
        "pod_pool" => (now, nodes.saturating_mul(share.per_node.max)),
        _ => (now, now),
    }
}

/// Least and most addresses that live resources take of each subnet by their live node counts: those
/// that are also declared here, or all.
pub(super) fn expected(declared: Option<&Estate>, live: &Estate) -> HashMap<String, (u64, u64)> {
    let mut topology = Topology::read(live);
    let clusters: Vec<Cluster<'_>> = live.of_type(types::CLUSTER).map(|d| Cluster::read(live, d)).collect();
    let mut gathered = Consumers { topology: &mut topology, list: Vec::new(), gaps: Vec::new() };
    for (at, cluster) in clusters.iter().enumerate() {
        gathered.cluster(at, cluster);
    }
    for document in live.of_type(types::OPENSHIFT) {
        gathered.openshift(document);
    }
    gathered.services(live);
    let list = gathered.list;
    let ours: Option<HashSet<String>> =
        declared.map(|declared| declared.iter().map(|d| tail(d.id.as_str())).collect());
    let mut out: HashMap<String, (u64, u64)> = HashMap::new();
    for consumer in list.iter().filter(|c| ours.as_ref().is_none_or(|o| o.contains(&tail(&c.address)))) {
        let Some(subnet) = topology.subnets.get(consumer.subnet) else { continue };
        let (least, most) = taken(consumer);
        let entry = out.entry(tail(subnet.id.as_str())).or_default();
        *entry = (entry.0.saturating_add(least), entry.1.saturating_add(most));
    }
    out
}

/// A count that Azure reports; negative is not reported.
pub(super) fn count(document: &Document, path: &str) -> Option<u64> {
    document.int(path).and_then(|n| u64::try_from(n).ok())
}

/// The usages that a network reports, by the tail of the subnet's id.
pub(super) fn usages(live: &Estate) -> HashMap<String, &Document> {
    live.of_type(types::SUBNET_USAGE).filter_map(|d| Some((tail(d.id.parent()?.as_str()), d))).collect()
}

/// Adds the live use of every subnet that the live estate knows, and a finding where the plan alone
/// would fit but does not beside what others use.
pub(super) fn apply(context: &Context<'_, '_>, report: &mut NetworkReport, declared: &Estate, live: &Estate) {
    let expected = expected(Some(declared), live);
    let usages = usages(live);
    let subnets: HashMap<String, &Document> =
        live.of_type(types::SUBNET).map(|d| (tail(d.id.as_str()), d)).collect();
    let mut crowded = Vec::new();
    for subnet in &mut report.subnets {
        let key = tail(&subnet.id);
        let (usage, document) = (usages.get(&key), subnets.get(&key));
        if usage.is_none() && document.is_none() {
            continue;
        }
        let expected = expected.get(&key).copied().unwrap_or_default();
        let found = one(subnet, usage.copied(), document.copied(), expected);
        if found.fits_with_others == Some(false) && subnet.first_failure.is_none() {
            crowded.extend(does_not_fit(subnet, &found));
        }
        subnet.live = Some(found);
    }
    for draft in crowded {
        draft.add(context, report);
    }
}

/// The finding of a subnet whose plan fits alone and not beside what others use.
fn does_not_fit(subnet: &SubnetReport, live: &LiveUse) -> Option<Draft> {
    let (used, capacity, others) = (live.used?, live.capacity?, live.others?);
    let (peak, least) = (subnet.upgrade_peak, used.saturating_sub(live.expected.0));
    let title = format!(
        "Subnet {} has {capacity} addresses; the {peak} that are declared do not fit beside the {others} that \
         others use",
        subnet.name
    );
    let missing = peak.saturating_add(others).saturating_sub(capacity);
    Some(
        Draft::new(Code::SubnetTooSmallWithOthers, subnet.at.address.clone(), title)
            .consequence(format!(
                "upgrades and scaling stop {missing} addresses early: {used} are in use now, and what is declared \
                 here explains {} of them",
                if live.expected.0 == live.expected.1 {
                    live.expected.1.to_string()
                } else {
                    format!("{} to {}", live.expected.0, live.expected.1)
                }
            ))
            .formula(format!(
                "{used} used - {} of declared resources = {others} of others; {peak} + {others} = {} of {capacity}",
                live.expected.1,
                peak.saturating_add(others)
            ))
            .remedy("find what holds the addresses: pools, load balancers or endpoints that this root does not declare")
            .remedy("move the pools to a subnet of their own")
            .remedy("lower max_count or max_surge of the pools in it (azurerm: in place)")
            .note(format!(
                "by the live node counts of declared resources; two addresses a node less are reserved than \
                 documented, so others may use up to {least}"
            ))
            .at(subnet.at.place.as_ref().and_then(|p| p.span)),
    )
}

fn one(
    subnet: &SubnetReport,
    usage: Option<&Document>,
    document: Option<&Document>,
    expected: (u64, u64),
) -> LiveUse {
    let unknown = |note: &str| LiveUse {
        used: None,
        bound: Bound::AtLeast,
        capacity: None,
        free: None,
        expected,
        others: None,
        peak_with_others: None,
        fits_with_others: None,
        note: note.to_owned(),
    };
    if let Some(usage) = usage {
        let (Some(used), Some(limit)) = (count(usage, "currentValue"), count(usage, "limit")) else {
            return unknown("Azure does not report the use of this subnet");
        };
        let others = used.saturating_sub(expected.1);
        let peak = subnet.upgrade_peak.saturating_add(others);
        let decided = match subnet.bound {
            Bound::AtLeast if peak <= limit => None,
            Bound::AtMost if peak > limit => None,
            _ => Some(peak <= limit),
        };
        let note = match used {
            _ if others > 0 => format!("{others} more than the declared resources explain"),
            _ if used < expected.0 => {
                "less than the declared resources take by their live node counts".to_owned()
            }
            _ => "as the declared resources explain".to_owned(),
        };
        return LiveUse {
            used: Some(used),
            bound: Bound::Exact,
            capacity: Some(limit),
            free: Some(signed(limit) - signed(used)),
            expected,
            others: Some(others),
            peak_with_others: Some(peak),
            fits_with_others: decided,
            note,
        };
    }
    match document.filter(|d| d.get("properties.ipConfigurations").is_some()) {
        Some(document) => LiveUse {
            used: u64::try_from(document.items("properties.ipConfigurations").len()).ok(),
            ..unknown(
                "the snapshot has no usages; ipConfigurations leave out what platform services and pods hold",
            )
        },
        None => unknown("the snapshot has no usages of this subnet"),
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
