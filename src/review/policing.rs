//! Judging a root module by the policies of a team.

use serde_json::Value as Json;

use super::Subject;
use crate::analysis::changes::{self, Side};
use crate::analysis::finding::Finding;
use crate::analysis::policy::{Case, Fault, Judgement, Policies, PolicyFile};
use crate::azure::estate::Estate;

/// The policies of a run.
#[derive(Debug, Default)]
pub struct Policing {
    /// Their files.
    pub files: Vec<PolicyFile>,
    /// What they are, or what is wrong with them; nothing without a policy folder.
    pub policies: Option<Result<Policies, Fault>>,
    /// The plan as Terraform wrote it, when it stands for the code.
    pub plan: Option<Json>,
}

impl Policing {
    /// What the policies say of a root module, and what they print. With a base the plan is the one that
    /// follows on it. What is wrong with a policy becomes an error of the run.
    pub fn judge(&self, subject: &mut Subject, base: Option<&Subject>, live: Option<&Estate>) -> Judgement {
        let said = match &self.policies {
            None => return Judgement::default(),
            Some(Err(fault)) => Err(fault.clone()),
            Some(Ok(policies)) => {
                // The rest of the review reads the code as it stands.
                let was = subject.evaluation.changes.clone();
                if let Some(base) = base {
                    let old = Side { evaluation: &base.evaluation, estate: &base.estate };
                    changes::since(old, &mut subject.evaluation, &subject.estate);
                }
                let case = Case {
                    evaluation: &subject.evaluation,
                    estate: &subject.estate,
                    live,
                    plan: self.plan.as_ref(),
                };
                let said = policies.judge(case);
                subject.evaluation.changes = was;
                said
            }
        };
        said.unwrap_or_else(|fault| {
            let evaluation = &mut subject.evaluation;
            evaluation.diagnostics.push(fault.diagnostic(&self.files, &mut evaluation.sources));
            Judgement::default()
        })
    }

    /// What the policies say of a base, by itself; what is wrong with them is told of the change.
    pub(super) fn of_base(&self, base: &Subject) -> Vec<Finding> {
        let Some(Ok(policies)) = &self.policies else { return Vec::new() };
        let case = Case { evaluation: &base.evaluation, estate: &base.estate, live: None, plan: None };
        policies.judge(case).map(|judgement| judgement.findings).unwrap_or_default()
    }
}
