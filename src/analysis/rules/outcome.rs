//! What a rule says of one resource.

use std::borrow::Cow;

use super::{Meta, Truth, Verdicts};
use crate::analysis::finding::{Severity, Suppressed, USED_HERE};
use crate::azure::estate::{Document, Estate};
use crate::terraform::evaluation::Instance;
use crate::terraform::source::Span;
use crate::terraform::value::{Reason, Str, Value};

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
    NotApplicable(Cow<'static, str>),
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
            Verdict::Fail(t) | Verdict::Indeterminate(t) => t,
            Verdict::NotApplicable(t) => t,
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
    pub address: Str,
    /// The part that it is about, where a rule judges parts that other tools tell apart; empty otherwise.
    pub part: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// The rule's severity, unless the context changed it.
    pub severity: Severity,
    /// The text to edit: the attribute at fault, else the block that lacks it.
    pub span: Option<Span>,
    /// Further places.
    pub because: Vec<(Span, String)>,
    /// The date of the table that decided, or what was assumed; empty otherwise.
    pub note: String,
    /// The rule or analysis that tells a person of this failure instead: no finding of its own.
    pub told_by: Option<&'static str>,
    /// The rule whose verdict it compares: its profile holds, and what suppresses it.
    pub about: Option<&'static str>,
    /// Who decided that a failure is not told.
    pub suppressed: Option<Suppressed>,
    /// Undecided, but a failure for one of the values that it may have: the severity is that of the failure,
    /// one step less.
    pub possible: bool,
    /// The default of a module's variable that a failure comes from.
    pub default: Option<Default>,
}

/// The default of a module's variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Default {
    /// The module's folder in the checkout.
    pub module: String,
    /// The variable.
    pub variable: String,
    /// The call that leaves it as it is.
    pub call: Option<Span>,
}

impl Outcome {
    /// The word of the machine interface: that of the verdict, or `suppressed`.
    pub fn word(&self) -> &'static str {
        if self.is_failure() && self.suppressed.is_some() { "suppressed" } else { self.verdict.word() }
    }

    /// True when the rule fires, suppressed or not.
    pub fn is_failure(&self) -> bool {
        matches!(self.verdict, Verdict::Fail(_))
    }

    /// Sets the severity.
    pub fn severity(&mut self, severity: Severity) -> &mut Outcome {
        self.severity = severity;
        self
    }

    /// Names the part that it is about: it stays an outcome of its own.
    pub fn part(&mut self, part: &'static str) -> &mut Outcome {
        self.part = part;
        self
    }

    /// Sets the text to edit, where it is known.
    pub fn at(&mut self, span: Option<Span>) -> &mut Outcome {
        self.span = span.or(self.span);
        self
    }

    /// Adds to the note.
    pub(super) fn add_note(&mut self, text: &str) {
        if !self.note.is_empty() {
            self.note.push_str("; ");
        }
        self.note.push_str(text);
    }

    /// Sets the note: the date of a table, an assumption.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Outcome {
        self.note = note.into();
        self
    }

    /// Adds a further place, unless it is the place itself or unknown.
    pub fn because(&mut self, at: Option<Span>, text: impl Into<String>) -> &mut Outcome {
        if let Some(at) = at.filter(|at| Some(*at) != self.span) {
            self.because.push((at, text.into()));
        }
        self
    }
}

/// What an outcome is about: its address, and the block that declares it.
#[derive(Clone, Debug)]
pub struct Subject {
    address: Str,
    block: Option<Span>,
}

impl Subject {
    /// Something that is no resource: a variable, a provider.
    pub fn new(address: impl Into<Str>, block: Option<Span>) -> Subject {
        Subject { address: address.into(), block }
    }

    /// The block that declares it.
    pub fn block(&self) -> Option<Span> {
        self.block
    }
}

impl From<&Document> for Subject {
    fn from(document: &Document) -> Subject {
        Subject::new(document.shared_label(), document.declared.as_ref().map(|d| d.block))
    }
}

impl From<&Instance> for Subject {
    fn from(instance: &Instance) -> Subject {
        Subject::new(instance.address.to_string(), Some(instance.block))
    }
}

/// Collects the outcomes of one rule.
pub struct Outcomes<'a> {
    meta: &'a Meta,
    rule: &'static str,
    how: Collecting<'a>,
    into: &'a mut Verdicts,
    /// Where the rule begins in them.
    began: usize,
    /// The last one: whoever recorded it may say more of it until the next.
    last: Option<Outcome>,
}

/// How outcomes are collected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Collecting<'a> {
    /// What is judged.
    pub(super) estate: &'a Estate,
    /// A file could not be read, so a reference to nothing may be one into that file.
    pub(super) unread: bool,
    /// Passes and what does not apply are kept as well.
    pub(super) every: bool,
}

impl Drop for Outcomes<'_> {
    fn drop(&mut self) {
        self.keep();
    }
}

impl<'a> Outcomes<'a> {
    /// A collector for a rule.
    pub(super) fn new(meta: &'a Meta, how: Collecting<'a>, into: &'a mut Verdicts) -> Self {
        Outcomes { meta, rule: meta.id, how, began: into.begin(), into, last: None }
    }

    fn keep(&mut self) {
        match self.last.take() {
            Some(last) if !self.how.estate.is_of_another_root(&last.address) => {
                self.into.add(last, self.how.every, self.began);
            }
            Some(foreign) if foreign.is_failure() => self.into.beside.push(foreign),
            _ => {}
        }
    }

    /// Records a verdict. `at` is the value that decided, if there is one: its text is shown, and
    /// where it came from elsewhere (a variable), the attribute that uses it as well.
    pub fn record(
        &mut self,
        subject: impl Into<Subject>,
        at: Option<&Value>,
        verdict: Verdict,
    ) -> &mut Outcome {
        self.keep();
        let Subject { address, block } = subject.into();
        let origin = at.map(|v| &v.origin);
        let span = origin.and_then(|o| o.at).or(block);
        let mut because = Vec::new();
        if let Some(user) = origin.and_then(|o| o.via().last()).filter(|s| Some(**s) != span) {
            because.push((*user, USED_HERE.to_owned()));
        }
        let spoilt = at.and_then(Value::as_unknown).is_some_and(|u| u.reason == Reason::Failed);
        let verdict = match verdict {
            Verdict::Fail(_) if self.how.unread && spoilt => {
                Verdict::Indeterminate("it refers to what could not be read".to_owned())
            }
            verdict => verdict,
        };
        self.last.insert(Outcome {
            rule: self.rule,
            address,
            part: "",
            verdict,
            severity: self.meta.severity,
            span,
            because,
            note: String::new(),
            told_by: None,
            about: None,
            suppressed: None,
            possible: false,
            default: None,
        })
    }

    /// Records what follows from "is it as it should be?".
    pub fn judge(
        &mut self,
        subject: impl Into<Subject>,
        at: Option<&Value>,
        fine: Truth,
        wrong: impl Into<String>,
    ) -> &mut Outcome {
        let verdict = match fine {
            Truth::Yes => Verdict::Pass,
            Truth::No => Verdict::Fail(wrong.into()),
            Truth::Unknown(why) => Verdict::Indeterminate(why),
        };
        self.record(subject, at, verdict)
    }

    /// Records a failure.
    pub fn fail(
        &mut self,
        subject: impl Into<Subject>,
        at: Option<&Value>,
        wrong: impl Into<String>,
    ) -> &mut Outcome {
        self.record(subject, at, Verdict::Fail(wrong.into()))
    }

    /// Records that all is well.
    pub fn pass(&mut self, subject: impl Into<Subject>) -> &mut Outcome {
        self.record(subject, None, Verdict::Pass)
    }

    /// Records that an unknown decides.
    pub fn unknown(&mut self, subject: impl Into<Subject>, why: impl Into<String>) -> &mut Outcome {
        self.record(subject, None, Verdict::Indeterminate(why.into()))
    }

    /// Records that there is nothing to judge.
    pub fn skip(&mut self, subject: impl Into<Subject>, why: impl Into<Cow<'static, str>>) -> &mut Outcome {
        self.record(subject, None, Verdict::NotApplicable(why.into()))
    }
}
