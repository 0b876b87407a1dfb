//! Kind `service_subnet`: subnets of application gateways and AKS API servers (facts 2.8).

use serde::{Deserialize, Serialize};

use super::{Count, SizingError};
use crate::analysis::network::code::Code;
use crate::analysis::network::limits;
use crate::analysis::network::prefix::{LONGEST_SUBNET, Prefix, RESERVED_PER_PREFIX, smallest_fit};

/// Input of `service_subnet`.
#[derive(Deserialize)]
pub(super) struct ServiceSubnet {
    service: Service,
    prefix: Prefix,
    max_instances: Option<Count>,
    #[serde(default)]
    private_frontend: bool,
    #[serde(default)]
    also_in_subnet: Option<Others>,
    clusters: Option<Count>,
    associations: Option<Count>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Service {
    ApplicationGateway,
    AksApiServer,
    AgcAssociation,
}

/// What else stands in the subnet: one name or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Others {
    One(String),
    Many(Vec<String>),
}

/// Answer of `service_subnet`.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ServiceSubnetOutcome {
    /// Addresses that the subnet has for use.
    pub usable: u64,
    /// Addresses that the service takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_ips: Option<u64>,
    /// The same and what Azure keeps back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_with_reserved: Option<u64>,
    /// Raw addresses, where the service counts these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_addresses: Option<u64>,
    /// The smallest subnet that would do.
    pub min_prefix: Option<u8>,
    /// False when any finding is an error.
    pub valid: bool,
    /// What is wrong, sorted.
    pub findings: Vec<Code>,
}

pub(super) fn solve(input: &ServiceSubnet) -> Result<ServiceSubnetOutcome, SizingError> {
    if !input.prefix.is_v4() {
        return Err(SizingError::new("prefix", "must be an IPv4 prefix"));
    }
    let need = |value: Option<Count>, name: &str| {
        value.map(Count::get).ok_or_else(|| SizingError::new(name, "is needed for this service"))
    };
    let usable = input.prefix.usable();
    let length = input.prefix.length();
    let mut findings = Vec::new();
    let counted = |required: u64, longest: u8| ServiceSubnetOutcome {
        usable,
        required_ips: Some(required),
        required_with_reserved: Some(required + RESERVED_PER_PREFIX),
        required_addresses: None,
        min_prefix: smallest_fit(required, longest),
        valid: true,
        findings: Vec::new(),
    };
    let mut outcome = match input.service {
        Service::ApplicationGateway => {
            let required = need(input.max_instances, "max_instances")? + u64::from(input.private_frontend);
            if required > usable {
                findings.push(Code::SubnetTooSmallMax);
            }
            counted(required, LONGEST_SUBNET)
        }
        Service::AksApiServer => {
            let required = limits::API_SERVER_IPS * input.clusters.map_or(1, Count::get);
            if required > usable || length > limits::API_SERVER_PREFIX {
                findings.push(Code::ApiServerSubnetTooSmall);
            }
            counted(required, limits::API_SERVER_PREFIX)
        }
        Service::AgcAssociation => {
            let required = limits::AGC_ADDRESSES * input.associations.map_or(1, Count::get);
            let min_prefix = (0..=24u8).rev().find(|p| 1u64 << (32 - p) >= required);
            if min_prefix.is_none_or(|p| length > p) {
                findings.push(Code::SubnetMinPrefix);
            }
            ServiceSubnetOutcome {
                required_ips: None,
                required_with_reserved: None,
                required_addresses: Some(required),
                min_prefix,
                ..counted(0, LONGEST_SUBNET)
            }
        }
    };
    let dedicated = matches!(input.service, Service::ApplicationGateway);
    if dedicated && input.also_in_subnet.as_ref().is_some_and(Others::any) {
        findings.push(Code::SubnetDedicated);
    }
    findings.sort_unstable();
    outcome.valid = findings.is_empty();
    outcome.findings = findings;
    Ok(outcome)
}

impl Others {
    fn any(&self) -> bool {
        match self {
            Others::One(name) => !name.is_empty(),
            Others::Many(names) => names.iter().any(|n| !n.is_empty()),
        }
    }
}
