//! What security rules match: sets of packets by source, destination, protocol and ports.

use crate::analysis::rules::graph::addresses::{Addresses, Ranges, ports, protocols};
use crate::analysis::rules::graph::boxes::Bounds;

/// Most pieces that a rule is cut into by earlier ones; a rule cut into more counts as in force.
pub(super) const MAX_PIECES: usize = 64;
/// Most cuts by which it is told whether others cover a flow.
const MAX_CUTS: usize = 4_096;

/// A set of flows: the product of its parts.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Sources.
    pub sources: Addresses,
    /// Destinations.
    pub destinations: Addresses,
    /// Protocol numbers.
    pub protocols: Ranges,
    /// Source ports.
    pub source_ports: Ranges,
    /// Destination ports.
    pub ports: Ranges,
}

impl Flow {
    /// True when nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
            || self.destinations.is_empty()
            || self.protocols.is_empty()
            || self.source_ports.is_empty()
            || self.ports.is_empty()
    }

    /// What is in both.
    pub fn and(&self, other: &Flow) -> Flow {
        Flow {
            sources: self.sources.and(&other.sources),
            destinations: self.destinations.and(&other.destinations),
            protocols: self.protocols.and(&other.protocols),
            source_ports: self.source_ports.and(&other.source_ports),
            ports: self.ports.and(&other.ports),
        }
    }

    /// Adds what is in this one only, in disjoint pieces.
    pub(super) fn cut(self, other: &Flow, pieces: &mut Vec<Flow>) {
        if !self.meets(other) {
            pieces.push(self);
            return;
        }
        let mut rest = self;
        macro_rules! cut {
            ($part:ident) => {
                if !other.$part.covers(&rest.$part) {
                    pieces.push(Flow { $part: rest.$part.minus(&other.$part), ..rest.clone() });
                    rest.$part = rest.$part.and(&other.$part);
                }
            };
        }
        cut!(ports);
        cut!(sources);
        cut!(destinations);
        cut!(protocols);
        cut!(source_ports);
    }

    /// What is left of it when others are taken away.
    pub fn without<'f>(&self, others: impl IntoIterator<Item = &'f Flow>) -> Vec<Flow> {
        let (mut left, mut pieces) = (vec![self.clone()], Vec::new());
        left.retain(|f| !f.is_empty());
        for other in others {
            if left.is_empty() || left.len() > MAX_PIECES {
                break;
            }
            left.drain(..).for_each(|flow| flow.cut(other, &mut pieces));
            std::mem::swap(&mut left, &mut pieces);
        }
        left
    }

    /// True when all of the other is in it.
    pub fn covers(&self, other: &Flow) -> bool {
        other.is_empty()
            || self.ports.covers(&other.ports)
                && self.protocols.covers(&other.protocols)
                && self.source_ports.covers(&other.source_ports)
                && self.sources.covers(&other.sources)
                && self.destinations.covers(&other.destinations)
    }

    /// True when something is in both.
    pub fn meets(&self, other: &Flow) -> bool {
        self.ports.meets(&other.ports)
            && self.protocols.meets(&other.protocols)
            && self.source_ports.meets(&other.source_ports)
            && self.sources.meets(&other.sources)
            && self.destinations.meets(&other.destinations)
    }

    /// Everything.
    pub fn everything() -> Flow {
        Flow {
            sources: Addresses::all(),
            destinations: Addresses::all(),
            protocols: protocols("*"),
            source_ports: ports("*"),
            ports: ports("*"),
        }
    }

    /// Nothing.
    pub fn none() -> Flow {
        Flow {
            sources: Addresses::none(),
            destinations: Addresses::none(),
            protocols: Ranges::default(),
            source_ports: Ranges::default(),
            ports: Ranges::default(),
        }
    }

    /// The box around it.
    pub(super) fn bounds(&self) -> Bounds {
        Bounds([self.ports.bounds(), self.sources.bounds(), self.destinations.bounds()])
    }

    /// True when others together have all of it. False as well where that would take too many pieces to tell.
    pub fn is_covered<'f>(&self, others: impl IntoIterator<Item = &'f Flow>) -> bool {
        if self.is_empty() {
            return true;
        }
        // Mostly one has all of it, or too few have a part of it.
        let mut parts = Vec::new();
        for other in others {
            if other.covers(self) {
                return true;
            }
            if other.meets(self) {
                parts.push(other);
            }
        }
        if !Ranges::union_of(parts.iter().flat_map(|part| part.ports.iter())).covers(&self.ports) {
            return false;
        }
        // What is left over, and how many of the parts were taken from it. One piece after the other: what has
        // nothing in common with the rest of them ends it.
        let mut left = vec![(self.clone(), 0)];
        let (mut pieces, mut cuts) = (Vec::new(), 0);
        while let Some((flow, taken)) = left.pop() {
            let rest = parts.iter().enumerate().skip(taken);
            let Some((at, other)) = rest.into_iter().find(|(_, part)| part.meets(&flow)) else {
                return false;
            };
            flow.cut(other, &mut pieces);
            left.extend(pieces.drain(..).map(|piece| (piece, at + 1)));
            cuts += 1;
            if left.len() > MAX_PIECES || cuts > MAX_CUTS {
                return false;
            }
        }
        true
    }

    /// True for everything from everywhere.
    pub fn is_everything(&self) -> bool {
        self.sources.is_all()
            && self.destinations.is_all()
            && self.protocols.covers(&protocols("*"))
            && self.ports.covers(&ports("*"))
    }
}
