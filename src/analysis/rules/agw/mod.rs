//! Rules about application gateways and their WAF policies.

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group { checks: &[], rows: &[] };
