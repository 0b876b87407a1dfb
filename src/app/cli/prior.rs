//! What an apply starts from: a state, the base of a change, or what is live. Each gives the same changes.

use super::load::Loaded;
use crate::analysis::changes::{self, ResourceChange, Side};
use crate::analysis::rules;
use crate::azure::estate::Estate;
use crate::review::Subject;

/// What there was before.
pub(super) enum Prior {
    /// A state, which the evaluation has followed already.
    State,
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
    /// What rules about changes compare a subject with; `state` is the estate of the state.
    pub(super) fn rules<'a>(
        &'a self,
        changes: &'a Changes,
        state: Option<&'a Subject>,
    ) -> Option<rules::Prior<'a>> {
        let (estate, evaluation) = match self {
            Prior::State => state.map(|s| (&s.estate, Some(&s.evaluation)))?,
            Prior::Base(base) => (&base.estate, Some(&base.evaluation)),
            Prior::Live(live) => (&**live, None),
        };
        Some(rules::Prior { changes: &changes.resources, estate, evaluation })
    }

    /// The changes of a subject, which are written into its evaluation as well, for its plan.
    pub(super) fn changes(&self, subject: &mut Subject) -> Changes {
        match self {
            Prior::State => Changes { resources: changes::planned(&subject.evaluation), complete: true },
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
        let options = loaded.base(base)?;
        return Ok(Some(Prior::Base(Box::new(loaded.subject_of_base(&options)))));
    }
    if loaded.options.prior.is_some() {
        return Ok(Some(Prior::State));
    }
    Ok(live.map(|live| Prior::Live(Box::new(live))))
}
