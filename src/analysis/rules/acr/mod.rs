//! Rules about container registries.

mod attributes;
pub(super) mod networks;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group { checks: &[&networks::RULE], rows: &[attributes::ROWS] };
