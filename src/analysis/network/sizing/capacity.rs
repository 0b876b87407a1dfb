//! Kind `capacity`: how much a range carries. Which question it is follows from the inputs present.

use serde::{Deserialize, Serialize};

use super::{Count, SizingError};
use crate::analysis::network::code::Code;
use crate::analysis::network::limits;
use crate::analysis::network::model::{self, NetworkModel};
use crate::analysis::network::prefix::Prefix;
use crate::analysis::network::surge::{Upgrade, largest_with_surge};

/// Input of `capacity`.
#[derive(Deserialize)]
pub(super) struct Capacity {
    network_model: Option<NetworkModel>,
    prefix: Option<Prefix>,
    max_pods: Option<Count>,
    #[serde(default)]
    ignore_surge: bool,
    #[serde(default)]
    upgrade: Upgrade,
    pods_per_node: Option<Count>,
    pod_cidr_before: Option<Prefix>,
    pod_cidr_after: Option<Prefix>,
    pod_cidr: Option<Prefix>,
    nodes_counted: Option<Count>,
    pod_cidrs: Option<Vec<Prefix>>,
    #[allow(dead_code)] // the prefixes say it themselves; accepted because the interface names it
    ip_families: Option<Vec<String>>,
    lb_services: Option<Count>,
    ports_per_service: Option<Count>,
    nodes: Option<Count>,
}

/// Answer of `capacity`, by the question.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
#[allow(missing_docs)] // the fields are those of the interface
pub enum CapacityOutcome {
    /// Nodes of a node subnet.
    NodeSubnet { usable: u64, max_nodes: u64, max_pods_total: u64 },
    /// Nodes of a dynamic pod subnet, as the pages count and with the primary address.
    PodSubnet { usable: u64, max_nodes_documented: u64, max_nodes: u64 },
    /// A pod CIDR that grows.
    Expansion { max_nodes_before: u64, max_nodes_after: u64, superset: bool },
    /// Nodes against a pod CIDR.
    PodCidr { blocks_total: u64, ips_needed: u64, ips_available: u64, fits: bool, findings: Vec<Code> },
    /// Pod CIDRs of both families.
    DualStack {
        #[serde(skip_serializing_if = "Option::is_none")]
        ipv4_blocks: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ipv6_blocks: Option<u64>,
        max_nodes: u64,
    },
    /// Backend configurations of a load balancer frontend.
    LoadBalancer { backend_ip_configurations: u128, limit: u128, fits: bool },
}

pub(super) fn solve(input: &Capacity) -> Result<CapacityOutcome, SizingError> {
    for (name, prefix) in [
        ("prefix", &input.prefix),
        ("pod_cidr", &input.pod_cidr),
        ("pod_cidr_before", &input.pod_cidr_before),
        ("pod_cidr_after", &input.pod_cidr_after),
    ] {
        if let Some(bad) = prefix.filter(|p| !p.is_v4()) {
            return Err(SizingError::new(name, format!("{bad} is not an IPv4 prefix")));
        }
    }
    if let Some(prefix) = &input.prefix {
        let pod_subnet_model = input.network_model.is_none_or(|m| m == NetworkModel::AzurePodSubnet);
        return match input.pods_per_node.filter(|_| pod_subnet_model) {
            Some(pods) => pod_subnet(input, prefix, pods),
            None => node_subnet(input, prefix),
        };
    }
    if let (Some(before), Some(after)) = (&input.pod_cidr_before, &input.pod_cidr_after) {
        return Ok(CapacityOutcome::Expansion {
            max_nodes_before: model::pod_blocks(before),
            max_nodes_after: model::pod_blocks(after),
            superset: after.contains(before),
        });
    }
    if let (Some(cidr), Some(nodes)) = (&input.pod_cidr, input.nodes_counted) {
        return Ok(pod_cidr(cidr, nodes));
    }
    if let Some(cidrs) = &input.pod_cidrs {
        return dual_stack(cidrs);
    }
    if let (Some(services), Some(ports), Some(nodes)) =
        (input.lb_services, input.ports_per_service, input.nodes)
    {
        let product = [services, ports, nodes].iter().map(|c| u128::from(c.0)).product();
        let limit = limits::BACKENDS_PER_FRONTEND;
        return Ok(CapacityOutcome::LoadBalancer {
            backend_ip_configurations: product,
            limit,
            fits: product <= limit,
        });
    }
    Err(SizingError::new(
        "",
        "give `prefix` and `network_model`, `pod_cidr` and `nodes_counted`, `pod_cidr_before` and \
         `pod_cidr_after`, `pod_cidrs`, or `lb_services`, `ports_per_service` and `nodes`",
    ))
}

fn node_subnet(input: &Capacity, prefix: &Prefix) -> Result<CapacityOutcome, SizingError> {
    let model =
        input.network_model.ok_or_else(|| SizingError::new("network_model", "is needed with `prefix`"))?;
    let max_pods = input.max_pods.map_or(model.default_max_pods(), |c| c.0);
    let usable = prefix.usable();
    let room = usable / model.node_subnet_ips(max_pods);
    let max_nodes = if input.ignore_surge { room } else { largest_with_surge(room, &input.upgrade, false) };
    Ok(CapacityOutcome::NodeSubnet { usable, max_nodes, max_pods_total: max_nodes * u64::from(max_pods) })
}

fn pod_subnet(input: &Capacity, prefix: &Prefix, pods: Count) -> Result<CapacityOutcome, SizingError> {
    let max_pods = input.max_pods.map_or(NetworkModel::AzurePodSubnet.default_max_pods(), |c| c.0);
    let secondary = model::dynamic_secondary(max_pods, pods.0);
    let usable = prefix.usable();
    let max_nodes_documented = usable
        .checked_div(secondary)
        .ok_or_else(|| SizingError::new("max_pods", "must be above 0 (AKS takes 10 to 250)"))?;
    Ok(CapacityOutcome::PodSubnet { usable, max_nodes_documented, max_nodes: usable / (secondary + 1) })
}

fn pod_cidr(cidr: &Prefix, nodes: Count) -> CapacityOutcome {
    let blocks_total = model::pod_blocks(cidr);
    let fits = nodes.get() <= blocks_total;
    CapacityOutcome::PodCidr {
        blocks_total,
        ips_needed: nodes.get() * 256,
        ips_available: blocks_total.saturating_mul(256),
        fits,
        findings: if fits { vec![] } else { vec![Code::PodCidrTooSmallMax] },
    }
}

fn dual_stack(cidrs: &[Prefix]) -> Result<CapacityOutcome, SizingError> {
    let blocks = |v4: bool| cidrs.iter().find(|p| p.is_v4() == v4).map(model::pod_blocks);
    let (ipv4_blocks, ipv6_blocks) = (blocks(true), blocks(false));
    let max_nodes = ipv4_blocks.into_iter().chain(ipv6_blocks).min();
    let max_nodes = max_nodes.ok_or_else(|| SizingError::new("pod_cidrs", "must name at least one range"))?;
    Ok(CapacityOutcome::DualStack { ipv4_blocks, ipv6_blocks, max_nodes })
}
