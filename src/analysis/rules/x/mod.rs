//! Rules about how resources fit together.

mod cidr_overlap;
mod egress_route;
mod pipeline_to_owner;
mod private_path;
mod private_zone;
mod registry_pull;
pub(super) mod vault_access;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &cidr_overlap::RULE,
        &egress_route::RULE,
        &pipeline_to_owner::RULE,
        &private_path::RULE,
        &private_zone::RULE,
        &registry_pull::RULE,
        &vault_access::RULE,
    ],
    rows: &[],
};
