//! Rules about Key Vault.

mod access_policies;
mod attributes;
mod audit;
mod expiry;
pub(super) mod networks;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[&access_policies::RULE, &audit::RULE, &expiry::RULE, &networks::RULE],
    rows: &[attributes::ROWS],
};
