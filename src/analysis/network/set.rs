//! Sets of addresses as sorted, disjoint ranges: union, difference, and the free blocks between them.

use super::prefix::{Family, Prefix};

/// A closed range of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    family: Family,
    first: u128,
    last: u128,
}

impl From<&Prefix> for Range {
    fn from(p: &Prefix) -> Range {
        Range { family: p.family(), first: p.first(), last: p.last() }
    }
}

/// A set of addresses of both families. Ranges are sorted, disjoint and not adjacent, so equal sets
/// are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CidrSet(Vec<Range>);

impl<'a> FromIterator<&'a Prefix> for CidrSet {
    fn from_iter<I: IntoIterator<Item = &'a Prefix>>(prefixes: I) -> CidrSet {
        CidrSet::normal(prefixes.into_iter().map(Range::from).collect())
    }
}

impl CidrSet {
    fn normal(mut ranges: Vec<Range>) -> CidrSet {
        ranges.sort_unstable();
        let mut out: Vec<Range> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match out.last_mut() {
                Some(before)
                    if before.family == range.family && range.first <= before.last.saturating_add(1) =>
                {
                    before.last = before.last.max(range.last);
                }
                _ => out.push(range),
            }
        }
        CidrSet(out)
    }

    /// True when no address is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Addresses of either set.
    pub fn union(&self, other: &CidrSet) -> CidrSet {
        CidrSet::normal(self.0.iter().chain(&other.0).copied().collect())
    }

    /// Addresses of this set that are not in the other.
    pub fn difference(&self, other: &CidrSet) -> CidrSet {
        let mut out = Vec::new();
        let mut cuts = other.0.iter().peekable();
        for range in &self.0 {
            let mut rest = Some(*range);
            while let (Some(left), Some(cut)) = (rest, cuts.peek()) {
                if (cut.family, cut.last) < (left.family, left.first) {
                    cuts.next();
                    continue;
                }
                if (cut.family, cut.first) > (left.family, left.last) {
                    break;
                }
                if cut.first > left.first {
                    out.push(Range { last: cut.first - 1, ..left });
                }
                // The cut may reach into the next range: keep it unless it ends inside this one.
                rest = (cut.last < left.last).then(|| Range { first: cut.last + 1, ..left });
                if rest.is_some() {
                    cuts.next();
                }
            }
            out.extend(rest);
        }
        CidrSet(out)
    }

    /// True when every address of the prefix is in the set.
    pub fn contains(&self, prefix: &Prefix) -> bool {
        let want = Range::from(prefix);
        let at = self.0.partition_point(|r| (r.family, r.first) <= (want.family, want.first));
        at.checked_sub(1)
            .and_then(|i| self.0.get(i))
            .is_some_and(|r| r.family == want.family && want.last <= r.last)
    }

    /// True when some address of the prefix is in the set.
    pub fn overlaps(&self, prefix: &Prefix) -> bool {
        let want = Range::from(prefix);
        let at = self.0.partition_point(|r| (r.family, r.last) < (want.family, want.first));
        self.0.get(at).is_some_and(|r| r.family == want.family && r.first <= want.last)
    }

    /// The fewest prefixes that make up the set, in order.
    pub fn prefixes(&self) -> Vec<Prefix> {
        self.0.iter().flat_map(|r| blocks(*r)).collect()
    }

    /// The first free prefix of `length` bits inside the set, aligned as CIDR demands. A tighter gap
    /// comes before a wider one, so that large free blocks stay whole.
    pub fn free_block(&self, family: Family, length: u8) -> Option<Prefix> {
        self.prefixes()
            .into_iter()
            .filter(|p| p.family() == family && p.length() <= length)
            .max_by_key(|p| (p.length(), std::cmp::Reverse(p.first())))
            .map(|p| Prefix::new(family, p.first(), length))
    }
}

/// The CIDR blocks of one range: at each step the largest that is aligned and fits.
fn blocks(range: Range) -> Vec<Prefix> {
    let bits = range.family.bits();
    let mut out = Vec::new();
    let mut at = Some(range.first);
    while let Some(first) = at {
        let aligned = first.trailing_zeros().min(u32::from(bits)) as u8;
        let mut length = bits - aligned;
        let mut block = Prefix::new(range.family, first, length);
        while block.last() > range.last {
            length += 1;
            block = Prefix::new(range.family, first, length);
        }
        out.push(block);
        at = block.last().checked_add(1).filter(|next| *next <= range.last);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(texts: &[&str]) -> CidrSet {
        let prefixes: Vec<Prefix> = texts.iter().map(|t| t.parse().unwrap()).collect();
        prefixes.iter().collect()
    }

    fn shown(set: &CidrSet) -> Vec<String> {
        set.prefixes().iter().map(Prefix::to_string).collect()
    }

    #[test]
    fn neighbours_join_and_families_do_not() {
        assert_eq!(shown(&set(&["10.0.1.0/24", "10.0.0.0/24"])), ["10.0.0.0/23"]);
        assert_eq!(shown(&set(&["255.255.255.0/24", "::/120"])), ["255.255.255.0/24", "::/120"]);
        assert_eq!(shown(&set(&["0.0.0.0/0", "::/0"])), ["0.0.0.0/0", "::/0"]);
    }

    #[test]
    fn free_blocks_are_what_the_subnets_leave() {
        let free = set(&["10.0.0.0/16"]).difference(&set(&["10.0.0.0/24", "10.0.2.0/23", "10.1.0.0/16"]));
        assert_eq!(
            shown(&free),
            [
                "10.0.1.0/24",
                "10.0.4.0/22",
                "10.0.8.0/21",
                "10.0.16.0/20",
                "10.0.32.0/19",
                "10.0.64.0/18",
                "10.0.128.0/17"
            ]
        );
        let block = |length| free.free_block(Family::V4, length).map(|p| p.to_string());
        assert_eq!(block(24).as_deref(), Some("10.0.1.0/24"));
        assert_eq!(block(23).as_deref(), Some("10.0.4.0/23"));
        assert_eq!(block(16), None);
    }

    /// Prefixes in a small corner, so that they meet often.
    fn corner() -> impl Strategy<Value = Vec<Prefix>> {
        proptest::collection::vec((0u128..256, 24u8..=32, any::<bool>()), 0..12).prop_map(|items| {
            items
                .into_iter()
                .map(
                    |(a, l, v6)| {
                        if v6 { Prefix::new(Family::V6, a, l + 96) } else { Prefix::new(Family::V4, a, l) }
                    },
                )
                .collect()
        })
    }

    fn members(prefixes: &[Prefix], family: Family) -> Vec<bool> {
        (0..256u128)
            .map(|a| prefixes.iter().any(|p| p.family() == family && p.first() <= a && a <= p.last()))
            .collect()
    }

    proptest! {
        #[test]
        fn the_laws_of_sets_hold(a in corner(), b in corner(), probe in corner()) {
            let (sa, sb): (CidrSet, CidrSet) = (a.iter().collect(), b.iter().collect());
            let (union, minus) = (sa.union(&sb), sa.difference(&sb));
            for family in [Family::V4, Family::V6] {
                let (ma, mb) = (members(&a, family), members(&b, family));
                let (mu, mm) = (members(&union.prefixes(), family), members(&minus.prefixes(), family));
                for i in 0..256 {
                    prop_assert_eq!(mu[i], ma[i] || mb[i]);
                    prop_assert_eq!(mm[i], ma[i] && !mb[i]);
                }
                for p in probe.iter().filter(|p| p.family() == family) {
                    let inside: Vec<bool> = (p.first()..=p.last()).map(|i| ma[i as usize]).collect();
                    prop_assert_eq!(sa.contains(p), inside.iter().all(|m| *m));
                    prop_assert_eq!(sa.overlaps(p), inside.iter().any(|m| *m));
                }
            }
            prop_assert_eq!(minus.union(&sb), union);
            prop_assert!(sa.difference(&sa).is_empty());
        }
    }
}
