//! Azure Red Hat OpenShift: its subnets, its pod CIDR, its outbound addresses (facts 7).

use serde::Serialize;

use super::code::Code;
use super::limits;
use super::prefix::Prefix;
use super::ranges;
use super::snat::aro_outbound_ips;

/// The network of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct AroNetwork {
    /// Subnet of the control plane.
    pub master_subnet: Prefix,
    /// Subnet of the workers.
    pub worker_subnet: Prefix,
    /// Workers now.
    pub workers: u32,
    /// The most there will be.
    pub max_workers: u32,
    /// Ingress through an internal load balancer.
    pub private_ingress: bool,
    /// Whether the cluster has a private endpoint to the egress gateway; new ones have.
    pub gateway: bool,
    /// Addresses of pods: never of the virtual network.
    pub pod_cidr: Prefix,
    /// Addresses of services.
    pub service_cidr: Prefix,
    /// Public addresses; `None` for user-defined routing.
    pub outbound_ips: Option<u32>,
}

/// What it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct AroFigures {
    /// Masters, internal load balancer, private link service, gateway endpoint.
    pub master_ips_steady: u64,
    /// The same and the bootstrap machine.
    pub master_ips_install_peak: u64,
    /// Workers at their most, and a private ingress.
    pub worker_ips: u64,
    /// Nodes that the pod CIDR carries: a /23 each.
    pub pod_node_slots: u64,
    /// Masters and workers at their most.
    pub nodes_total: u64,
    /// Public addresses for their ports; `None` for user-defined routing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound_ips_needed: Option<u64>,
}

/// The figures, and what is wrong (sorted, each code once).
pub fn plan(net: &AroNetwork) -> (AroFigures, Vec<Code>) {
    let ingress = u64::from(net.private_ingress);
    let master_ips_steady = limits::ARO_MASTERS + 1 + 1 + u64::from(net.gateway);
    let nodes_total = limits::ARO_MASTERS + u64::from(net.max_workers);
    let figures = AroFigures {
        master_ips_steady,
        master_ips_install_peak: master_ips_steady + 1,
        worker_ips: u64::from(net.max_workers) + ingress,
        pod_node_slots: net.pod_cidr.pieces(limits::ARO_NODE_BLOCK),
        nodes_total,
        outbound_ips_needed: net.outbound_ips.map(|_| aro_outbound_ips(nodes_total)),
    };
    let mut findings = Vec::new();
    let subnets = [net.master_subnet, net.worker_subnet];
    if subnets.iter().any(|s| s.length() > limits::ARO_SUBNET_PREFIX) {
        findings.push(Code::SubnetMinPrefix);
    }
    let room = net.worker_subnet.usable();
    if u64::from(net.workers) + ingress > room {
        findings.push(Code::SubnetTooSmallSteady);
    } else if figures.worker_ips > room {
        findings.push(Code::SubnetTooSmallMax);
    }
    if net.pod_cidr.length() > limits::ARO_POD_PREFIX || figures.pod_node_slots < nodes_total {
        findings.push(Code::AroPodCidrTooSmall);
    }
    if net.service_cidr.length() > limits::ARO_SERVICE_PREFIX {
        findings.push(Code::AroServiceCidrTooSmall);
    }
    let own = [net.pod_cidr, net.service_cidr, net.master_subnet, net.worker_subnet];
    if ranges::aro_reserved().iter().any(|r| own.iter().any(|p| p.overlaps(r))) {
        findings.push(Code::AroJoinRangeOverlap);
    }
    if !limits::ARO_WORKERS_AT_CREATION.contains(&net.workers) || net.max_workers > limits::ARO_WORKERS {
        findings.push(Code::AroWorkerCount);
    }
    if net.outbound_ips.zip(figures.outbound_ips_needed).is_some_and(|(have, need)| u64::from(have) < need) {
        findings.push(Code::SnatPortsInsufficient);
    }
    if [net.pod_cidr, net.service_cidr].iter().any(|c| subnets.iter().any(|s| s.overlaps(c))) {
        findings.push(Code::CidrOverlapSubnet);
    }
    if net.pod_cidr.overlaps(&net.service_cidr) {
        findings.push(Code::CidrOverlapService);
    }
    findings.sort_unstable();
    (figures, findings)
}
