//! Rules about secrets in code, about providers and modules, and about what hides drift.

mod backends;
mod cluster_credentials;
mod deprecated;
mod features;
mod governance;
mod ignored_changes;
mod literal;
mod locks;
mod modules;
mod names;
mod provider_pins;
mod provider_versions;
mod providers;
mod provisioners;
pub(super) mod secrets;
mod state_files;
mod transport;
mod values;
mod variables;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &backends::RULE,
        &cluster_credentials::IN_OUTPUT,
        &cluster_credentials::IN_PROVIDER,
        &cluster_credentials::WRITTEN,
        &deprecated::RULE,
        &features::DELETES_FULL_GROUPS,
        &features::PURGES,
        &governance::NAME,
        &governance::REGION,
        &governance::TAGS,
        &ignored_changes::RULE,
        &locks::RULE,
        &modules::RULE,
        &names::RULE,
        &provider_pins::RULE,
        &provider_versions::OLD_MAJOR,
        &provider_versions::VAULT_API,
        &providers::RULE,
        &provisioners::RULE,
        &secrets::IN_CODE,
        &secrets::IN_VARIABLES,
        &state_files::RULE,
        &transport::RULE,
        &values::RULE,
        &variables::RULE,
    ],
    rows: &[],
};

/// A cluster with a Terraform provider that signs in with an attribute of it, or something else beside it.
macro_rules! beside_cluster {
    ($more:literal) => {
        concat!($crate::analysis::rules::example::cluster!(), "\n", $more)
    };
}

use beside_cluster;
