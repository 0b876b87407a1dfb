//! Rules about logging and Defender.

mod alerts;
mod defender;
mod diagnostics;
mod flow_logs;
mod subscription;
mod watchers;
mod workspaces;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &alerts::RULE,
        &defender::ARM,
        &defender::CONTACT,
        &defender::CONTAINERS,
        &defender::LEGACY,
        &defender::OTHERS,
        &defender::VAULTS,
        &flow_logs::MISSING,
        &subscription::CATEGORIES,
        &subscription::CHANGES,
        &subscription::HEALTH,
        &subscription::NOT_EXPORTED,
        &watchers::RULE,
    ],
    rows: &[diagnostics::ROWS, flow_logs::ROWS, workspaces::ROWS],
};
