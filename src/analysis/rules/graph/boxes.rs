//! Which of thousands of rules may have something in common with one: an index over boxes.
//!
//! A tree over the boxes of each class, halved again and again in the middle of one side after the other, so
//! that a question walks only where its own box reaches, in the classes that it is about. Answers come in the
//! order of the rules and one at a time: whoever has enough after the third asks for no fourth.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::ops::Range;

/// How many parts of a tree a walk mostly keeps in mind.
const DEEP: usize = 16;
/// How many boxes a leaf holds.
const LEAF: usize = 8;

/// A box: the first and the last of it on each side, inclusive. The default is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds(pub(super) [(u128, u128); 3]);

impl Bounds {
    /// Around nothing.
    const EMPTY: Bounds = Bounds([(u128::MAX, 0); 3]);

    /// True when nothing can be in both.
    pub(super) fn apart(&self, other: &Bounds) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a.1 < b.0 || b.1 < a.0)
    }

    /// False when something of the other is certainly outside.
    pub(super) fn may_cover(&self, other: &Bounds) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a.0 <= b.0 && b.1 <= a.1)
    }

    fn with(mut self, other: &Bounds) -> Bounds {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a = (a.0.min(b.0), a.1.max(b.1));
        }
        self
    }

    fn middle(&self, side: usize) -> u128 {
        let (first, last) = self.0[side];
        first / 2 + last / 2
    }
}

/// Boxes by their number, from 0.
#[derive(Debug, Default)]
pub(super) struct Boxes {
    all: Vec<Bounds>,
    /// Numbers of boxes; each leaf has a stretch of them, least first.
    order: Vec<u32>,
    nodes: Vec<Node>,
    /// The root of each class.
    roots: Vec<(Class, u32)>,
}

/// What kind of thing a box is of: the direction and the action of a rule.
pub(super) type Class = (Option<bool>, Option<bool>);

#[derive(Debug)]
struct Node {
    bounds: Bounds,
    /// The least and the greatest number in it.
    numbers: (u32, u32),
    parts: Parts,
}

#[derive(Debug)]
enum Parts {
    Two(u32, u32),
    Leaf(Range<u32>),
}

impl Boxes {
    /// An index of boxes with their classes.
    pub(super) fn new(of: impl IntoIterator<Item = (Class, Bounds)>) -> Boxes {
        let (classes, all): (Vec<Class>, Vec<Bounds>) = of.into_iter().unzip();
        let mut order: Vec<u32> = (0..all.len() as u32).collect();
        order.sort_by_key(|n| classes[*n as usize]);
        let mut boxes = Boxes { all, ..Boxes::default() };
        let mut from = 0;
        for stretch in order.chunk_by_mut(|a, b| classes[*a as usize] == classes[*b as usize]) {
            let root = boxes.build(stretch, from, 0);
            boxes.roots.push((classes[stretch[0] as usize], root));
            from += stretch.len();
        }
        boxes.order = order;
        boxes
    }

    /// Makes the node of a stretch that begins at `from`; its number.
    fn build(&mut self, stretch: &mut [u32], from: usize, side: usize) -> u32 {
        let sides = (0..3).map(|step| (side + step) % 3);
        let node = if stretch.len() <= LEAF {
            stretch.sort_unstable();
            let bounds = stretch.iter().fold(Bounds::EMPTY, |all, n| all.with(&self.all[*n as usize]));
            let numbers = (stretch.first().copied().unwrap_or(0), stretch.last().copied().unwrap_or(0));
            let leaf = from as u32..(from + stretch.len()) as u32;
            Node { bounds, numbers, parts: Parts::Leaf(leaf) }
        } else {
            let all = &self.all;
            let middle = |n: u32, side: usize| all[n as usize].middle(side);
            // A side on which all lie alike tells nothing apart.
            let differs =
                |side: &usize| stretch.iter().any(|n| middle(*n, *side) != middle(stretch[0], *side));
            let side = sides.clone().find(differs).unwrap_or(side);
            let half = stretch.len() / 2;
            stretch.select_nth_unstable_by_key(half, |n| (middle(*n, side), *n));
            let (left, right) = stretch.split_at_mut(half);
            let left = self.build(left, from, (side + 1) % 3);
            let right = self.build(right, from + half, (side + 1) % 3);
            let [a, b] = [left, right].map(|n| &self.nodes[n as usize]);
            let numbers = (a.numbers.0.min(b.numbers.0), a.numbers.1.max(b.numbers.1));
            Node { bounds: a.bounds.with(&b.bounds), numbers, parts: Parts::Two(left, right) }
        };
        self.nodes.push(node);
        self.nodes.len() as u32 - 1
    }

    /// The numbers of a stretch, in the classes wanted, whose boxes are not apart from one, least first.
    pub(super) fn meeting(
        &self,
        bounds: Bounds,
        stretch: Range<usize>,
        wanted: impl Fn(Class) -> bool,
    ) -> Meeting<'_> {
        let mut found = Meeting { boxes: self, bounds, stretch, next: BinaryHeap::with_capacity(DEEP) };
        for (_, root) in self.roots.iter().filter(|(class, _)| wanted(*class)) {
            found.next.extend(found.node(*root));
        }
        found
    }
}

/// See [`Boxes::meeting`].
pub(super) struct Meeting<'b> {
    boxes: &'b Boxes,
    bounds: Bounds,
    stretch: Range<usize>,
    /// The least number that is still in something, and what that is.
    next: BinaryHeap<Next>,
}

type Next = Reverse<(u32, Ahead)>;

/// Where boxes are still to come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ahead {
    /// A node that was not looked into.
    Node(u32),
    /// A leaf, from a box that meets up to its end: places in the order of boxes.
    Leaf(u32, u32),
}

impl Meeting<'_> {
    /// A node, unless nothing of it meets.
    fn node(&self, at: u32) -> Option<Next> {
        let node = &self.boxes.nodes[at as usize];
        let outside = node.numbers.1 < self.stretch.start as u32 || node.numbers.0 >= self.stretch.end as u32;
        let meets = !outside && !node.bounds.apart(&self.bounds);
        meets.then_some(Reverse((node.numbers.0, Ahead::Node(at))))
    }

    /// The first box of a leaf, or of what is left of it, that meets.
    fn leaf(&self, leaf: Range<u32>) -> Option<Next> {
        let numbers = self.boxes.order.get(leaf.start as usize..leaf.end as usize)?;
        let meets = |number: &u32| {
            let at = *number as usize;
            self.stretch.contains(&at) && !self.boxes.all[at].apart(&self.bounds)
        };
        let step = numbers.iter().position(meets)?;
        Some(Reverse((numbers[step], Ahead::Leaf(leaf.start + step as u32, leaf.end))))
    }

    /// Puts what is next in the place of the first, or takes that away.
    fn replace(&mut self, next: Option<Next>) {
        let first = self.next.peek_mut();
        match (first, next) {
            (Some(mut first), Some(next)) => *first = next,
            (Some(first), None) => drop(PeekMut::pop(first)),
            (None, _) => {}
        }
    }
}

impl Iterator for Meeting<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let boxes = self.boxes;
        loop {
            let Reverse((number, ahead)) = *self.next.peek()?;
            match ahead {
                Ahead::Node(node) => match &boxes.nodes[node as usize].parts {
                    Parts::Two(left, right) => {
                        let (left, right) = (self.node(*left), self.node(*right));
                        let (one, other) = if left.is_some() { (left, right) } else { (right, None) };
                        self.replace(one);
                        self.next.extend(other);
                    }
                    Parts::Leaf(leaf) => self.replace(self.leaf(leaf.clone())),
                },
                Ahead::Leaf(at, end) => {
                    self.replace(self.leaf(at + 1..end));
                    return Some(number as usize);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn boxes() -> impl Strategy<Value = Bounds> {
        // Few values, so that many touch; now and then all there is, as `*` is.
        let side = prop_oneof![
            4 => (0..40_u128, 0..6_u128).prop_map(|(first, more)| (first, first + more)),
            1 => Just((0, u128::MAX)),
            1 => Just((u128::MAX, 0)),
        ];
        prop::array::uniform3(side).prop_map(Bounds)
    }

    proptest! {
        #[test]
        fn it_finds_what_a_walk_over_all_finds(
            all in prop::collection::vec(((any::<Option<bool>>(), any::<Option<bool>>()), boxes()), 0..200),
            asked in boxes(),
            inbound in any::<Option<bool>>(),
            start in 0..200_usize,
            length in 0..200_usize,
        ) {
            let stretch = start.min(all.len())..(start + length).min(all.len());
            let wanted = |class: Class| inbound.is_none() || class.0 == inbound;
            let meets = |at: &usize| wanted(all[*at].0) && !all[*at].1.apart(&asked);
            let walked: Vec<usize> = stretch.clone().filter(meets).collect();
            let found: Vec<usize> = Boxes::new(all.clone()).meeting(asked, stretch, wanted).collect();
            prop_assert_eq!(found, walked);
        }
    }
}
