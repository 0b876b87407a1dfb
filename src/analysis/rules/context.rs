//! What rules may look at.

use crate::azure::estate::{Document, Estate};
use crate::azure::types;
use crate::terraform::evaluation::Evaluation;

/// What a rule may look at: the estate, and the evaluated code where there is one.
pub struct Context<'a> {
    /// The documents to judge.
    pub estate: &'a Estate,
    /// The evaluation they came from; `None` for a live estate.
    pub evaluation: Option<&'a Evaluation>,
    /// The date for rules with dated tables (`YYYY-MM-DD`).
    pub today: &'a str,
}

impl<'a> Context<'a> {
    /// Node pools of a cluster, the system pool of the cluster block first.
    pub fn pools(&self, cluster: &'a Document) -> impl Iterator<Item = &'a Document> {
        self.estate.children(&cluster.id, types::POOL)
    }
}
