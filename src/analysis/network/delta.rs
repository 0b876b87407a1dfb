//! What a change does to the subnets of a root module.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::estate::{Bound, NetworkReport, SubnetReport, Verdict};

/// A subnet that a change adds, removes or gives other figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SubnetChange {
    /// Terraform address, after the change or before it when it is gone.
    pub address: String,
    /// Its name.
    pub name: String,
    /// Before; null when the change adds it.
    pub before: Option<SubnetFigures>,
    /// After; null when the change removes it.
    pub after: Option<SubnetFigures>,
}

/// The figures of a subnet on one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SubnetFigures {
    /// Its prefixes.
    pub prefixes: Vec<String>,
    /// Addresses for use; null when not known.
    pub capacity: Option<u64>,
    /// Addresses needed at the peak of an upgrade.
    pub upgrade_peak: u64,
    /// Whether that figure is exact.
    pub bound: Bound,
    /// What is left then.
    pub free_at_peak: Option<i64>,
    /// Whether it fits.
    pub verdict: Verdict,
}

impl From<&SubnetReport> for SubnetFigures {
    fn from(subnet: &SubnetReport) -> SubnetFigures {
        SubnetFigures {
            prefixes: subnet.prefixes.clone(),
            capacity: subnet.capacity,
            upgrade_peak: subnet.upgrade_peak,
            bound: subnet.bound,
            free_at_peak: subnet.free_at_peak,
            verdict: subnet.verdict,
        }
    }
}

/// What is other than before, by address. Subnets are paired by their ids, so that one whose Terraform
/// address moved is the same.
pub fn delta(before: &NetworkReport, after: &NetworkReport) -> Vec<SubnetChange> {
    let sides = [before, after].map(|report| {
        let key = |s: &SubnetReport| if s.id.is_empty() { s.at.address.clone() } else { s.id.clone() };
        report.subnets.iter().map(|s| (key(s), s)).collect::<BTreeMap<_, _>>()
    });
    let [old, new] = &sides;
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changes = keys.into_iter().filter_map(|key| {
        let (before, after) = (old.get(key), new.get(key));
        let shown = after.or(before)?;
        let [before, after] = [before, after].map(|s| s.map(|s| SubnetFigures::from(*s)));
        (before != after).then(|| SubnetChange {
            address: shown.at.address.clone(),
            name: shown.name.clone(),
            before,
            after,
        })
    });
    let mut changes: Vec<SubnetChange> = changes.collect();
    changes.sort_by(|a, b| (&a.address, &a.name).cmp(&(&b.address, &b.name)));
    changes
}
