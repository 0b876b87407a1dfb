//! What a workload needs of a network: one entry a subnet.

use super::brief::API_SERVER;
use super::{Brief, Growth, Mode, PoolBrief};
use crate::analysis::network::demand::{self, PoolDemand, PoolShape, Share};
use crate::analysis::network::limits;
use crate::analysis::network::prefix::{LONGEST_SUBNET, smallest_fit};
use crate::analysis::network::sizing::SizingError;
use crate::analysis::network::sizing::plan::PrivateCluster;
use crate::analysis::network::stage::{Autoscale, Stage, Stages, node_stages};

/// The service to which pod subnets and API server subnets are delegated.
pub(super) const DELEGATION: &str = "Microsoft.ContainerService/managedClusters";

/// What a subnet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Nodes,
    Pods,
    ApiServer,
    PrivateEndpoints,
    Other,
}

impl Purpose {
    pub(super) fn words(self) -> &'static str {
        match self {
            Purpose::Nodes => "nodes of the cluster",
            Purpose::Pods => "pods of the cluster, nothing else",
            Purpose::ApiServer => "API server, nothing else",
            Purpose::PrivateEndpoints => "private endpoints",
            Purpose::Other => "",
        }
    }
}

/// A subnet that is needed.
#[derive(Clone, Debug)]
pub(super) struct Need {
    pub(super) name: String,
    pub(super) purpose: Purpose,
    /// Addresses at each stage.
    pub(super) stages: Stages,
    /// /28 blocks at the peak, for static allocation.
    pub(super) blocks: Option<u64>,
    /// The peak with its figures.
    pub(super) formula: String,
    /// The longest prefix that will do whatever the addresses.
    pub(super) longest: u8,
    /// A prefix length that is given.
    pub(super) given: Option<u8>,
    /// Whether the growth factor applies.
    pub(super) grows: bool,
    pub(super) delegation: Option<String>,
}

impl Need {
    fn of_shares(name: &str, purpose: Purpose, shares: &[Share]) -> Need {
        let blocks = shares.iter().filter_map(|s| Some(s.nodes.peak.saturating_mul(s.blocks?)));
        let blocks = blocks.reduce(u64::saturating_add);
        let delegated = matches!(purpose, Purpose::Pods | Purpose::ApiServer);
        Need {
            name: name.to_owned(),
            purpose,
            stages: demand::total(shares),
            blocks,
            formula: demand::formula(shares, Stage::UpgradePeak),
            longest: LONGEST_SUBNET,
            given: None,
            grows: true,
            delegation: delegated.then(|| DELEGATION.to_owned()),
        }
    }

    /// Addresses that the subnet is to have.
    pub(super) fn target(&self, growth: Growth) -> u64 {
        if self.grows { growth.of(self.stages.peak) } else { self.stages.peak }
    }

    /// The longest prefix that holds them, blocks included; `None` when none of IPv4 does.
    pub(super) fn length(&self, growth: Growth) -> Option<u8> {
        if let Some(given) = self.given {
            return Some(given);
        }
        let length = smallest_fit(self.target(growth), self.longest)?;
        let Some(blocks) = self.blocks else { return Some(length) };
        // The first and the last block of a subnet hold reserved addresses (facts 2.5).
        let blocks = growth.of(blocks).saturating_add(2);
        (0..=length.min(28)).rev().find(|p| 1u64 << (28 - p) >= blocks)
    }
}

/// The prefix length of each need.
pub(super) fn lengths(needs: &[Need], growth: Growth) -> Result<Vec<u8>, SizingError> {
    let one = |need: &Need| {
        // The largest subnet of Azure is a /2 (virtual network FAQ).
        need.length(growth).filter(|l| *l >= 2).ok_or_else(|| {
            let target = need.target(growth);
            SizingError::new(need.name.as_str(), format!("no subnet of Azure has {target} addresses"))
        })
    };
    needs.iter().map(one).collect()
}

/// A pool of a brief in a model.
pub(super) fn pool(pool: &PoolBrief, mode: Mode) -> PoolDemand {
    let shape = PoolShape {
        model: mode.model(),
        max_pods: pool.max_pods,
        mode: mode.allocation(),
        pods_per_node: None,
        pods_per_node_max: None,
    };
    PoolDemand::new(shape, pool_nodes(pool))
}

/// Nodes of a pool at each stage.
pub(super) fn pool_nodes(pool: &PoolBrief) -> Stages {
    let auto = Autoscale { min: pool.nodes.min, max: pool.nodes.max };
    node_stages(None, Some(auto), &pool.upgrade, pool.spot)
}

/// Nodes of a brief at each stage.
pub(super) fn nodes(brief: &Brief) -> Stages {
    brief.pools.iter().map(pool_nodes).sum()
}

/// The subnets that a brief needs in a model, in the order in which they are shown.
pub(super) fn of_mode(brief: &Brief, mode: Mode) -> Vec<Need> {
    let pools: Vec<(&str, PoolDemand)> =
        brief.pools.iter().map(|p| (p.name.as_str(), pool(p, mode))).collect();
    let mut nodes: Vec<Share> = pools.iter().map(|(name, pool)| pool.node_share(*name)).collect();
    if brief.private == Some(PrivateCluster::PrivateEndpoint) {
        nodes.push(Share::fixed("private endpoint of the API server", 1));
    }
    if brief.load_balancers > 0 {
        nodes.push(Share::fixed("internal load balancers", u64::from(brief.load_balancers)));
    }
    let mut out = vec![Need::of_shares("nodes", Purpose::Nodes, &nodes)];
    let pods: Vec<Share> = pools.iter().filter_map(|(name, pool)| pool.pod_share(*name)).collect();
    if !pods.is_empty() {
        out.push(Need::of_shares("pods", Purpose::Pods, &pods));
    }
    if brief.private == Some(PrivateCluster::VnetIntegration) {
        let share = Share::fixed("API server", limits::API_SERVER_IPS);
        let need = Need::of_shares("api-server", Purpose::ApiServer, &[share]);
        out.push(Need { longest: API_SERVER, grows: false, ..need });
    }
    if brief.private_endpoints > 0 {
        let share = Share::fixed("private endpoints", u64::from(brief.private_endpoints));
        out.push(Need::of_shares("private-endpoints", Purpose::PrivateEndpoints, &[share]));
    }
    out.extend(brief.others.iter().map(|other| {
        let share = Share::fixed(other.name.as_str(), u64::from(other.addresses));
        Need { given: other.length, ..Need::of_shares(&other.name, Purpose::Other, &[share]) }
    }));
    out
}
