//! Rules about secrets in code and about what hides drift.

mod ignored_changes;
mod literal;
mod secrets;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group =
    Group { checks: &[&ignored_changes::RULE, &secrets::IN_CODE, &secrets::IN_VARIABLES], rows: &[] };
