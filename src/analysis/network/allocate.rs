//! Places blocks in an address space, around what is taken.
//!
//! Largest first, each in the smallest free block that holds it, lowest address first: blocks of
//! powers of two placed in this order leave the fewest fragments and fail only when the space has no
//! room in any order. The same requests give the same places, whatever order free space is found in.

use std::collections::BTreeSet;

use super::prefix::{Family, Prefix};
use super::set::CidrSet;

/// A block that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// IP version.
    pub family: Family,
    /// Prefix length in bits.
    pub length: u8,
    /// Bits of room behind it: the block is the first of `2^room` of its size, the others stay free
    /// for it. Room is given where the space has it, never at the cost of another block.
    pub room: u8,
}

/// A block that was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The block.
    pub prefix: Prefix,
    /// The block and the room kept for it.
    pub within: Prefix,
}

/// What became of the requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// In the order of the requests; `None` where nothing holds one.
    pub placed: Vec<Option<Placed>>,
    /// What is left: neither taken, nor placed, nor room kept for a placed one.
    pub free: CidrSet,
}

impl Allocation {
    /// The largest free block of a family; the first when there are several.
    pub fn largest_free(&self, family: Family) -> Option<Prefix> {
        largest(&self.free, family)
    }
}

/// The largest block of a family in a set; the first when there are several.
pub fn largest(set: &CidrSet, family: Family) -> Option<Prefix> {
    set.prefixes().into_iter().filter(|p| p.family() == family).min_by_key(|p| (p.length(), p.first()))
}

/// Free blocks of one family by length.
struct Blocks {
    family: Family,
    by_length: Vec<BTreeSet<u128>>,
}

impl Blocks {
    fn new(family: Family, free: &[Prefix]) -> Blocks {
        let mut by_length = vec![BTreeSet::new(); usize::from(family.bits()) + 1];
        for prefix in free.iter().filter(|p| p.family() == family) {
            if let Some(set) = by_length.get_mut(usize::from(prefix.length())) {
                set.insert(prefix.first());
            }
        }
        Blocks { family, by_length }
    }

    /// The first block of `length` bits, out of the smallest free one that holds it.
    fn take(&mut self, length: u8) -> Option<Prefix> {
        let fits = (0..=length).rev();
        let (found, first) =
            fits.filter_map(|l| Some((l, *self.by_length.get(usize::from(l))?.first()?))).next()?;
        self.by_length.get_mut(usize::from(found))?.pop_first();
        // The block is the first part; the second half of every split stays free.
        for half in found + 1..=length {
            let second = first + (1u128 << (self.family.bits() - half));
            self.by_length.get_mut(usize::from(half))?.insert(second);
        }
        Some(Prefix::new(self.family, first, length))
    }
}

/// Places all requests in `space` around `taken`.
pub fn allocate(space: &CidrSet, taken: &CidrSet, requests: &[Request]) -> Allocation {
    let free = space.difference(taken);
    // Room for all, then for fewer and fewer bits, until what must be placed is placed.
    let most = requests.iter().map(|r| r.room).max().unwrap_or(0);
    let mut placed = attempt(&free, requests, most);
    for room in (0..most).rev() {
        if placed.iter().all(Option::is_some) {
            break;
        }
        placed = attempt(&free, requests, room);
    }
    let used: Vec<Prefix> = placed.iter().flatten().map(|p| p.within).collect();
    let free = free.difference(&used.iter().collect());
    Allocation { placed, free }
}

fn attempt(free: &CidrSet, requests: &[Request], most: u8) -> Vec<Option<Placed>> {
    let prefixes = free.prefixes();
    let mut blocks = [Blocks::new(Family::V4, &prefixes), Blocks::new(Family::V6, &prefixes)];
    let within = |r: &Request| r.length.min(r.family.bits()).saturating_sub(r.room.min(most));
    let mut order: Vec<usize> = (0..requests.len()).collect();
    order.sort_by_key(|i| requests.get(*i).map(&within));
    let mut placed = vec![None; requests.len()];
    for at in order {
        let Some(request) = requests.get(at) else { continue };
        let of_family = blocks.iter_mut().find(|b| b.family == request.family);
        if let (Some(slot), Some(block)) =
            (placed.get_mut(at), of_family.and_then(|b| b.take(within(request))))
        {
            let prefix = Prefix::new(request.family, block.first(), request.length);
            *slot = Some(Placed { prefix, within: block });
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(texts: &[&str]) -> CidrSet {
        let prefixes: Vec<Prefix> = texts.iter().map(|t| t.parse().unwrap()).collect();
        prefixes.iter().collect()
    }

    fn v4(length: u8, room: u8) -> Request {
        Request { family: Family::V4, length, room }
    }

    fn shown(allocation: &Allocation) -> Vec<String> {
        let one = |p: &Option<Placed>| p.map_or_else(|| "none".to_owned(), |p| p.prefix.to_string());
        allocation.placed.iter().map(one).collect()
    }

    #[test]
    fn blocks_fill_the_smallest_gaps_first() {
        let got = allocate(
            &set(&["10.0.0.0/16"]),
            &set(&["10.0.0.0/24", "10.0.2.0/23", "172.16.0.0/12"]),
            &[v4(24, 0), v4(22, 0), v4(26, 0), v4(20, 0), v4(26, 0)],
        );
        assert_eq!(
            shown(&got),
            ["10.0.1.0/24", "10.0.4.0/22", "10.0.8.0/26", "10.0.16.0/20", "10.0.8.64/26"]
        );
        assert_eq!(got.largest_free(Family::V4).unwrap().to_string(), "10.0.128.0/17");
        let full = allocate(&set(&["10.0.0.0/24"]), &CidrSet::default(), &[v4(23, 0), v4(24, 0)]);
        assert_eq!(shown(&full), ["none", "10.0.0.0/24"]);
    }

    #[test]
    fn room_is_given_where_there_is_some() {
        let space = set(&["10.0.0.0/23"]);
        let wide = allocate(&space, &CidrSet::default(), &[v4(25, 1), v4(26, 1)]);
        assert_eq!(shown(&wide), ["10.0.0.0/25", "10.0.1.0/26"]);
        assert_eq!(wide.placed[0].unwrap().within.to_string(), "10.0.0.0/24");
        let tight = allocate(&space, &CidrSet::default(), &[v4(24, 1), v4(24, 1)]);
        assert_eq!(shown(&tight), ["10.0.0.0/24", "10.0.1.0/24"]);
        assert!(tight.free.is_empty());
    }

    #[test]
    fn both_families_are_placed_apart() {
        let v6 = Request { family: Family::V6, length: 64, room: 0 };
        let got = allocate(&set(&["10.0.0.0/24", "fd00:1::/48"]), &set(&["fd00:1::/64"]), &[v6, v4(28, 0)]);
        assert_eq!(shown(&got), ["fd00:1:0:1::/64", "10.0.0.0/28"]);
    }

    #[test]
    fn thousands_of_subnets_take_no_time() {
        let space = set(&["10.0.0.0/8"]);
        let taken: Vec<Prefix> = (0..500u128)
            .map(|i| Prefix::new(Family::V4, (10 << 24) + i * 32_768, 20 + (i % 9) as u8))
            .collect();
        let requests: Vec<Request> = (0..2_000).map(|i| v4(21 + (i % 9) as u8, 0)).collect();
        let start = std::time::Instant::now();
        let got = allocate(&space, &taken.iter().collect(), &requests);
        let spent = start.elapsed();
        assert!(got.placed.iter().all(Option::is_some));
        println!("2,000 subnets around 500 taken ranges: {spent:?}");
        // The bound is that of the release build; an unoptimised one is given ten times as much.
        let bound = if cfg!(debug_assertions) { 500 } else { 50 };
        assert!(spent < std::time::Duration::from_millis(bound), "{spent:?}");
    }

    fn corner() -> impl Strategy<Value = Vec<Prefix>> {
        proptest::collection::vec((0u128..4096, 20u8..=32), 0..8)
            .prop_map(|v| v.into_iter().map(|(a, l)| Prefix::new(Family::V4, a, l)).collect())
    }

    proptest! {
        #[test]
        fn nothing_overlaps_and_no_address_is_lost(
            space in corner(), taken in corner(), wanted in proptest::collection::vec((22u8..=30, 0u8..3), 0..12),
        ) {
            let (space, taken): (CidrSet, CidrSet) = (space.iter().collect(), taken.iter().collect());
            let requests: Vec<Request> = wanted.iter().map(|(l, r)| v4(*l, *r)).collect();
            let got = allocate(&space, &taken, &requests);
            let within: Vec<Prefix> = got.placed.iter().flatten().map(|p| p.within).collect();
            for (request, placed) in requests.iter().zip(&got.placed) {
                let Some(placed) = placed else { continue };
                prop_assert_eq!(placed.prefix.length(), request.length);
                // Aligned: no host bits under its length, and inside what is kept for it.
                prop_assert_eq!(placed.prefix.first() % (1 << (32 - request.length)), 0);
                prop_assert!(placed.within.contains(&placed.prefix));
                prop_assert!(space.contains(&placed.within) && !taken.overlaps(&placed.within));
            }
            for (i, a) in within.iter().enumerate() {
                prop_assert!(within.iter().skip(i + 1).all(|b| !a.overlaps(b)));
            }
            // What is placed, what is free and what is taken make up the space again.
            let used: CidrSet = within.iter().collect();
            prop_assert!(within.iter().all(|p| !got.free.overlaps(p)));
            prop_assert_eq!(used.union(&got.free), space.difference(&taken));
            prop_assert_eq!(&allocate(&space, &taken, &requests), &got);
        }

        /// Where one is refused, the free space has no block of its size even before its smaller
        /// neighbours are placed.
        #[test]
        fn a_block_is_refused_only_when_the_larger_ones_leave_no_room(
            taken in corner(), lengths in proptest::collection::vec(21u8..=28, 1..40),
        ) {
            let space = set(&["0.0.0.0/20"]);
            let taken: CidrSet = taken.iter().collect();
            let requests: Vec<Request> = lengths.iter().map(|l| v4(*l, 0)).collect();
            let got = allocate(&space, &taken, &requests);
            let refused = requests.iter().zip(&got.placed).filter(|(_, p)| p.is_none()).map(|(r, _)| r.length);
            if let Some(length) = refused.min() {
                let larger: Vec<Prefix> =
                    got.placed.iter().flatten().map(|p| p.prefix).filter(|p| p.length() <= length).collect();
                let rest = space.difference(&taken).difference(&larger.iter().collect());
                let most: u64 = rest.prefixes().iter().map(|p| p.pieces(length)).sum();
                prop_assert_eq!(most, 0);
            }
        }
    }
}
