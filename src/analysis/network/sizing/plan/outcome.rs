//! The answer to a plan. Field names and meanings are a stable interface.

use indexmap::IndexMap;
use serde::Serialize;

use crate::analysis::network::code::Code;
use crate::analysis::network::demand::{PodSubnetDemand, PoolDemand};
use crate::analysis::network::model::BATCH;

/// The answer.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Outcome {
    /// By pool name; `cluster/pool` when there are several clusters.
    pub pools: IndexMap<String, PoolOutcome>,
    /// By subnet name, used or not.
    pub subnets: IndexMap<String, SubnetOutcome>,
    /// By cluster name, for kubenet and overlay.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub pod_cidr: IndexMap<String, PodCidrOutcome>,
    /// By cluster name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub clusters: IndexMap<String, ClusterOutcome>,
    /// The virtual network as a whole.
    pub vnet: VnetOutcome,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// A pool.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PoolOutcome {
    /// Nodes as declared.
    pub nodes_steady: u64,
    /// Nodes at the autoscaler's maximum.
    pub nodes_max: u64,
    /// Nodes that an upgrade adds.
    pub surge: u64,
    /// Both.
    pub nodes_peak: u64,
    /// Most pods of a node.
    pub max_pods: u32,
    /// Addresses of the node subnet that a node takes.
    pub ips_per_node: u64,
    /// Addresses of a dynamic pod subnet that a node takes, with the pods it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_subnet_ips_per_node_steady: Option<u64>,
    /// The same with the most pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_subnet_ips_per_node_max: Option<u64>,
    /// /28 blocks of a static pod subnet that a node takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks_per_node: Option<u64>,
    /// Their addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_subnet_ips_per_node: Option<u64>,
    /// Those that no pod can have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wasted_ips_per_node: Option<u64>,
}

impl From<&PoolDemand> for PoolOutcome {
    fn from(demand: &PoolDemand) -> PoolOutcome {
        let (mut steady, mut max, mut blocks) = (None, None, None);
        match demand.pod_subnet {
            Some(PodSubnetDemand::Dynamic { steady: s, max: m }) => (steady, max) = (Some(s), Some(m)),
            Some(PodSubnetDemand::Static { blocks: b }) => blocks = Some(b),
            None => {}
        }
        PoolOutcome {
            nodes_steady: demand.nodes.steady,
            nodes_max: demand.nodes.max,
            surge: demand.surge(),
            nodes_peak: demand.nodes.peak,
            max_pods: demand.max_pods,
            ips_per_node: demand.ips_per_node,
            pod_subnet_ips_per_node_steady: steady,
            pod_subnet_ips_per_node_max: max,
            blocks_per_node: blocks,
            pod_subnet_ips_per_node: blocks.map(|b| b * BATCH),
            wasted_ips_per_node: blocks.map(|b| (b * BATCH - 1).saturating_sub(u64::from(demand.max_pods))),
        }
    }
}

/// A subnet.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct SubnetOutcome {
    /// Addresses for use.
    pub capacity: u64,
    /// Addresses needed as declared.
    pub steady: u64,
    /// At the autoscaler's maximum.
    pub autoscaler_max: u64,
    /// At the peak of an upgrade of all pools.
    pub upgrade_peak: u64,
    /// What is left then; negative when it does not fit.
    pub free_at_peak: i64,
    /// Whether it fits.
    pub fits_peak: bool,
    /// The smallest single prefix that would; `None` when not even all of IPv4 would.
    pub min_prefix_for_peak: Option<u8>,
    /// /28 blocks, for a statically allocated pod subnet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<BlocksOutcome>,
    /// The peak with its figures.
    pub formula: String,
}

/// /28 blocks of a pod subnet.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct BlocksOutcome {
    /// All of them.
    pub total: u64,
    /// Those that surely can be used.
    pub conservative: u64,
    /// Needed as declared.
    pub steady: u64,
    /// At the autoscaler's maximum.
    pub max: u64,
    /// At the peak of an upgrade.
    pub peak: u64,
    /// Whether the sure ones suffice.
    pub fits_peak: bool,
}

/// A pod CIDR: a /24 a node.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PodCidrOutcome {
    /// Nodes it carries.
    pub blocks_total: u64,
    /// Nodes as declared.
    pub blocks_steady: u64,
    /// At the autoscaler's maximum.
    pub blocks_max: u64,
    /// At the peak of an upgrade.
    pub blocks_peak: u64,
    /// Whether it fits.
    pub fits_peak: bool,
}

/// A cluster: sums over its pools.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ClusterOutcome {
    /// Nodes as declared.
    pub nodes_steady: u64,
    /// At the autoscaler's maximum.
    pub nodes_max: u64,
    /// At the peak of an upgrade.
    pub nodes_peak: u64,
}

/// The virtual network.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct VnetOutcome {
    /// Private addresses at the peak; a static block counts once.
    pub private_ips_peak: u64,
    /// How many Azure allows.
    pub limit: u64,
    /// Whether it is within.
    pub fits: bool,
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// Of which subnet, cluster or pool; empty for the plan.
    pub subject: String,
    /// In words, with figures.
    pub message: String,
    /// The code with which Azure refuses it, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure_error: Option<&'static str>,
}
