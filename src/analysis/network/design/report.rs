//! The answer: JSON field names that also occur in the sizing interface mean the same.

use serde::Serialize;

use super::needs::Need;
use super::place::Placement;
use super::six::SixDesign;
use super::{Brief, Ground, Growth, Lasting, Mode, PoolBrief, Taken, needs};
use crate::analysis::network::prefix::{Family, Prefix, usable_of_length};
use crate::analysis::network::sizing::plan;
use crate::analysis::network::stage::Stages;

/// A network with its subnets in place.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Design {
    /// What was asked; `None` for a sizing file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<WorkloadReport>,
    /// Every network model with the same workload.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modes: Vec<ModeReport>,
    /// The model that is placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Why it is this one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The address space.
    pub address_space: Vec<Prefix>,
    /// True when it was not given, and the smallest that holds all is proposed.
    pub proposed: bool,
    /// What was left out of it.
    pub taken: Vec<Taken>,
    /// Everything is sized for this much more than it needs.
    pub growth: Growth,
    /// Its IPv6 side, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<SixDesign>,
    /// The subnets, in the order of the question.
    pub subnets: Vec<SubnetDesign>,
    /// What is left, as the fewest prefixes.
    pub free: Vec<Prefix>,
    /// The largest of these.
    pub largest_free: Option<Prefix>,
    /// The cluster's own ranges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterSpace>,
    /// What cannot be changed later.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lasting: Vec<Lasting>,
    /// What is wrong with it.
    pub findings: Vec<plan::Finding>,
    /// What looks odd.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The sizing document that describes it.
    pub sizing: serde_json::Value,
}

/// The workload that was asked for.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct WorkloadReport {
    /// Nodes at least.
    pub nodes_steady: u64,
    /// At most.
    pub nodes_max: u64,
    /// Nodes that an upgrade adds.
    pub surge: u64,
    /// Both.
    pub nodes_peak: u64,
    /// Most pods of a node, when it was given and there is one pool.
    pub max_pods: Option<u32>,
    /// Its node pools.
    pub pools: Vec<PoolWorkload>,
}

/// A node pool of the workload.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PoolWorkload {
    /// Its name.
    pub name: String,
    /// Nodes at least.
    pub nodes_steady: u64,
    /// At most.
    pub nodes_max: u64,
    /// Nodes that an upgrade adds.
    pub surge: u64,
    /// Most pods of a node, when it was given.
    pub max_pods: Option<u32>,
    /// Of spot machines.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub spot: bool,
}

/// A network model with its figures.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ModeReport {
    /// Which.
    pub mode: Mode,
    /// As people call it.
    pub name: &'static str,
    /// The subnets that it needs.
    pub subnets: Vec<NeedReport>,
    /// The pod CIDR that it needs, outside of the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_cidr: Option<PodNeed>,
    /// Addresses of the network, all subnets together, with the least nodes.
    pub steady: u64,
    /// At the autoscaler's maximum.
    pub autoscaler_max: u64,
    /// At the peak of an upgrade.
    pub upgrade_peak: u64,
    /// Addresses of all recommended prefixes; `None` when Azure has no such subnet.
    pub space: Option<u64>,
    /// Whether the address space has room for them.
    pub fits_space: bool,
    /// How large the cluster can get with the recommended prefixes.
    pub largest_cluster: LargestCluster,
    /// What is wrong with the workload in this model.
    pub findings: Vec<plan::Finding>,
    /// What cannot be changed later.
    pub lasting: Vec<Lasting>,
}

/// A subnet that is needed.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct NeedReport {
    /// Its name.
    pub name: String,
    /// Addresses with the least nodes.
    pub steady: u64,
    /// At the autoscaler's maximum.
    pub autoscaler_max: u64,
    /// At the peak of an upgrade.
    pub upgrade_peak: u64,
    /// The peak with its figures.
    pub formula: String,
    /// The peak with the growth factor.
    pub with_growth: u64,
    /// The recommended prefix length; `None` when Azure has no such subnet.
    pub prefix_length: Option<u8>,
}

/// A pod CIDR that is needed.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PodNeed {
    /// /24 blocks with the least nodes.
    pub blocks_steady: u64,
    /// At the autoscaler's maximum.
    pub blocks_max: u64,
    /// At the peak of an upgrade.
    pub blocks_peak: u64,
    /// The recommended prefix length.
    pub prefix_length: Option<u8>,
}

/// How large a cluster can get.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct LargestCluster {
    /// Nodes that can run.
    pub nodes: u64,
    /// Nodes with which an upgrade still succeeds.
    pub nodes_with_upgrade: u64,
    /// What bounds them.
    pub bound_by: &'static str,
}

/// The ranges of a cluster outside of its network.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ClusterSpace {
    /// Addresses of pods, for kubenet and overlay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_cidr: Option<Prefix>,
    /// Addresses of services.
    pub service_cidr: Prefix,
    /// The cluster's DNS service.
    pub dns_service_ip: String,
}

/// A subnet in its place.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct SubnetDesign {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub purpose: &'static str,
    /// Where it is.
    pub prefix: Prefix,
    /// The prefix and the room that is kept free behind it.
    pub room: Prefix,
    /// Addresses for use.
    pub capacity: u64,
    /// Addresses needed with the least nodes.
    pub steady: u64,
    /// At the autoscaler's maximum.
    pub autoscaler_max: u64,
    /// At the peak of an upgrade.
    pub upgrade_peak: u64,
    /// What is left then; negative when it does not fit.
    pub free_at_peak: i64,
    /// The peak with its figures.
    pub formula: String,
    /// The service that it is delegated to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delegation: Option<String>,
}

/// The workload of a brief.
pub(super) fn workload(brief: &Brief) -> WorkloadReport {
    let Stages { steady, max, peak } = needs::nodes(brief);
    WorkloadReport {
        nodes_steady: steady,
        nodes_max: max,
        surge: peak - max,
        nodes_peak: peak,
        max_pods: match brief.pools.as_slice() {
            [one] => one.max_pods,
            _ => None,
        },
        pools: brief.pools.iter().map(pool_workload).collect(),
    }
}

fn pool_workload(pool: &PoolBrief) -> PoolWorkload {
    let Stages { steady, max, peak } = needs::pool_nodes(pool);
    PoolWorkload {
        name: pool.name.clone(),
        nodes_steady: steady,
        nodes_max: max,
        surge: peak - max,
        max_pods: pool.max_pods,
        spot: pool.spot,
    }
}

/// One need of a model.
pub(super) fn need(need: &Need, length: Option<u8>, growth: Growth) -> NeedReport {
    let Stages { steady, max, peak } = need.stages;
    NeedReport {
        name: need.name.clone(),
        steady,
        autoscaler_max: max,
        upgrade_peak: peak,
        formula: need.formula.clone(),
        with_growth: need.target(growth),
        prefix_length: length,
    }
}

/// The answer for needs in their places.
pub(super) fn new(ground: &Ground, needs: &[Need], placement: Placement, outcome: &plan::Outcome) -> Design {
    let subnets = needs.iter().zip(&placement.subnets).map(|(need, placed)| {
        let capacity = usable_of_length(placed.prefix.length());
        let Stages { steady, max, peak } = need.stages;
        SubnetDesign {
            name: need.name.clone(),
            purpose: need.purpose.words(),
            prefix: placed.prefix,
            room: placed.within,
            capacity,
            steady,
            autoscaler_max: max,
            upgrade_peak: peak,
            free_at_peak: signed(capacity) - signed(peak),
            formula: need.formula.clone(),
            delegation: need.delegation.clone(),
        }
    });
    Design {
        workload: None,
        modes: Vec::new(),
        mode: None,
        reason: String::new(),
        ipv6: None,
        subnets: subnets.collect(),
        proposed: placement.proposed,
        taken: ground
            .taken
            .iter()
            .filter(|t| placement.spaces.iter().any(|s| s.overlaps(&t.prefix)))
            .cloned()
            .collect(),
        growth: ground.growth,
        free: placement.free.prefixes(),
        largest_free: crate::analysis::network::allocate::largest(&placement.free, Family::V4),
        address_space: placement.spaces,
        cluster: None,
        lasting: Vec::new(),
        findings: outcome.findings.clone(),
        warnings: Vec::new(),
        sizing: serde_json::Value::Null,
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
