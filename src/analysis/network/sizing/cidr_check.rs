//! Kind `cidr_check`: the ranges of one cluster against each other and its surroundings.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::analysis::network::cidr::{self, ClusterRanges, Problem};
use crate::analysis::network::code::Code;
use crate::analysis::network::model::NetworkModel;
use crate::analysis::network::prefix::Prefix;

/// Input of `cidr_check`.
#[derive(Deserialize)]
pub(super) struct CidrCheck {
    network_model: Option<NetworkModel>,
    pod_cidr: Option<Prefix>,
    service_cidr: Option<Prefix>,
    dns_service_ip: Option<IpAddr>,
    #[serde(default)]
    vnet: Vec<Prefix>,
    #[serde(default)]
    subnets: Vec<Prefix>,
    #[serde(default)]
    peered: Vec<Prefix>,
}

/// Answer of `cidr_check`.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct CidrOutcome {
    /// False when any finding is an error.
    pub valid: bool,
    /// What is wrong, sorted.
    pub findings: Vec<Code>,
}

pub(super) fn solve(input: &CidrCheck) -> CidrOutcome {
    let problems = cidr::check(&ClusterRanges {
        model: input.network_model,
        pod_cidr: input.pod_cidr,
        service_cidr: input.service_cidr,
        dns_service_ip: input.dns_service_ip,
        vnet: &input.vnet,
        subnets: &input.subnets,
        peered: &input.peered,
    });
    let valid = problems.iter().all(|p| p.warning);
    let mut findings: Vec<Code> = problems.iter().map(Problem::code).collect();
    findings.sort_unstable();
    findings.dedup();
    CidrOutcome { valid, findings }
}
