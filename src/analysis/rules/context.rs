//! What rules may look at.

use std::fmt;
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::Checkout;
use super::settings::Parameters;
use crate::analysis::changes::{DriftReport, ResourceChange};
use crate::analysis::network::NetworkReport;
use crate::azure::estate::Estate;
use crate::terraform::evaluation::{Evaluation, Instance};

/// What rules are run on: the estate, the evaluated code where there is one, and what it is compared with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The documents to judge.
    pub estate: &'a Estate,
    /// The evaluation they came from; `None` for a live estate.
    pub evaluation: Option<&'a Evaluation>,
    /// The instances of the code and of other root modules beside it; `None` where the evaluation's are all.
    pub instances: Option<&'a [Instance]>,
    /// The address analysis of the estate, where it was made already.
    pub network: Option<&'a NetworkReport>,
    /// The date for rules with dated tables (`YYYY-MM-DD`).
    pub today: &'a str,
    /// What there was before, for rules about changes.
    pub prior: Option<Prior<'a>>,
    /// What is live, for rules about what is live.
    pub live: Option<Live<'a>>,
    /// What a team sets for rules.
    pub parameters: &'a Parameters,
    /// What lies in the checkout beside the code; `None` where there is no checkout to look at.
    pub checkout: Option<&'a Checkout>,
    /// Other root modules of the checkout, which are not of production.
    pub siblings: &'a [Sibling],
    /// Keep passes and what does not apply as outcomes too, for those who print them: else only what is told
    /// is kept, and of the rest where it was said ([`Verdicts`](super::Verdicts)).
    pub every: bool,
}

/// For those who set nothing.
static NO_PARAMETERS: Parameters = Parameters::NONE;

/// Another root module of the checkout, which the rules that fail here judge as well.
#[derive(Clone)]
pub struct Sibling {
    /// Its folder in the checkout.
    pub dir: Utf8PathBuf,
    /// Evaluates it, once something fails that may pass there; nothing when it is of production too.
    pub read: Arc<dyn Fn() -> Option<(Evaluation, Estate)> + Send + Sync>,
}

impl fmt::Debug for Sibling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sibling").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// What an apply starts from (a state, a base, what is live), and what it does.
#[derive(Clone, Copy)]
pub struct Prior<'a> {
    /// What an apply does.
    pub changes: &'a [ResourceChange],
    /// The documents that there were.
    pub estate: &'a Estate,
    /// The evaluation they came from; `None` for what is live.
    pub evaluation: Option<&'a Evaluation>,
}

/// What is live, beside the code.
#[derive(Clone, Copy)]
pub struct Live<'a> {
    /// The live documents.
    pub estate: &'a Estate,
    /// How the declared estate differs from them.
    pub drift: &'a DriftReport,
}

impl<'a> Context<'a> {
    /// An estate by itself, compared with nothing.
    pub fn new(estate: &'a Estate, evaluation: Option<&'a Evaluation>, today: &'a str) -> Context<'a> {
        Context {
            estate,
            evaluation,
            instances: None,
            network: None,
            today,
            prior: None,
            live: None,
            parameters: &NO_PARAMETERS,
            checkout: None,
            siblings: &[],
            every: false,
        }
    }
}
