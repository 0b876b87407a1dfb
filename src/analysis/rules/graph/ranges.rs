//! Sets of whole numbers as ranges: addresses, ports, protocols.

use smallvec::SmallVec;

/// The bounds of nothing.
pub(super) const EMPTY: (u128, u128) = (u128::MAX, 0);

/// A set of whole numbers as sorted, disjoint, inclusive ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(SmallVec<[(u128, u128); 1]>);

impl Ranges {
    /// One range.
    pub fn of(first: u128, last: u128) -> Ranges {
        Ranges((first <= last).then_some((first, last)).into_iter().collect())
    }

    /// The union of ranges.
    pub fn union_of(ranges: impl IntoIterator<Item = (u128, u128)>) -> Ranges {
        let mut ranges: SmallVec<[_; 4]> = ranges.into_iter().filter(|(a, b)| a <= b).collect();
        ranges.sort_unstable();
        let mut out: SmallVec<[(u128, u128); 1]> = SmallVec::new();
        for (first, last) in ranges {
            match out.last_mut() {
                Some(previous) if first <= previous.1.saturating_add(1) => previous.1 = previous.1.max(last),
                _ => out.push((first, last)),
            }
        }
        Ranges(out)
    }

    /// What is in either.
    pub fn or(&self, other: &Ranges) -> Ranges {
        Ranges::union_of(self.0.iter().chain(&other.0).copied())
    }

    /// What is in both.
    pub fn and(&self, other: &Ranges) -> Ranges {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut out = SmallVec::new();
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let (first, last) = (x.0.max(y.0), x.1.min(y.1));
            if first <= last {
                out.push((first, last));
            }
            if x.1 < y.1 {
                a.next()
            } else {
                b.next()
            };
        }
        Ranges(out)
    }

    /// What is in this one only.
    pub fn minus(&self, other: &Ranges) -> Ranges {
        let mut out = SmallVec::new();
        let mut cut = other.0.iter().peekable();
        for &(mut first, last) in &self.0 {
            while cut.peek().is_some_and(|c| c.1 < first) {
                cut.next();
            }
            let mut done = false;
            for c in cut.clone() {
                if c.0 > last {
                    break;
                }
                if c.0 > first {
                    out.push((first, c.0 - 1));
                }
                match c.1.checked_add(1) {
                    Some(next) if next <= last => first = next,
                    _ => {
                        done = true;
                        break;
                    }
                }
            }
            if !done {
                out.push((first, last));
            }
        }
        Ranges(out)
    }

    /// True when nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when all of the other is in it.
    pub fn covers(&self, other: &Ranges) -> bool {
        other.0.iter().all(|o| {
            // Ranges that touch are one, so each of the other lies in one of these or not at all.
            let at = self.0.partition_point(|s| s.1 < o.0);
            self.0.get(at).is_some_and(|s| s.0 <= o.0 && o.1 <= s.1)
        })
    }

    /// True when something is in both.
    pub fn meets(&self, other: &Ranges) -> bool {
        if let ([a], [b]) = (&*self.0, &*other.0) {
            return a.0 <= b.1 && b.0 <= a.1;
        }
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            if x.1 < y.0 {
                a.next();
            } else if y.1 < x.0 {
                b.next();
            } else {
                return true;
            }
        }
        false
    }

    /// How many numbers are in it.
    pub fn count(&self) -> u128 {
        self.0.iter().fold(0, |n: u128, (a, b)| n.saturating_add((b - a).saturating_add(1)))
    }

    /// The least and the greatest of it; an empty box when it is empty.
    pub fn bounds(&self) -> (u128, u128) {
        match (self.0.first(), self.0.last()) {
            (Some(first), Some(last)) => (first.0, last.1),
            _ => EMPTY,
        }
    }

    /// The ranges.
    pub fn iter(&self) -> impl Iterator<Item = (u128, u128)> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_obey_the_laws_of_sets() {
        let a = Ranges::union_of([(1, 5), (10, 20), (30, 30)]);
        let b = Ranges::union_of([(4, 12), (15, 15), (30, 40)]);
        assert_eq!(a.and(&b), Ranges::union_of([(4, 5), (10, 12), (15, 15), (30, 30)]));
        assert_eq!(a.minus(&b), Ranges::union_of([(1, 3), (13, 14), (16, 20)]));
        assert_eq!(a.minus(&b).or(&a.and(&b)), a);
        assert_eq!(a.count(), 17);
    }
}
