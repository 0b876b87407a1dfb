//! Rules about private endpoints and private DNS.

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group { checks: &[], rows: &[] };
