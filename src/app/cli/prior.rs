//! What an apply starts from: a state, the base of a change, what is live, or a state refreshed by what is live. Each
//! gives the same changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::beside;
use super::load::Loaded;
use crate::analysis::changes::{self, ResourceChange, Side};
use crate::analysis::rules;
use crate::azure::estate::Estate;
use crate::review::{Subject, refreshed};
use crate::terraform::address::Address;
use crate::terraform::input::PriorState;

/// What there was before.
pub(super) enum Prior {
    /// A state, which the evaluation has followed already.
    State,
    /// A state, refreshed by what is live.
    Refreshed {
        /// The state as an estate.
        state: Box<Subject>,
        /// What is live.
        live: Box<Estate>,
        /// What has to be made anew because of what is live.
        anew: BTreeSet<Address>,
    },
    /// The same root module at another revision, taken as applied.
    Base(Box<Subject>),
    /// What is live.
    Live(Box<Estate>),
}

/// What an apply would do.
pub(super) struct Changes {
    /// By action and address.
    pub(super) resources: Vec<ResourceChange>,
    /// False when something could not be compared.
    pub(super) complete: bool,
}

impl Prior {
    /// The code or the state that there was.
    pub(super) fn code(&mut self) -> Option<&mut Subject> {
        match self {
            Prior::Base(was) | Prior::Refreshed { state: was, .. } => Some(was),
            Prior::State | Prior::Live(_) => None,
        }
    }

    /// What rules about changes compare a subject with; `state` is the estate of the state.
    pub(super) fn rules<'a>(
        &'a self,
        changes: &'a Changes,
        state: Option<&'a Subject>,
    ) -> Option<rules::Prior<'a>> {
        let (estate, evaluation) = match self {
            Prior::State => state.map(|s| (s.seen(), Some(&s.evaluation)))?,
            Prior::Refreshed { state, .. } => (state.seen(), Some(&state.evaluation)),
            Prior::Base(base) => (base.seen(), Some(&base.evaluation)),
            Prior::Live(live) => (&**live, None),
        };
        Some(rules::Prior { changes: &changes.resources, estate, evaluation })
    }

    /// The changes of a subject, which are written into its evaluation as well, for its plan.
    pub(super) fn changes(&self, subject: &mut Subject) -> Changes {
        match self {
            Prior::State => Changes { resources: changes::planned(&subject.evaluation), complete: true },
            Prior::Refreshed { state, live, anew } => {
                let (code, estate) = (&mut subject.evaluation, &subject.estate);
                let refreshed = changes::refresh(code, estate, &state.estate, live, anew);
                let resources = changes::planned(&subject.evaluation);
                Changes { resources, complete: refreshed.report.complete }
            }
            Prior::Base(base) => {
                let old = Side { evaluation: &base.evaluation, estate: &base.estate };
                let resources = changes::since(old, &mut subject.evaluation, &subject.estate);
                refuse(subject, &resources);
                Changes { resources, complete: base.evaluation.is_complete() }
            }
            Prior::Live(live) => {
                let report = changes::drift(&subject.evaluation, &subject.estate, live);
                let resources = changes::from_live(&report, &subject.evaluation);
                let before = changes::live_values(&report);
                changes::record(&mut subject.evaluation, &resources, &before, &|_| None);
                refuse(subject, &resources);
                Changes { resources, complete: report.complete }
            }
        }
    }
}

/// `prevent_destroy` holds whatever tells what there was.
fn refuse(subject: &mut Subject, resources: &[ResourceChange]) {
    let refused = changes::prevented(resources, &subject.evaluation);
    subject.evaluation.diagnostics.extend(refused);
}

/// What the arguments say there was; nothing when they say nothing.
pub(super) fn prior(
    loaded: &mut Loaded,
    base: Option<&str>,
    live: Option<Estate>,
) -> Result<Option<Prior>, super::CommandError> {
    if let Some(base) = base {
        let mut options = loaded.base(base)?;
        beside::number_of_base(loaded, &mut options);
        return Ok(Some(Prior::Base(Box::new(loaded.subject_of_base(&options)))));
    }
    match (loaded.options.prior.clone(), live) {
        (Some(prior), Some(live)) => of_both(loaded, &prior, live).map(Some),
        (Some(_), None) => Ok(Some(Prior::State)),
        (None, live) => Ok(live.map(|live| Prior::Live(Box::new(live)))),
    }
}

/// A state and what is live.
fn of_both(loaded: &mut Loaded, prior: &PriorState, live: Estate) -> Result<Prior, super::CommandError> {
    let Some(state) = loaded.state()? else { return Ok(Prior::State) };
    let refreshed = refreshed(prior, &state, &live, |prior| {
        loaded.options.prior = Some(Arc::new(prior));
        loaded.subject()
    })?;
    loaded.options.prior = Some(Arc::new(refreshed.prior));
    Ok(Prior::Refreshed { state: Box::new(state), live: Box::new(live), anew: refreshed.anew })
}
