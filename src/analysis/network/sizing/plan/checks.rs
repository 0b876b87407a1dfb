//! The findings of a plan: the rows of the table in the field reference, subject by subject.

use super::figures::{Figures, PoolFigures, Role, Tenant, pod_blocks};
use super::input::ExtraKind;
use super::outcome::Finding;
use super::{Cluster, Plan, Subnet};
use crate::analysis::network::code::Code;
use crate::analysis::network::limits;
use crate::analysis::network::model::{self, AllocationMode, NetworkModel};
use crate::analysis::network::prefix::{LONGEST_SUBNET, Prefix};
use crate::analysis::network::ranges;
use crate::analysis::network::sizing::pods::Priority;
use crate::analysis::network::stage::{Stage, Stages};

/// The delegation that AKS puts on a pod subnet.
pub(crate) const AKS_DELEGATION: &str = "Microsoft.ContainerService/managedClusters";

/// All findings: subnets, then clusters, then pools, each in the order of the plan.
pub(super) fn run(plan: &Plan, figures: &Figures<'_>) -> Vec<Finding> {
    let mut out = Findings(Vec::new());
    for (name, subnet) in &plan.subnets {
        check_subnet(plan, figures, name, subnet, &mut out);
    }
    for (at, cluster) in plan.clusters.iter().enumerate() {
        check_cluster(plan, cluster, figures.nodes(at), &mut out);
    }
    for pool in &figures.pools {
        check_pool(pool, plan, &mut out);
    }
    let private_ips = figures.private_ips();
    let limit = limits::PRIVATE_IPS_PER_VNET;
    out.add(private_ips > limit, Code::VnetPrivateIpLimit, "", || {
        format!("{private_ips} private addresses at the peak, a virtual network has at most {limit}")
    });
    out.0
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, fires: bool, code: Code, subject: &str, message: impl FnOnce() -> String) {
        if fires {
            let finding = Finding {
                code,
                subject: subject.to_owned(),
                message: message(),
                azure_error: code.azure_error(),
            };
            self.0.push(finding);
        }
    }
}

fn check_subnet(plan: &Plan, figures: &Figures<'_>, name: &str, subnet: &Subnet, out: &mut Findings) {
    let tenants = figures.of(name);
    let shown = subnet.prefixes().map(Prefix::to_string).collect::<Vec<_>>().join(", ");
    let longer_than = |length: u8| subnet.v4().any(|p| p.length() > length);
    out.add(longer_than(LONGEST_SUBNET), Code::SubnetMinPrefix, name, || {
        format!("{shown}: the smallest subnet of Azure is a /{LONGEST_SUBNET}")
    });
    out.add(overlaps_reserved(subnet.prefixes()), Code::ReservedRangeOverlap, name, || {
        format!("{shown} overlaps a range that AKS keeps for itself")
    });

    let capacity = subnet.capacity();
    let clusters =
        plan.clusters.iter().filter(|c| c.api_server_subnet.as_deref() == Some(name)).count() as u64;
    let api_need = clusters * limits::API_SERVER_IPS;
    let api_small = clusters > 0 && (longer_than(limits::API_SERVER_PREFIX) || api_need > capacity);
    out.add(api_small, Code::ApiServerSubnetTooSmall, name, || {
        format!("{clusters} API servers need {api_need} addresses and at least a /28; {shown} has {capacity}")
    });
    if !api_small {
        check_size(figures, name, subnet, capacity, out);
    }
    check_company(tenants, name, clusters > 0, out);
    check_delegation(tenants, name, subnet, out);
    let modes = |mode| {
        figures.pools.iter().any(|p| {
            p.demand.pod_subnet.is_some()
                && p.pool.pod_subnet.as_deref() == Some(name)
                && p.pool.pod_ip_allocation_mode == mode
        })
    };
    let mixed = modes(AllocationMode::DynamicIndividual) && modes(AllocationMode::StaticBlock);
    out.add(mixed, Code::PodSubnetModeConflict, name, || {
        "a pod subnet is handed out either dynamically or in static blocks".to_owned()
    });
    let kubenet = tenants.iter().find(|t| {
        t.role == Role::Nodes
            && t.cluster.and_then(|c| plan.clusters.get(c)).map(|c| c.network_model)
                == Some(NetworkModel::Kubenet)
    });
    let shared =
        kubenet.is_some_and(|k| tenants.iter().any(|t| t.cluster.is_some() && t.cluster != k.cluster));
    out.add(shared, Code::KubenetSubnetShared, name, || {
        "a kubenet cluster needs its subnet, and the subnet's route table, for itself".to_owned()
    });
}

/// The first stage that does not fit, by addresses or by static blocks.
fn check_size(figures: &Figures<'_>, name: &str, subnet: &Subnet, capacity: u64, out: &mut Findings) {
    let demand = figures.demand(name);
    let prefixes: Vec<Prefix> = subnet.v4().copied().collect();
    let (_, usable_blocks) = model::subnet_blocks(&prefixes);
    let blocks = figures.blocks(name).unwrap_or_default();
    let over = |s: &Stage| demand.at(*s) > capacity || blocks.at(*s) > usable_blocks;
    let Some(stage) = Stage::ALL.into_iter().find(over) else { return };
    out.add(true, subnet_code(stage), name, || {
        let (need, blocks) = (demand.at(stage), blocks.at(stage));
        if need > capacity {
            format!("{}: {need} addresses needed, {capacity} usable", stage.words())
        } else {
            format!("{}: {blocks} /28 blocks needed, {usable_blocks} usable", stage.words())
        }
    });
}

/// The code of a subnet that fails at a stage.
pub(crate) fn subnet_code(stage: Stage) -> Code {
    match stage {
        Stage::Steady => Code::SubnetTooSmallSteady,
        Stage::AutoscalerMax => Code::SubnetTooSmallMax,
        Stage::UpgradePeak => Code::SubnetTooSmallUpgrade,
    }
}

/// The code of a pod CIDR that fails at a stage.
pub(crate) fn pod_cidr_code(stage: Stage) -> Code {
    match stage {
        Stage::Steady => Code::PodCidrTooSmallSteady,
        Stage::AutoscalerMax => Code::PodCidrTooSmallMax,
        Stage::UpgradePeak => Code::PodCidrTooSmallUpgrade,
    }
}

/// Application gateways, virtual nodes and API servers want a subnet for themselves.
fn check_company(tenants: &[Tenant], name: &str, api_subnet: bool, out: &mut Findings) {
    // What has no address (a count of 0) does not stand there; a gateway does, also with no instance.
    let present: Vec<Role> = tenants
        .iter()
        .filter(|t| {
            t.share.demand().peak > 0
                || matches!(t.role, Role::Nodes | Role::Pods | Role::Extra(ExtraKind::ApplicationGateway))
        })
        .map(|t| t.role)
        .collect();
    let exclusive = |r: &Role| {
        matches!(r, Role::Extra(ExtraKind::ApplicationGateway) | Role::Extra(ExtraKind::VirtualNodePods))
    };
    let crowded = present.iter().filter(|r| exclusive(r)).any(|r| present.iter().any(|other| other != r));
    let api_crowded = api_subnet && present.iter().any(|r| *r != Role::ApiServer);
    out.add(crowded || api_crowded, Code::SubnetDedicated, name, || {
        "application gateways, virtual nodes and API servers each need a subnet of their own".to_owned()
    });
}

fn check_delegation(tenants: &[Tenant], name: &str, subnet: &Subnet, out: &mut Findings) {
    let has = |role: Role| tenants.iter().any(|t| t.role == role);
    let (nodes, pods) = (has(Role::Nodes), has(Role::Pods));
    let delegation = subnet.delegation.as_deref().filter(|d| !d.is_empty());
    let foreign = delegation.is_some_and(|d| !d.eq_ignore_ascii_case(AKS_DELEGATION));
    let conflict = (nodes && delegation.is_some()) || (pods && foreign) || (nodes && pods);
    out.add(conflict, Code::SubnetDelegationConflict, name, || {
        if nodes && pods {
            "nodes and pods need different subnets: the pods' one is delegated".to_owned()
        } else {
            let other = delegation.unwrap_or_default();
            format!(
                "delegated to {other}, which {} may not be",
                if nodes { "a node subnet" } else { "a pod subnet" }
            )
        }
    });
}

fn check_cluster(plan: &Plan, cluster: &Cluster, nodes: Stages, out: &mut Findings) {
    let name = &cluster.name;
    if cluster.network_model.has_pod_cidr() {
        let total = pod_blocks(cluster);
        if let Some(stage) = nodes.first_over(total) {
            out.add(true, pod_cidr_code(stage), name, || {
                let need = nodes.at(stage);
                format!("{}: {need} nodes need a /24 each, the pod CIDR has {total}", stage.words())
            });
        }
    }
    let routes = limits::KUBENET_NODES;
    let kubenet = cluster.network_model == NetworkModel::Kubenet;
    out.add(kubenet && (nodes.peak > routes || nodes.max >= routes), Code::KubenetNodeLimit, name, || {
        format!(
            "{} nodes at the peak; a kubenet cluster has routes for {routes}, and upgrades only below",
            nodes.peak
        )
    });
    out.add(nodes.peak > limits::NODES_PER_CLUSTER, Code::ClusterNodeLimit, name, || {
        format!("{} nodes at the peak, a cluster has at most {}", nodes.peak, limits::NODES_PER_CLUSTER)
    });
    if let Some(pods) = &cluster.pod_cidr {
        out.add(overlaps_reserved([pods]), Code::ReservedRangeOverlap, name, || {
            format!("pod CIDR {pods} overlaps a range that AKS keeps for itself")
        });
        let clash = plan.subnets.iter().find(|(_, s)| s.prefixes().any(|p| p.overlaps(pods)));
        if let Some((subnet, _)) = clash {
            out.add(true, Code::CidrOverlapSubnet, name, || {
                format!("pod CIDR {pods} overlaps subnet {subnet}")
            });
        }
    }
}

fn check_pool(figures: &PoolFigures<'_>, plan: &Plan, out: &mut Findings) {
    let (pool, demand, key) = (figures.pool, &figures.demand, figures.key.as_str());
    let kubenet = plan.clusters.get(figures.cluster).map(|c| c.network_model) == Some(NetworkModel::Kubenet);
    out.add(kubenet && pool.is_windows(), Code::KubenetWindows, key, || {
        "kubenet runs on Linux only".to_owned()
    });
    let limit = limits::NODES_PER_POOL;
    let (max, peak) = (demand.nodes.max, demand.nodes.peak);
    out.add(max > limit, Code::PoolNodeLimit, key, || format!("{max} nodes, a pool has at most {limit}"));
    out.add(max <= limit && peak > limit, Code::VmssSurgeOver1000, key, || {
        format!("{peak} nodes at the peak, a pool has at most {limit}: AKS refuses the upgrade")
    });
    let (least, most) = (*limits::MAX_PODS.start(), *limits::MAX_PODS.end());
    let pods = demand.max_pods;
    out.add(pods < least, Code::MaxPodsBelowMin, key, || {
        format!("max_pods is {pods}, at least {least} is needed")
    });
    out.add(pods > most, Code::MaxPodsAboveMax, key, || {
        format!("max_pods is {pods}, at most {most} is allowed")
    });
    let room = u64::from(pods) * demand.nodes.steady.max(1);
    out.add(room < limits::PODS_PER_POOL, Code::PoolUnder30Pods, key, || {
        format!("room for {room} pods, a pool needs room for {}", limits::PODS_PER_POOL)
    });
    let surges = pool.upgrade.max_surge.is_some() || pool.upgrade.max_unavailable.is_some();
    out.add(pool.priority == Priority::Spot && surges, Code::SpotSurgeUnsupported, key, || {
        "a spot pool takes neither max_surge nor max_unavailable".to_owned()
    });
}

fn overlaps_reserved<'a>(prefixes: impl IntoIterator<Item = &'a Prefix>) -> bool {
    let reserved = ranges::aks_reserved();
    prefixes.into_iter().any(|p| reserved.iter().any(|r| r.overlaps(p)))
}
