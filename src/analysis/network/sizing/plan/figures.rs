//! The figures of a plan: pools, what stands in each subnet, sums.

use indexmap::IndexMap;

use super::outcome::{
    BlocksOutcome, ClusterOutcome, Finding, Outcome, PodCidrOutcome, PoolOutcome, SubnetOutcome, VnetOutcome,
};
use super::{Cluster, Plan, Pool, PrivateCluster};
use crate::analysis::network::demand::{self, PoolDemand, PoolShape, Share};
use crate::analysis::network::limits;
use crate::analysis::network::model;
use crate::analysis::network::prefix::{LONGEST_SUBNET, Prefix, smallest_fit};
use crate::analysis::network::ranges;
use crate::analysis::network::sizing::Count;
use crate::analysis::network::stage::{Stage, Stages};

/// What stands in a subnet, with the part it plays there.
#[derive(Clone, Debug)]
pub(super) struct Tenant {
    pub(super) share: Share,
    pub(super) role: Role,
    /// The cluster it belongs to, by position.
    pub(super) cluster: Option<usize>,
}

/// What kind of tenant it is; two of one kind may share a dedicated subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Nodes,
    Pods,
    ApiServer,
    ApiEndpoint,
    LoadBalancer,
    Extra(super::input::ExtraKind),
    Others,
}

/// A pool with its figures.
pub(super) struct PoolFigures<'p> {
    pub(super) key: String,
    pub(super) pool: &'p Pool,
    pub(super) cluster: usize,
    pub(super) demand: PoolDemand,
}

pub(super) struct Figures<'p> {
    pub(super) pools: Vec<PoolFigures<'p>>,
    /// In the order of the plan's subnets.
    pub(super) tenants: IndexMap<&'p str, Vec<Tenant>>,
}

impl<'p> Figures<'p> {
    pub(super) fn new(plan: &'p Plan) -> Figures<'p> {
        let mut pools = Vec::new();
        let mut tenants: IndexMap<&str, Vec<Tenant>> =
            plan.subnets.keys().map(|name| (name.as_str(), Vec::new())).collect();
        let mut place = |subnet: &str, share: Share, role: Role, cluster: Option<usize>| {
            if let Some(list) = tenants.get_mut(subnet) {
                list.push(Tenant { share, role, cluster });
            }
        };
        for (at, cluster) in plan.clusters.iter().enumerate() {
            for pool in &cluster.pools {
                let key = if plan.clusters.len() == 1 {
                    pool.name.clone()
                } else {
                    format!("{}/{}", cluster.name, pool.name)
                };
                let demand = demand_of(cluster, pool);
                place(&pool.subnet, demand.node_share(&key), Role::Nodes, Some(at));
                if let Some((share, subnet)) = demand.pod_share(&key).zip(pool.pod_subnet.as_deref()) {
                    place(subnet, share, Role::Pods, Some(at));
                }
                pools.push(PoolFigures { key, pool, cluster: at, demand });
            }
            match (cluster.private_cluster, cluster.pools.first(), cluster.api_server_subnet.as_deref()) {
                (Some(PrivateCluster::PrivateEndpoint), Some(first), _) => {
                    let share = Share::fixed(format!("private endpoint of {}", cluster.name), 1);
                    place(&first.subnet, share, Role::ApiEndpoint, Some(at));
                }
                (Some(PrivateCluster::VnetIntegration), _, Some(subnet)) => {
                    let name = format!("API server of {}", cluster.name);
                    place(subnet, Share::fixed(name, limits::API_SERVER_IPS), Role::ApiServer, Some(at));
                }
                _ => {}
            }
            for balancer in &cluster.internal_load_balancers {
                let share =
                    Share::fixed("internal load balancer", balancer.frontend_ips.map_or(1, Count::get));
                place(&balancer.subnet, share, Role::LoadBalancer, Some(at));
            }
        }
        for extra in &plan.extras {
            place(
                &extra.subnet,
                Share::fixed(extra.label(), extra.addresses()),
                Role::Extra(extra.kind),
                None,
            );
        }
        for (name, subnet) in &plan.subnets {
            if subnet.used_by_others.0 > 0 {
                place(name, Share::fixed("others", subnet.used_by_others.get()), Role::Others, None);
            }
        }
        Figures { pools, tenants }
    }

    /// The tenants of a subnet.
    pub(super) fn of(&self, subnet: &str) -> &[Tenant] {
        self.tenants.get(subnet).map_or(&[], Vec::as_slice)
    }

    /// Addresses of a subnet at each stage.
    pub(super) fn demand(&self, subnet: &str) -> Stages {
        self.of(subnet).iter().map(|t| t.share.demand()).sum()
    }

    /// Static blocks of a subnet at each stage; `None` when no pool takes any.
    pub(super) fn blocks(&self, subnet: &str) -> Option<Stages> {
        let mut with =
            self.of(subnet).iter().filter_map(|t| Some((t.share.nodes, t.share.blocks?))).peekable();
        with.peek()?;
        Some(with.map(|(nodes, blocks)| nodes.times(Stages::flat(blocks))).sum())
    }

    /// Nodes of a cluster at each stage.
    pub(super) fn nodes(&self, cluster: usize) -> Stages {
        self.pools.iter().filter(|p| p.cluster == cluster).map(|p| p.demand.nodes).sum()
    }

    /// Private addresses of the whole network at the peak; a static block counts once.
    pub(super) fn private_ips(&self) -> u64 {
        let shares = self.tenants.values().flatten().map(|t| &t.share);
        let each = shares.map(|s| s.nodes.peak.saturating_mul(s.blocks.unwrap_or(s.per_node.peak)));
        each.fold(0, u64::saturating_add)
    }

    pub(super) fn outcome(&self, plan: &Plan, findings: Vec<Finding>) -> Outcome {
        let private_ips_peak = self.private_ips();
        let mut pod_cidr = IndexMap::new();
        let mut clusters = IndexMap::new();
        for (at, cluster) in plan.clusters.iter().enumerate() {
            let nodes = self.nodes(at);
            let Stages { steady, max, peak } = nodes;
            clusters.insert(
                cluster.name.clone(),
                ClusterOutcome { nodes_steady: steady, nodes_max: max, nodes_peak: peak },
            );
            if cluster.network_model.has_pod_cidr() {
                let total = pod_blocks(cluster);
                let outcome = PodCidrOutcome {
                    blocks_total: total,
                    blocks_steady: steady,
                    blocks_max: max,
                    blocks_peak: peak,
                    fits_peak: peak <= total,
                };
                pod_cidr.insert(cluster.name.clone(), outcome);
            }
        }
        Outcome {
            pools: self.pools.iter().map(|p| (p.key.clone(), PoolOutcome::from(&p.demand))).collect(),
            subnets: plan.subnets.iter().map(|(n, s)| (n.clone(), self.subnet_outcome(n, s))).collect(),
            pod_cidr,
            clusters,
            vnet: VnetOutcome {
                private_ips_peak,
                limit: limits::PRIVATE_IPS_PER_VNET,
                fits: private_ips_peak <= limits::PRIVATE_IPS_PER_VNET,
            },
            findings,
        }
    }

    fn subnet_outcome(&self, name: &str, subnet: &super::Subnet) -> SubnetOutcome {
        let capacity = subnet.capacity();
        let Stages { steady, max, peak } = self.demand(name);
        let shares: Vec<Share> = self.of(name).iter().map(|t| t.share.clone()).collect();
        let blocks = self.blocks(name).map(|needed| {
            let prefixes: Vec<Prefix> = subnet.v4().copied().collect();
            let (total, conservative) = model::subnet_blocks(&prefixes);
            let Stages { steady, max, peak } = needed;
            BlocksOutcome { total, conservative, steady, max, peak, fits_peak: peak <= conservative }
        });
        SubnetOutcome {
            capacity,
            steady,
            autoscaler_max: max,
            upgrade_peak: peak,
            free_at_peak: signed(capacity) - signed(peak),
            fits_peak: peak <= capacity,
            min_prefix_for_peak: smallest_fit(peak, LONGEST_SUBNET),
            blocks,
            formula: demand::formula(&shares, Stage::UpgradePeak),
        }
    }
}

/// Nodes that a cluster's pod CIDR carries, its default when it names none.
pub(super) fn pod_blocks(cluster: &Cluster) -> u64 {
    model::pod_blocks(&cluster.pod_cidr.unwrap_or_else(ranges::default_pod_cidr))
}

fn demand_of(cluster: &Cluster, pool: &Pool) -> PoolDemand {
    let number = |c: Option<Count>| c.map(|c| c.0);
    let shape = PoolShape {
        model: cluster.network_model,
        max_pods: number(pool.max_pods),
        mode: pool.pod_ip_allocation_mode,
        pods_per_node: number(pool.pods_per_node),
        pods_per_node_max: number(pool.pods_per_node_max),
    };
    PoolDemand::new(shape, pool.nodes())
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
