//! Rules about what is live: drift and what only Azure knows.

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group { checks: &[], rows: &[] };
