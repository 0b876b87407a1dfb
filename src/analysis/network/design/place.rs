//! Where subnets and the ranges of a cluster go.

use super::needs::{self, Need};
use super::{Brief, ClusterSpace, Ground, Mode, first_v4};
use crate::analysis::network::allocate::{Placed, Request, allocate, largest};
use crate::analysis::network::model::NODE_BLOCK;
use crate::analysis::network::prefix::{Family, Prefix};
use crate::analysis::network::ranges;
use crate::analysis::network::set::CidrSet;
use crate::analysis::network::sizing::SizingError;

/// Subnets in their places.
#[derive(Clone, Debug)]
pub(super) struct Placement {
    pub(super) spaces: Vec<Prefix>,
    /// The space was not given.
    pub(super) proposed: bool,
    /// In the order of the needs.
    pub(super) subnets: Vec<Placed>,
    pub(super) free: CidrSet,
}

/// Places needs of these lengths; the error says which has no room, and what is free.
pub(super) fn place(needs: &[Need], lengths: &[u8], ground: &Ground) -> Result<Placement, String> {
    let requests: Vec<Request> =
        lengths.iter().map(|l| Request { family: Family::V4, length: *l, room: ground.room }).collect();
    let taken: CidrSet = ground.taken.iter().map(|t| &t.prefix).collect();
    if first_v4(&ground.spaces).is_none() {
        return propose(&requests, &taken).ok_or_else(|| {
            let total: u64 = lengths.iter().map(|l| 1u64 << (32 - l)).fold(0, u64::saturating_add);
            format!("no private range has room for a network of {total} addresses")
        });
    }
    let space: CidrSet = ground.spaces.iter().collect();
    let done = allocate(&space, &taken, &requests);
    let missing = needs.iter().zip(lengths).zip(&done.placed).find(|(_, p)| p.is_none());
    if let Some(((need, length), _)) = missing {
        let before = space.difference(&taken);
        let shown = ground.spaces.iter().map(Prefix::to_string).collect::<Vec<_>>().join(", ");
        let free = match largest(&before, Family::V4) {
            Some(block) => format!("the largest free block is {block}"),
            None => "nothing in it is free".to_owned(),
        };
        return Err(format!(
            "{shown} has no room for subnet {} (/{length}) beside the others: {free}",
            need.name
        ));
    }
    let subnets = done.placed.into_iter().flatten().collect();
    Ok(Placement { spaces: ground.spaces.clone(), proposed: false, subnets, free: done.free })
}

/// The private ranges in which a network is proposed, in this order.
const PRIVATE: [(u128, u8); 3] = [(10 << 24, 8), (172 << 24 | 16 << 16, 12), (192 << 24 | 168 << 16, 16)];

fn private() -> Vec<Prefix> {
    PRIVATE.iter().map(|(first, length)| Prefix::new(Family::V4, *first, *length)).collect()
}

/// What AKS keeps for itself, what no network may use, and the ranges that clusters have unless they
/// name others.
fn avoided() -> Vec<Prefix> {
    let mut out = ranges::aks_reserved();
    out.extend(ranges::vnet_forbidden());
    out.extend([ranges::default_pod_cidr(), ranges::default_service_cidr()]);
    out
}

/// The smallest network that holds all requests, in the first private range that has room for it.
fn propose(requests: &[Request], taken: &CidrSet) -> Option<Placement> {
    let none = CidrSet::default();
    let shortest = requests.iter().map(|r| r.length.saturating_sub(r.room)).min().unwrap_or(29);
    let holds = |length: &u8| {
        let space: CidrSet = [Prefix::new(Family::V4, 0, *length)].iter().collect();
        let done = allocate(&space, &none, requests);
        let with_room = |(p, r): (&Option<Placed>, &Request)| {
            p.is_some_and(|p| p.within.length() == r.length.saturating_sub(r.room))
        };
        done.placed.iter().zip(requests).all(with_room)
    };
    let length = (8..=shortest.clamp(8, 29)).rev().find(holds)?;
    let avoided: CidrSet = avoided().iter().collect();
    let free = |range: &Prefix| -> CidrSet {
        let range: CidrSet = [*range].iter().collect();
        range.difference(taken).difference(&avoided)
    };
    let space = private().iter().find_map(|range| free(range).free_block(Family::V4, length))?;
    let done = allocate(&[space].iter().collect(), &none, requests);
    let subnets: Vec<Placed> = done.placed.into_iter().flatten().collect();
    (subnets.len() == requests.len()).then(|| Placement {
        spaces: vec![space],
        proposed: true,
        subnets,
        free: done.free,
    })
}

/// A range for `length` bits that touches nothing that is used: the preferred one if it is free, else
/// the first block of the candidates.
fn outside(preferred: Prefix, length: u8, candidates: &[Prefix], used: &CidrSet) -> Option<Prefix> {
    if preferred.length() <= length && !used.overlaps(&preferred) {
        return Some(preferred);
    }
    candidates.iter().find_map(|range| {
        let range: CidrSet = [*range].iter().collect();
        range.difference(used).free_block(Family::V4, length)
    })
}

/// The pod CIDR and the service CIDR of a cluster beside its network.
pub(super) fn cluster_ranges(
    brief: &Brief,
    mode: Mode,
    placement: &Placement,
) -> Result<ClusterSpace, SizingError> {
    let taken = brief.ground.taken.iter().map(|t| t.prefix);
    let mut reserved = ranges::aks_reserved();
    reserved.extend(ranges::vnet_forbidden());
    let used: CidrSet =
        placement.spaces.iter().copied().chain(taken).chain(reserved).collect::<Vec<_>>().iter().collect();
    let none = |what: &str| SizingError::new("space", format!("no private range is free for the {what}"));
    let services =
        outside(ranges::default_service_cidr(), 20, &private(), &used).ok_or_else(|| none("service CIDR"))?;
    let used = used.union(&[services].iter().collect());
    let pods = match mode.model().has_pod_cidr() {
        true => {
            let length = pod_length(brief).ok_or_else(|| none("pod CIDR"))?;
            // RFC 6598 first: AKS takes it for pods (facts 4), and networks seldom use it.
            let shared = Prefix::new(Family::V4, 100 << 24 | 64 << 16, 10);
            let for_pods: Vec<Prefix> = std::iter::once(shared).chain(private()).collect();
            Some(
                outside(ranges::default_pod_cidr(), length, &for_pods, &used)
                    .ok_or_else(|| none("pod CIDR"))?,
            )
        }
        false => None,
    };
    let dns = Family::V4.address(services.first() + 10);
    Ok(ClusterSpace { pod_cidr: pods, service_cidr: services, dns_service_ip: dns.to_string() })
}

/// The longest pod CIDR with a /24 for each node at the peak, grown.
pub(super) fn pod_length(brief: &Brief) -> Option<u8> {
    let blocks = brief.ground.growth.of(needs::nodes(brief).peak);
    (0..=NODE_BLOCK).rev().find(|p| 1u64 << (NODE_BLOCK - p) >= blocks)
}
