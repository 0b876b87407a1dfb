//! Rules about identities and roles.

pub(super) mod broad_roles;
mod cluster_identity;
mod federated_subject;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &broad_roles::CONTRIBUTOR,
        &broad_roles::OWNER,
        &cluster_identity::RULE,
        &federated_subject::RULE,
    ],
    rows: &[],
};
