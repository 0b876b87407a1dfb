//! (rules to come)

use super::Rule;

/// The rules of this group.
pub(super) const RULES: &[&dyn Rule] = &[];
