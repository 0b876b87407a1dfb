//! What a change does to the bill: the same prices on both sides, resource by resource.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::amount::Range;
use super::report::{CostReport, PriceDate, ResourceCost, Unpriced};

/// The difference of two reports: after minus before.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct CostDelta {
    /// ISO code.
    pub currency: String,
    /// The prices of both sides; those of the side after when they differ.
    pub prices: PriceDate,
    /// Total before, of what is priced.
    pub before: Range,
    /// Total after, of what is priced.
    pub after: Range,
    /// The sum of the changes of `resources`.
    pub change: Range,
    /// What changed, largest change first.
    pub resources: Vec<ResourceDelta>,
    /// What may have changed, but has no price on a side where it has one on the other, or none at all on
    /// the only side where it is: not in `change`.
    pub unknown: Vec<UnknownDelta>,
}

/// The change of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ResourceDelta {
    /// Its address.
    pub address: String,
    /// Cost before; `None` when it was not there.
    pub before: Option<Range>,
    /// Cost after; `None` when it is gone.
    pub after: Option<Range>,
    /// After minus before, low with low and high with high.
    pub change: Range,
    /// The components that differ.
    pub components: Vec<ComponentDelta>,
}

/// The change of one component, by name.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ComponentDelta {
    /// Its name.
    pub name: String,
    /// Cost before; zero when it was not there.
    pub before: Range,
    /// Cost after; zero when it is gone.
    pub after: Range,
}

/// A resource whose change is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct UnknownDelta {
    /// Its address.
    pub address: String,
    /// What has no price before.
    pub before: Vec<String>,
    /// What has no price after.
    pub after: Vec<String>,
}

/// The change from one report to another.
pub fn delta(before: &CostReport, after: &CostReport) -> CostDelta {
    let (old, new) = (by_address(before), by_address(after));
    let (old_gaps, new_gaps) = (gaps(&before.unpriced), gaps(&after.unpriced));
    let unknown: Vec<UnknownDelta> = old_gaps
        .keys()
        .chain(new_gaps.keys())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter(|a| old_gaps.get(*a) != new_gaps.get(*a))
        .map(|address| {
            let of = |gaps: &BTreeMap<&str, BTreeSet<&str>>| -> Vec<String> {
                gaps.get(address).into_iter().flatten().map(|r| (*r).to_owned()).collect()
            };
            UnknownDelta { address: (*address).to_owned(), before: of(&old_gaps), after: of(&new_gaps) }
        })
        .collect();
    let hidden: BTreeSet<&str> = unknown.iter().map(|u| u.address.as_str()).collect();
    let addresses: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let mut resources: Vec<ResourceDelta> = addresses
        .into_iter()
        .filter(|a| !hidden.contains(a))
        .map(|address| resource(address, old.get(address).copied(), new.get(address).copied()))
        .filter(|d| {
            !d.change.is_zero() || !d.components.is_empty() || d.before.is_some() != d.after.is_some()
        })
        .collect();
    resources.sort_by(|a, b| {
        b.change.expected.abs().cmp(&a.change.expected.abs()).then_with(|| a.address.cmp(&b.address))
    });
    CostDelta {
        currency: after.currency.clone(),
        prices: after.prices.clone(),
        before: before.monthly,
        after: after.monthly,
        change: resources.iter().map(|r| r.change).sum(),
        resources,
        unknown,
    }
}

fn by_address(report: &CostReport) -> BTreeMap<&str, &ResourceCost> {
    report.resources.iter().map(|r| (r.address.as_str(), r)).collect()
}

fn gaps(unpriced: &[Unpriced]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut by: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for u in unpriced {
        by.entry(&u.address).or_default().insert(&u.reason);
    }
    by
}

fn resource(address: &str, old: Option<&ResourceCost>, new: Option<&ResourceCost>) -> ResourceDelta {
    let components = |r: Option<&ResourceCost>| {
        let mut by: BTreeMap<String, Range> = BTreeMap::new();
        for c in r.into_iter().flat_map(|r| &r.components) {
            *by.entry(c.name.clone()).or_default() += c.monthly;
        }
        by
    };
    let (was, is) = (components(old), components(new));
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let cost = |by: &BTreeMap<String, Range>, name: &String| by.get(name).copied().unwrap_or_default();
    let changed = names
        .into_iter()
        .map(|name| ComponentDelta { name: name.clone(), before: cost(&was, name), after: cost(&is, name) })
        .filter(|c| c.before != c.after)
        .collect();
    let sum = |r: Option<&ResourceCost>| r.map_or(Range::default(), |r| r.monthly);
    ResourceDelta {
        address: address.to_owned(),
        before: old.map(|r| r.monthly),
        after: new.map(|r| r.monthly),
        change: sum(new) - sum(old),
        components: changed,
    }
}
