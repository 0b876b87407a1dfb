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

impl MapSpace {
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
        let own: Vec<Block> = own.flat_map(blocks).collect();
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
