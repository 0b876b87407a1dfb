//! Rules about virtual networks and subnets.

mod subnet_capacity;
mod subnet_filter;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group { checks: &[&subnet_capacity::RULE, &subnet_filter::RULE], rows: &[] };
