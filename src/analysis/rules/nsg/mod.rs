//! Rules about network security rules, by what is in force.

mod exposure;
mod shadowed;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &exposure::ANY,
        &exposure::KUBERNETES,
        &exposure::RDP,
        &exposure::SENSITIVE,
        &exposure::SSH,
        &shadowed::RULE,
    ],
    rows: &[],
};
