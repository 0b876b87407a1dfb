//! What a rule says of one resource.

use super::{Meta, Truth};
use crate::analysis::finding::Severity;
use crate::azure::estate::Document;
use crate::terraform::source::Span;
use crate::terraform::value::Value;

/// The four verdicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The rule fires; the text says what it saw.
    Fail(String),
    /// All is well.
    Pass,
    /// An unknown decides; the text says which.
    Indeterminate(String),
    /// There is nothing to judge; the text says why.
    NotApplicable(String),
}

impl Verdict {
    /// The word of the machine interface.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Fail(_) => "fail",
            Verdict::Pass => "pass",
            Verdict::Indeterminate(_) => "indeterminate",
            Verdict::NotApplicable(_) => "not_applicable",
        }
    }

    /// What the rule saw.
    pub fn text(&self) -> &str {
        match self {
            Verdict::Fail(t) | Verdict::Indeterminate(t) | Verdict::NotApplicable(t) => t,
            Verdict::Pass => "",
        }
    }
}

/// What a rule says of one resource.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The rule's id.
    pub rule: &'static str,
    /// Terraform address, or the id of a live resource.
    pub address: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The rule's severity, unless the context changed it.
    pub severity: Severity,
    /// The text to edit: the attribute at fault, else the block that lacks it.
    pub span: Option<Span>,
    /// Further places.
    pub because: Vec<(Span, String)>,
}

/// Collects the outcomes of one rule.
pub struct Outcomes<'a> {
    meta: &'a Meta,
    found: &'a mut Vec<Outcome>,
}

impl<'a> Outcomes<'a> {
    /// A collector for a rule.
    pub(super) fn new(meta: &'a Meta, found: &'a mut Vec<Outcome>, rule: &'static str) -> Self {
        debug_assert_eq!(meta.id, rule);
        Outcomes { meta, found }
    }

    /// Records a verdict. `at` is the value that decided, if there is one: its text is shown, and
    /// where it came from elsewhere (a variable), the attribute that uses it as well.
    pub fn record(&mut self, document: &Document, at: Option<&Value>, verdict: Verdict) -> &mut Outcome {
        let block = document.declared.as_ref().map(|d| d.block);
        let origin = at.map(|v| &v.origin);
        let span = origin.and_then(|o| o.at).or(block);
        let mut because = Vec::new();
        if let Some(user) = origin.and_then(|o| o.via().last()).filter(|s| Some(**s) != span) {
            because.push((*user, "used here".to_owned()));
        }
        self.found.push(Outcome {
            rule: self.meta.id,
            address: document.label(),
            verdict,
            severity: self.meta.severity,
            span,
            because,
        });
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// Records what follows from "is it as it should be?".
    pub fn judge(&mut self, document: &Document, at: Option<&Value>, fine: Truth, wrong: impl Into<String>) {
        let verdict = match fine {
            Truth::Yes => Verdict::Pass,
            Truth::No => Verdict::Fail(wrong.into()),
            Truth::Unknown(why) => Verdict::Indeterminate(why),
        };
        self.record(document, at, verdict);
    }
}
