//! Kinds `surge`, `dynamic_batch` and `static_block`: one node, one pool.

use serde::{Deserialize, Serialize};

use super::Count;
use crate::analysis::network::model;
use crate::analysis::network::surge::{self, Upgrade};

/// Scale set priority of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Priority {
    /// Paid for and kept.
    #[default]
    #[serde(alias = "regular")]
    Regular,
    /// May be taken away; never surges.
    #[serde(alias = "spot")]
    Spot,
}

/// Input of `surge`.
#[derive(Deserialize)]
pub(super) struct Surge {
    nodes: Count,
    #[serde(default)]
    upgrade: Upgrade,
    #[serde(default)]
    priority: Priority,
}

/// Answer of `surge`.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct SurgeOutcome {
    /// Nodes that an upgrade adds.
    pub surge_nodes: u64,
}

pub(super) fn surge(input: &Surge) -> SurgeOutcome {
    let spot = input.priority == Priority::Spot;
    SurgeOutcome { surge_nodes: surge::surge(input.nodes.get(), &input.upgrade, spot) }
}

/// Input of `dynamic_batch`.
#[derive(Deserialize)]
pub(super) struct DynamicBatch {
    max_pods: Count,
    pods: Count,
}

/// Answer of `dynamic_batch`: what one node takes from a dynamic pod subnet.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct DynamicBatchOutcome {
    /// Addresses for pods.
    pub secondary_ips: u64,
    /// The network container's own.
    pub primary_ips: u64,
    /// Both.
    pub subnet_ips: u64,
}

pub(super) fn dynamic_batch(input: &DynamicBatch) -> DynamicBatchOutcome {
    let secondary_ips = model::dynamic_secondary(input.max_pods.0, input.pods.0);
    DynamicBatchOutcome { secondary_ips, primary_ips: 1, subnet_ips: secondary_ips + 1 }
}

/// Input of `static_block`.
#[derive(Deserialize)]
pub(super) struct StaticBlock {
    max_pods: Count,
}

/// Answer of `static_block`: what one node takes from a static pod subnet.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct StaticBlockOutcome {
    /// /28 blocks.
    pub blocks_per_node: u64,
    /// Their addresses.
    pub ips_per_node: u64,
    /// Those that pods can have.
    pub pod_ips_available: u64,
    /// Those that no pod will ever have.
    pub wasted: u64,
}

pub(super) fn static_block(input: &StaticBlock) -> StaticBlockOutcome {
    let blocks_per_node = model::static_blocks(input.max_pods.0);
    let ips_per_node = blocks_per_node * model::BATCH;
    StaticBlockOutcome {
        blocks_per_node,
        ips_per_node,
        pod_ips_available: ips_per_node - 1,
        wasted: ips_per_node - 1 - input.max_pods.get(),
    }
}
