//! Rules about AKS clusters and node pools.

mod attributes;

use super::Rule;

/// The rules of this group.
pub(super) const RULES: &[&dyn Rule] = &[&attributes::LOCAL_ACCOUNTS];
