//! What rules may look at.

use crate::analysis::network::NetworkReport;
use crate::azure::estate::Estate;
use crate::terraform::evaluation::Evaluation;

/// What rules are run on: the estate, and the evaluated code where there is one.
pub struct Context<'a> {
    /// The documents to judge.
    pub estate: &'a Estate,
    /// The evaluation they came from; `None` for a live estate.
    pub evaluation: Option<&'a Evaluation>,
    /// The address analysis of the estate, where it was made already.
    pub network: Option<&'a NetworkReport>,
    /// The date for rules with dated tables (`YYYY-MM-DD`).
    pub today: &'a str,
}
