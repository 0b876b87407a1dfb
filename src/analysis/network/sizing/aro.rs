//! Kind `aro_plan`: Azure Red Hat OpenShift, whose pods never take subnet addresses (facts 7).

use serde::{Deserialize, Serialize};

use super::{Count, SizingError};
use crate::analysis::network::aro::{self, AroNetwork};
use crate::analysis::network::code::Code;
use crate::analysis::network::prefix::Prefix;
use crate::analysis::network::ranges;

/// Input of `aro_plan`.
#[derive(Deserialize)]
pub(super) struct AroPlan {
    master_subnet: Prefix,
    worker_subnet: Prefix,
    workers: Count,
    max_workers: Option<Count>,
    #[allow(dead_code)] // a private API uses the internal load balancer that is there anyway
    api_visibility: Option<String>,
    ingress_visibility: Option<String>,
    gateway_enabled: Option<bool>,
    pod_cidr: Option<Prefix>,
    service_cidr: Option<Prefix>,
    outbound_ips: Option<Count>,
    outbound_type: Option<String>,
}

/// Answer of `aro_plan`.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct AroOutcome {
    /// The figures.
    #[serde(flatten)]
    pub figures: aro::AroFigures,
    /// False when there is any finding.
    pub valid: bool,
    /// What is wrong, sorted.
    pub findings: Vec<Code>,
}

pub(super) fn solve(input: &AroPlan) -> Result<AroOutcome, SizingError> {
    if input.master_subnet.overlaps(&input.worker_subnet) {
        return Err(SizingError::new("worker_subnet", "overlaps the control plane's subnet"));
    }
    let max_workers = input.max_workers.unwrap_or(input.workers);
    let is =
        |text: &Option<String>, want: &str| text.as_deref().is_some_and(|t| t.eq_ignore_ascii_case(want));
    let (figures, findings) = aro::plan(&AroNetwork {
        master_subnet: input.master_subnet,
        worker_subnet: input.worker_subnet,
        workers: input.workers.0,
        max_workers: max_workers.0,
        private_ingress: is(&input.ingress_visibility, "Private"),
        gateway: input.gateway_enabled.unwrap_or(true),
        pod_cidr: input.pod_cidr.unwrap_or_else(ranges::aro_default_pod_cidr),
        service_cidr: input.service_cidr.unwrap_or_else(ranges::aro_default_service_cidr),
        outbound_ips: if is(&input.outbound_type, "UserDefinedRouting") {
            None
        } else {
            Some(input.outbound_ips.map_or(1, |c| c.0))
        },
    });
    Ok(AroOutcome { valid: findings.is_empty(), figures, findings })
}
