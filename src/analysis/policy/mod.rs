//! Policy as code: Rego policies over the plan and the estate, by the conventions of conftest.
//!
//! - `input` is the plan in Terraform's own representation (`trueup plan --format json`), sensitive values
//!   included, so that policies written for `terraform show -json` run unchanged.
//! - `data.trueup.estate` is the declared estate, `data.trueup.live` the live one when there is one
//!   ([`estate::document`]); the other members of `data` come from the JSON and YAML files beside the policies.
//! - rules named `deny`, `violation` or `warn`, or with a suffix such as `deny_public_ip`, give messages:
//!   strings, or objects with `msg` and metadata. `exception` gives lists of suffixes that do not hold.
//!
//! A policy reaches no network, no file and no clock, and its time is bounded ([`BUDGET`]).

// Without the engine the files are still read, so that what is wrong with them is said.
#![cfg_attr(not(feature = "rego"), allow(dead_code))]

#[cfg(not(feature = "rego"))]
#[path = "absent.rs"]
mod engine;
#[cfg(feature = "rego")]
mod engine;

#[cfg(feature = "rego")]
mod builtins;
mod estate;
mod fault;
mod files;
mod message;
#[cfg(feature = "rego")]
mod recursion;
#[cfg(feature = "rego")]
mod tokens;
#[cfg(feature = "rego")]
mod tolerant;

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::finding::Finding;
use crate::azure::estate::Estate;
use crate::terraform::evaluation::Evaluation;
use crate::terraform::plan::{self, Secrets};

pub use fault::Fault;
pub use files::PolicyFile;
use message::Addresses;

/// How long all rules together may take. It only ever turns a run into an error.
pub const BUDGET: Duration = Duration::from_secs(10);

/// Which packages are judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Namespaces {
    /// These, such as `main` or `terraform.tags`.
    Named(Vec<String>),
    /// All that have rules.
    All,
}

impl Default for Namespaces {
    fn default() -> Self {
        Namespaces::Named(vec!["main".to_owned()])
    }
}

/// How much the messages of a rule matter, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `deny`, `violation`
    Deny,
    /// `warn`
    Warn,
}

impl Kind {
    /// Of a rule's name; `None` for a helper. Suffixes are letters and digits between underscores.
    fn of(name: &str) -> Option<Kind> {
        let mut parts = name.split('_');
        let kind = match parts.next()? {
            "deny" | "violation" => Kind::Deny,
            "warn" => Kind::Warn,
            _ => return None,
        };
        parts.all(|p| !p.is_empty() && p.chars().all(|c| c.is_ascii_alphanumeric())).then_some(kind)
    }
}

/// A rule that gives messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RuleName {
    /// The package, without `data.`.
    namespace: String,
    /// The rule.
    name: String,
}

impl RuleName {
    /// The name by which `exception` means it: without `deny_`, `violation_` or `warn_`.
    fn excepted_as(&self) -> &str {
        let prefixes = ["deny_", "violation_", "warn_"];
        prefixes.into_iter().find_map(|p| self.name.strip_prefix(p)).unwrap_or(&self.name)
    }
}

/// Policies that were read and understood.
#[derive(Clone)]
pub struct Policies {
    engine: engine::Compiled,
    rules: Vec<RuleName>,
    budget: Duration,
}

impl std::fmt::Debug for Policies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policies").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The evaluation, with the changes that its plan tells.
    pub evaluation: &'a Evaluation,
    /// Its estate.
    pub estate: &'a Estate,
    /// What is live.
    pub live: Option<&'a Estate>,
    /// The plan as Terraform wrote it, when that is there; else it is made of the evaluation.
    pub plan: Option<&'a Json>,
}

/// What policies say.
#[derive(Debug, Default)]
pub struct Judgement {
    /// By code, address and message.
    pub findings: Vec<Finding>,
    /// What they print.
    pub prints: Vec<String>,
}

impl Policies {
    /// Reads policies and data. A namespace without rules is a fault: nothing would be judged.
    pub fn new(files: &[PolicyFile], namespaces: &Namespaces) -> Result<Policies, Fault> {
        let engine = engine::Compiled::new(files)?;
        let mut rules: Vec<RuleName> = engine.rules().to_vec();
        rules.sort();
        rules.dedup();
        let mut there: Vec<String> = rules.iter().map(|r| r.namespace.clone()).collect();
        there.dedup();
        let missing = match namespaces {
            Namespaces::All => there.is_empty().then(|| "any package".to_owned()),
            Namespaces::Named(names) => {
                let missing = names.iter().find(|n| !there.contains(n));
                rules.retain(|r| names.contains(&r.namespace));
                missing.map(|name| format!("package {name}"))
            }
        };
        if let Some(missing) = missing {
            let has = match there.as_slice() {
                [] => "no package has one".to_owned(),
                there => format!("there are some in {}, which --namespace names", there.join(", ")),
            };
            return Err(Fault::plain(format!("no rule named deny, violation or warn in {missing}: {has}")));
        }
        Ok(Policies { engine, rules, budget: BUDGET })
    }

    /// The same with another bound on their time than [`BUDGET`].
    pub fn within(self, budget: Duration) -> Policies {
        Policies { budget, ..self }
    }

    /// What the policies say about a root module.
    pub fn judge(&self, case: Case<'_>) -> Result<Judgement, Fault> {
        let made = case.plan.is_none().then(|| Json::Object(plan::to_json(case.evaluation, Secrets::Shown)));
        let input = case.plan.or(made.as_ref()).unwrap_or(&Json::Null);
        let mut own = serde_json::Map::new();
        own.insert("estate".to_owned(), estate::document(case.estate));
        if let Some(live) = case.live {
            own.insert("live".to_owned(), estate::document(live));
        }
        let mut run = self.engine.start(input, &json!({ "trueup": own }), self.budget)?;
        let addresses = Addresses::of(case.evaluation);
        let mut findings = Vec::new();
        for rule in &self.rules {
            if run.is_excepted(rule)? {
                continue;
            }
            let Some((value, file)) = run.value(rule)? else { continue };
            findings.extend(message::findings(rule, &value, &file, &addresses)?);
        }
        findings.sort_by(|a, b| (&a.code, &a.address, &a.title).cmp(&(&b.code, &b.address, &b.title)));
        Ok(Judgement { findings, prints: run.prints() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rules_are_those_of_conftest() {
        for name in ["deny", "deny_a", "violation_a_b2", "warn_X"] {
            assert!(Kind::of(name).is_some(), "{name}");
        }
        for name in ["denied", "deny_", "deny__a", "warning", "deny_a-b", "allow"] {
            assert!(Kind::of(name).is_none(), "{name}");
        }
        let of = |name: &str| RuleName { namespace: "main".into(), name: name.into() };
        assert_eq!([of("deny_a").excepted_as(), of("deny").excepted_as()], ["a", "deny"]);
    }
}
