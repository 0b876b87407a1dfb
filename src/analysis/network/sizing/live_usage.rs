//! Kind `live_usage`: what Azure reports of a virtual network's subnets (facts 8).

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Count;

/// Input of `live_usage`: the answer of `virtualNetworks/{vnet}/usages` and what a plan would add.
#[derive(Deserialize)]
pub(super) struct LiveUsage {
    usages: Vec<Usage>,
    #[serde(default)]
    planned_extra: IndexMap<String, Count>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    id: String,
    current_value: i64,
    limit: i64,
    #[allow(dead_code)] // part of Azure's answer, of no use here
    unit: Option<String>,
    #[allow(dead_code)]
    name: Option<serde_json::Value>,
}

/// Answer of `live_usage`, by subnet name.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct LiveUsageOutcome(pub IndexMap<String, SubnetUsage>);

/// One subnet. All `None` when Azure did not report it (-1): never zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SubnetUsage {
    /// Addresses in use.
    pub used: Option<i64>,
    /// Addresses for use: Azure's `limit` already leaves out the five it keeps.
    pub capacity: Option<i64>,
    /// What is left; negative when the plan counts otherwise than Azure.
    pub free: Option<i64>,
    /// Whether what is planned fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fits: Option<bool>,
}

pub(super) fn solve(input: &LiveUsage) -> LiveUsageOutcome {
    let mut subnets = IndexMap::new();
    for usage in &input.usages {
        let id = usage.id.trim_end_matches('/');
        let name = id.rsplit('/').next().unwrap_or(id);
        let key = if subnets.contains_key(name) { id } else { name };
        let planned = input.planned_extra.get(name).map_or(0, |c| i64::from(c.0));
        subnets.insert(key.to_owned(), subnet_usage(usage.current_value, usage.limit, planned));
    }
    LiveUsageOutcome(subnets)
}

/// One subnet's figures from Azure's `currentValue` and `limit`.
fn subnet_usage(used: i64, limit: i64, planned: i64) -> SubnetUsage {
    if used < 0 || limit < 0 {
        return SubnetUsage { used: None, capacity: None, free: None, fits: None };
    }
    let free = limit - used;
    SubnetUsage { used: Some(used), capacity: Some(limit), free: Some(free), fits: Some(free >= planned) }
}
