//! (rules to come)

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group { checks: &[], attributes: &[] };
