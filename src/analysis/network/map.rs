//! An address space as blocks in the order of addresses: what a picture of it shows.

use super::design::Design;
use super::estate::{Bound, NetworkReport, SubnetReport};
use super::prefix::Prefix;
use super::set::CidrSet;

/// A picture's contents.
#[derive(Clone, Debug)]
pub struct AddressMap {
    /// What it shows.
    pub title: String,
    /// One a prefix of a network.
    pub spaces: Vec<MapSpace>,
}

/// A prefix of a network.
#[derive(Clone, Debug)]
pub struct MapSpace {
    /// Whose it is.
    pub name: String,
    /// The prefix.
    pub prefix: Prefix,
    /// What is in it, by address.
    pub blocks: Vec<Block>,
}

/// A part of a space.
#[derive(Clone, Debug)]
pub struct Block {
    /// Where.
    pub prefix: Prefix,
    /// What it is.
    pub name: String,
    /// Figures of a subnet; `None` for a range that is taken.
    pub subnet: Option<Figures>,
}

/// Figures of a subnet.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Addresses for use.
    pub capacity: Option<u64>,
    /// Addresses in use, and whether there may be more.
    pub used: Option<(u64, bool)>,
    /// Needed as declared.
    pub steady: u64,
    /// At the autoscaler's maximum.
    pub max: u64,
    /// At the peak of an upgrade.
    pub peak: u64,
    /// How good the three are.
    pub bound: Bound,
    /// What fails first; empty when nothing does.
    pub failure: String,
}

/// A part of a subnet's bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it stands for.
    pub kind: PartKind,
    /// Its first address, counted from 0.
    pub from: u64,
    /// The address behind its last one.
    pub to: u64,
}

/// What a part of a bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Needed at the autoscaler's maximum.
    Needed,
    /// Needed beyond that during an upgrade.
    Surge,
    /// Needed and not there.
    Missing,
}

impl Figures {
    /// What the whole length of the bar stands for: what the subnet has, or what it needs or holds if
    /// that is more; at least 1.
    pub fn whole(&self) -> u64 {
        let used = self.used.map_or(0, |(used, _)| used);
        self.capacity.unwrap_or(0).max(self.peak).max(used).max(1)
    }

    /// The parts of the bar that are not empty, from its start.
    pub fn parts(&self) -> Vec<Part> {
        let capacity = self.capacity.unwrap_or(self.peak);
        let (max, peak) = (self.max.min(capacity), self.peak.min(capacity));
        let parts = [
            Part { kind: PartKind::Needed, from: 0, to: max },
            Part { kind: PartKind::Surge, from: max, to: peak },
            Part { kind: PartKind::Missing, from: capacity, to: self.peak },
        ];
        parts.into_iter().filter(|p| p.to > p.from).collect()
    }
}

impl AddressMap {
    /// Every text of it, to be changed in place: names, titles and failures come from the code.
    pub fn texts(&mut self, change: impl Fn(&str) -> String) {
        let spaces = self.spaces.iter_mut();
        self.title = change(&self.title);
        for space in spaces {
            space.name = change(&space.name);
            for block in &mut space.blocks {
                block.name = change(&block.name);
                if let Some(figures) = &mut block.subnet {
                    figures.failure = change(&figures.failure);
                }
            }
        }
    }
}

impl MapSpace {
    /// Where a block begins in the space, and how many of its addresses it has; a block that reaches
    /// beyond the space is cut.
    pub fn cut(&self, block: &Block) -> (u128, u128) {
        let first = block.prefix.first().max(self.prefix.first());
        let last = block.prefix.last().min(self.prefix.last());
        (first - self.prefix.first(), last - first + 1)
    }

    /// All addresses of the space.
    pub fn addresses(&self) -> u128 {
        self.prefix.last() - self.prefix.first() + 1
    }

    fn new(name: &str, prefix: Prefix, mut blocks: Vec<Block>) -> MapSpace {
        blocks.retain(|b| prefix.overlaps(&b.prefix));
        blocks.sort_by(|a, b| (a.prefix, &a.name).cmp(&(b.prefix, &b.name)));
        MapSpace { name: name.to_owned(), prefix, blocks }
    }

    /// Addresses that no block has.
    pub fn free(&self) -> u128 {
        let space: CidrSet = [self.prefix].iter().collect();
        let blocks: CidrSet = self.blocks.iter().map(|b| &b.prefix).collect();
        let free = space.difference(&blocks).prefixes();
        free.iter().map(|p| p.last() - p.first() + 1).fold(0, u128::saturating_add)
    }
}

/// The map of a design.
pub fn of_design(design: &Design) -> AddressMap {
    let subnets = design.subnets.iter().map(|s| Block {
        prefix: s.prefix,
        name: s.name.clone(),
        subnet: Some(Figures {
            capacity: Some(s.capacity),
            used: None,
            steady: s.steady,
            max: s.autoscaler_max,
            peak: s.upgrade_peak,
            bound: Bound::Exact,
            failure: match s.free_at_peak {
                free if free < 0 => format!("{} addresses are missing at the peak", -free),
                _ => String::new(),
            },
        }),
    });
    let taken = design.taken.iter().map(|t| Block { prefix: t.prefix, name: t.by.clone(), subnet: None });
    let blocks: Vec<Block> = subnets.chain(taken).collect();
    let name = design.mode.map_or("network", |m| m.name());
    let spaces = design.address_space.iter().filter(|p| p.is_v4());
    AddressMap {
        title: "Address space".to_owned(),
        spaces: spaces.map(|p| MapSpace::new(name, *p, blocks.clone())).collect(),
    }
}

/// The map of all networks of a report. Subnets whose network is not declared are shown in a space
/// of their own.
pub fn of_report(report: &NetworkReport) -> AddressMap {
    let mut spaces = Vec::new();
    let mut networks: Vec<&str> = Vec::new();
    let blocks = |s: &SubnetReport| -> Vec<Block> {
        let prefixes = s.prefixes.iter().filter_map(|p| p.parse::<Prefix>().ok()).filter(Prefix::is_v4);
        prefixes.map(|prefix| Block { prefix, name: s.name.clone(), subnet: Some(figures(s)) }).collect()
    };
    for vnet in &report.virtual_networks {
        networks.push(&vnet.name);
        let own = report.subnets.iter().filter(|s| s.virtual_network == vnet.name);
        let undeclared = vnet.undeclared.iter().flat_map(|u| {
            let prefixes = u.prefixes.iter().filter_map(|p| p.parse::<Prefix>().ok()).filter(Prefix::is_v4);
            let name = format!("{} (only in Azure)", u.name);
            prefixes.map(move |prefix| Block { prefix, name: name.clone(), subnet: None })
        });
        let own: Vec<Block> = own.flat_map(blocks).chain(undeclared).collect();
        let prefixes = vnet.address_space.iter().filter_map(|p| p.parse::<Prefix>().ok());
        spaces.extend(prefixes.filter(Prefix::is_v4).map(|p| MapSpace::new(&vnet.name, p, own.clone())));
    }
    for subnet in report.subnets.iter().filter(|s| !networks.contains(&s.virtual_network.as_str())) {
        let own = blocks(subnet);
        spaces.extend(own.iter().map(|b| MapSpace::new(&subnet.virtual_network, b.prefix, own.clone())));
    }
    AddressMap { title: "Address spaces".to_owned(), spaces }
}

fn figures(subnet: &SubnetReport) -> Figures {
    Figures {
        capacity: subnet.capacity,
        used: subnet.live.as_ref().and_then(|l| Some((l.used?, l.bound == Bound::AtLeast))),
        steady: subnet.steady,
        max: subnet.autoscaler_max,
        peak: subnet.upgrade_peak,
        bound: subnet.bound,
        failure: subnet.consequence.clone(),
    }
}
