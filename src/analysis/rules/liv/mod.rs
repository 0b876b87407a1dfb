//! Rules about what is live: drift and what only Azure knows.
//!
//! They judge a live estate: what the code manages where code stands beside it, else all of it. An outcome
//! is told at the code that declares the resource, or at its id.

mod access;
mod attached;
mod drift;
mod health;
mod policies;
mod policy_rule;
mod quota;
mod versions;

use super::Group;
use super::graph::Graph;
use super::graph::before::Alive;
use crate::azure::estate::Document;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &drift::WEAKER,
        &access::SECURITY_RULES,
        &access::ROLES,
        &access::VAULTS,
        &versions::AHEAD,
        &versions::IMAGES,
        &health::CLUSTERS,
        &health::EXPIRY,
        &attached::ENDPOINTS,
        &attached::PEERINGS,
        &attached::RECORDS,
        &access::ORPHANS,
        &access::ADMINS,
        &attached::ADDRESSES,
        &health::ALERTS,
        &policies::RULE,
        &quota::RULE,
        &attached::LOCKS,
    ],
    rows: &[],
};

/// Live documents of a type that the code manages, or all of them where no code stands beside.
fn managed<'a>(live: &Graph<'a>, alive: &Alive<'a>, arm_type: &str) -> Vec<&'a Document> {
    let is_ours = |d: &&Document| alive.graph.is_none() || alive.declared(d).is_some();
    live.of_type(arm_type).filter(is_ours).collect()
}

/// True for what Azure keeps in a group that a cluster owns.
fn in_node_group(live: &Graph<'_>, document: &Document) -> bool {
    let group = document.id.resource_group().unwrap_or_default();
    live.of_type(crate::azure::types::CLUSTER)
        .any(|c| c.str("properties.nodeResourceGroup").is_some_and(|g| g.eq_ignore_ascii_case(group)))
}

/// The beginning of the ids in examples.
macro_rules! id {
    ($rest:literal) => {
        concat!(
            "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/",
            $rest
        )
    };
}
use id;
