//! Kinds `snat_lb` and `snat_nat`: outbound ports.

use serde::{Deserialize, Serialize};

use super::plan::NodePool;
use super::{Count, SizingError};
use crate::analysis::network::code::Code;
use crate::analysis::network::limits;
use crate::analysis::network::snat::{LB_PORTS_PER_IP, NAT_PORTS_PER_IP, automatic_ports};

/// Input of `snat_lb`.
#[derive(Deserialize)]
pub(super) struct LoadBalancer {
    #[serde(default)]
    ports_per_node: Count,
    outbound_ips: Count,
    pools: Option<Vec<NodePool>>,
    nodes_before: Option<Count>,
    nodes_after: Option<Count>,
}

/// Answer of `snat_lb`.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct LoadBalancerOutcome {
    /// Ports of all outbound addresses.
    pub ports_available: u64,
    /// Nodes that a fixed allocation carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_nodes: Option<u64>,
    /// Nodes at the peak of an upgrade, all pools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes_effective: Option<u64>,
    /// Ports that they need.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports_required: Option<u128>,
    /// What is left, negative when it does not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports_free: Option<i128>,
    /// Whether the service accepts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fits: Option<bool>,
    /// Ports a node of the automatic allocation before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_ports_before: Option<u64>,
    /// And after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_ports_after: Option<u64>,
    /// What is wrong, sorted.
    pub findings: Vec<Code>,
}

pub(super) fn load_balancer(input: &LoadBalancer) -> Result<LoadBalancerOutcome, SizingError> {
    let ports = input.ports_per_node.get();
    let available = LB_PORTS_PER_IP * input.outbound_ips.get();
    let mut findings = Vec::new();
    if !ports.is_multiple_of(8) {
        findings.push(Code::SnatPortsNotMultipleOf8);
    }
    let mut nodes_effective = None;
    for (i, pool) in input.pools.iter().flatten().enumerate() {
        pool.check(&format!("pools[{i}]"))?;
        nodes_effective = Some(nodes_effective.unwrap_or(0) + pool.nodes().peak);
    }
    if input.pools.is_some() {
        nodes_effective.get_or_insert(0);
    }
    let required = nodes_effective.map(|n| u128::from(n) * u128::from(ports));
    let free = required.map(|r| i128::from(available) - i128::try_from(r).unwrap_or(i128::MAX));
    let fits = free.map(|f| f >= 0);
    if fits == Some(false) {
        findings.push(Code::SnatPortsInsufficient);
    }
    let automatic =
        |nodes: Option<Count>| (ports == 0).then_some(nodes).flatten().and_then(|n| automatic_ports(n.get()));
    let (before, after) = (automatic(input.nodes_before), automatic(input.nodes_after));
    if before.zip(after).is_some_and(|(b, a)| a < b) {
        findings.push(Code::SnatTierDrop);
    }
    findings.sort_unstable();
    Ok(LoadBalancerOutcome {
        ports_available: available,
        max_nodes: available.checked_div(ports),
        nodes_effective,
        ports_required: required,
        ports_free: free,
        fits,
        auto_ports_before: before,
        auto_ports_after: after,
        findings,
    })
}

/// Input of `snat_nat`.
#[derive(Deserialize)]
pub(super) struct NatGateway {
    public_ips: Count,
}

/// Answer of `snat_nat`.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct NatGatewayOutcome {
    /// Ports of all addresses.
    pub ports: u64,
    /// 1 to 16 addresses.
    pub valid: bool,
}

pub(super) fn nat_gateway(input: &NatGateway) -> NatGatewayOutcome {
    NatGatewayOutcome {
        ports: NAT_PORTS_PER_IP * input.public_ips.get(),
        valid: (1..=limits::NAT_GATEWAY_IPS).contains(&input.public_ips.0),
    }
}
