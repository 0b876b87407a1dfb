//! Declared rules about clusters and node pools.

mod access;
mod add_ons;
mod network;
mod nodes;
mod upgrades;

use crate::analysis::rules::Attribute;

/// The tables.
pub(super) static TABLES: &[&[Attribute]] =
    &[access::ROWS, add_ons::ROWS, network::ROWS, nodes::ROWS, upgrades::ROWS];
