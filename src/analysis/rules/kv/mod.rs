//! Rules about Key Vault.

mod access_policies;
mod admins;
mod attributes;
mod audit;
mod contents;
mod expiry;
mod keys;
mod names;
pub(super) mod networks;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &access_policies::BOTH_KINDS,
        &access_policies::IGNORED,
        &access_policies::PURGE,
        &access_policies::RULE,
        &admins::RULE,
        &audit::RULE,
        &contents::EXPORTABLE,
        &expiry::RULE,
        &names::RULE,
        &networks::BYPASS,
        &networks::NO_ENDPOINT,
        &networks::RULE,
        &networks::TOO_BROAD,
    ],
    rows: &[attributes::ROWS, contents::ROWS, keys::ROWS],
};
