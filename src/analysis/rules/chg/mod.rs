//! Rules about what a change does: replacement, loss of data, weaker security.
//!
//! They judge what an apply would do, given a state, a base or what is live; compared with nothing they
//! say nothing. An outcome is about a resource as it will be, at the text that changes it.

mod cluster;
mod destroys;
mod grants;
mod pools;
mod reach;
mod upgrades;
mod vaults;
pub(super) mod weaker;
mod workloads;

use super::Group;
use super::Subject;
use super::graph::Graph;
use crate::analysis::changes::ResourceChange;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &destroys::REPLACED,
        &destroys::DESTROYED,
        &weaker::RULE,
        &reach::RULE,
        &grants::RULE,
        &upgrades::JUMP,
        &upgrades::ROOM,
        &workloads::BUDGETS,
        &workloads::APIS,
        &pools::ROTATION,
        &vaults::MODE,
        &cluster::LOCAL_ACCOUNTS,
        &cluster::OUTBOUND,
        &cluster::POLICY,
        &vaults::IRREVERSIBLE,
        &destroys::ASSIGNMENT,
        &upgrades::FREEZE,
    ],
    rows: &[],
};

/// What an outcome about a change is about; what goes away has no block any more.
fn subject(graph: &Graph<'_>, change: &ResourceChange) -> Subject {
    Subject::new(change.address.clone(), graph.instance(&change.address).map(|i| i.block))
}

/// An attribute path without indices: `default_node_pool[0].name` is `default_node_pool.name`.
fn plain(attribute: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in attribute.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}
