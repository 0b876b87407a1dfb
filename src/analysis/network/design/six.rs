//! The IPv6 side of a dual-stack network: a /64 for each subnet, and the cluster's own ranges.
//!
//! A subnet of Azure is exactly a /64 in IPv6, and a network is never IPv6 alone (facts 1). Every node takes
//! a /80 of the pod range, so a /64 never binds; services take a /108 at most (facts 2.6).

use serde::Serialize;

use super::needs::{Need, Purpose};
use super::{Ground, Mode, brief};
use crate::analysis::network::allocate::{Request, allocate};
use crate::analysis::network::prefix::{Family, Prefix};
use crate::analysis::network::set::CidrSet;
use crate::analysis::network::sizing::SizingError;

/// The prefix length of a subnet, and of a cluster's pods.
const SUBNET: u8 = 64;

/// The longest range of services.
const SERVICES: u8 = 108;

/// The ranges that clusters have unless they name others: fd12:3456:789a::/64 and fd12:3456:789a:1::/108.
const DEFAULT: u128 = 0xfd12_3456_789a << 80;

/// Unique local addresses, of which other ranges are taken.
const LOCAL: (u128, u8) = (0xfd << 120, 8);

/// The IPv6 side of a design.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct SixDesign {
    /// The address space.
    pub address_space: Vec<Prefix>,
    /// The subnets that have IPv6.
    pub subnets: Vec<SixSubnet>,
    /// Addresses of pods; only models with a pod CIDR have them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_cidr: Option<Prefix>,
    /// Addresses of services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_cidr: Option<Prefix>,
}

/// A subnet's IPv6 prefix.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct SixSubnet {
    /// The subnet.
    pub name: String,
    /// Its /64.
    pub prefix: Prefix,
}

impl SixDesign {
    /// The IPv6 prefix of a subnet.
    pub fn of(&self, subnet: &str) -> Option<Prefix> {
        self.subnets.iter().find(|s| s.name == subnet).map(|s| s.prefix)
    }
}

/// What Azure knows by name, private endpoints and the API server stay in IPv4.
fn has_six(need: &Need) -> bool {
    !matches!(need.purpose, Purpose::ApiServer | Purpose::PrivateEndpoints) && !brief::is_known(&need.name)
}

/// The IPv6 side; nothing without an IPv6 address space.
pub(super) fn place(
    needs: &[Need],
    mode: Option<Mode>,
    ground: &Ground,
) -> Result<Option<SixDesign>, SizingError> {
    if ground.spaces_v6.is_empty() {
        return Ok(None);
    }
    let space: CidrSet = ground.spaces_v6.iter().collect();
    let taken: CidrSet = ground.taken.iter().map(|t| &t.prefix).collect();
    let named: Vec<&Need> = needs.iter().filter(|n| has_six(n)).collect();
    let requests = vec![Request { family: Family::V6, length: SUBNET, room: 0 }; named.len()];
    let placed = allocate(&space, &taken, &requests).placed;
    let mut subnets = Vec::new();
    for (need, placed) in named.iter().zip(placed) {
        let placed = placed.ok_or_else(|| {
            let shown: Vec<String> = ground.spaces_v6.iter().map(Prefix::to_string).collect();
            let message = format!("{} has no room for a /{SUBNET} of subnet {}", shown.join(", "), need.name);
            SizingError::new("space", message)
        })?;
        subnets.push(SixSubnet { name: need.name.clone(), prefix: placed.prefix });
    }
    let mut six =
        SixDesign { address_space: ground.spaces_v6.clone(), subnets, pod_cidr: None, service_cidr: None };
    if mode.is_some_and(|mode| mode.model().has_pod_cidr()) {
        let used = space.union(&taken);
        let pods = outside(DEFAULT, SUBNET, &used)?;
        let used = used.union(&[pods].iter().collect());
        six.service_cidr = Some(outside(DEFAULT + (1 << 64), SERVICES, &used)?);
        six.pod_cidr = Some(pods);
    }
    Ok(Some(six))
}

/// A range that touches nothing that is used: the usual one, else of the first /64 that is free.
fn outside(usual: u128, length: u8, used: &CidrSet) -> Result<Prefix, SizingError> {
    let usual = Prefix::new(Family::V6, usual, length);
    if !used.overlaps(&usual) {
        return Ok(usual);
    }
    let local: CidrSet = [Prefix::new(Family::V6, LOCAL.0, LOCAL.1)].iter().collect();
    let free = local.difference(used).free_block(Family::V6, SUBNET);
    let free =
        free.ok_or_else(|| SizingError::new("space", "no range of fd00::/8 is free for the cluster"))?;
    Ok(Prefix::new(Family::V6, free.first(), length))
}
