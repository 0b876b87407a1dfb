//! Rules about what a change does: replacement, loss of data, weaker security.

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group { checks: &[], rows: &[] };
