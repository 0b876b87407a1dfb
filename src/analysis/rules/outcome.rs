//! What a rule says of one resource.

use std::borrow::Cow;

use super::{Meta, Standing, Truth, Verdicts};
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
    pub suppressed: Option<Box<Suppressed>>,
    /// Undecided, but a failure for one of the values that it may have: the severity is that of the failure,
    /// one step less.
    pub possible: bool,
    /// The default of a module's variable that a failure comes from.
    pub default: Option<Box<Default>>,
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

/// What a rule may judge. The address is asked for in place: of most outcomes nobody reads it.
pub trait Addressed {
    /// Terraform address, or the id of a live resource.
    fn address(&self) -> Cow<'_, Str>;
    /// The block that declares it.
    fn block(&self) -> Option<Span>;
}

impl Addressed for Subject {
    fn address(&self) -> Cow<'_, Str> {
        Cow::Borrowed(&self.address)
    }

    fn block(&self) -> Option<Span> {
        self.block
    }
}

impl Addressed for &Document {
    fn address(&self) -> Cow<'_, Str> {
        Cow::Borrowed(self.shared_label())
    }

    fn block(&self) -> Option<Span> {
        self.declared.as_ref().map(|d| d.block)
    }
}

impl Addressed for &Instance {
    fn address(&self) -> Cow<'_, Str> {
        Cow::Owned(self.address.to_string().into())
    }

    fn block(&self) -> Option<Span> {
        Some(self.block)
    }
}

impl From<&Document> for Subject {
    fn from(document: &Document) -> Subject {
        Subject::new(document.address().into_owned(), document.block())
    }
}

impl From<&Instance> for Subject {
    fn from(instance: &Instance) -> Subject {
        Subject::new(instance.address().into_owned(), instance.block())
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
    last: Option<Last>,
}

/// An outcome that was recorded, still without its address.
struct Last {
    outcome: Outcome,
    /// The number of the address.
    number: usize,
    /// Another root module declares it.
    foreign: bool,
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
        let Some(last) = &self.last else { return };
        let told = if last.foreign {
            last.outcome.is_failure()
        } else {
            let standing = self.into.mark(&last.outcome, last.number, self.began);
            self.how.every || standing == Standing::Told
        };
        // Of those that say nothing the mark is all that stays, and it may be made again.
        if let Some(last) = self.last.take_if(|_| told) {
            self.into.tell(last.outcome, last.number, last.foreign);
        }
    }

    /// Records a verdict. `at` is the value that decided, if there is one: its text is shown, and
    /// where it came from elsewhere (a variable), the attribute that uses it as well.
    pub fn record(&mut self, subject: impl Addressed, at: Option<&Value>, verdict: Verdict) -> &mut Outcome {
        self.keep();
        let address = subject.address();
        let number = self.into.number(&address);
        let foreign = self.how.estate.is_of_another_root(&address);
        let origin = at.map(|v| &v.origin);
        let span = origin.and_then(|o| o.at).or_else(|| subject.block());
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
        let outcome = Outcome {
            rule: self.rule,
            // Set once it is kept: most are not, and each copy is counted.
            address: Str::default(),
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
        };
        &mut self.last.insert(Last { outcome, number, foreign }).outcome
    }

    /// Records what follows from "is it as it should be?".
    pub fn judge(
        &mut self,
        subject: impl Addressed,
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

    /// True when passes are kept as outcomes, so that somebody reads what is said of them.
    pub fn keeps_passes(&self) -> bool {
        self.how.every
    }

    /// Records a failure.
    pub fn fail(
        &mut self,
        subject: impl Addressed,
        at: Option<&Value>,
        wrong: impl Into<String>,
    ) -> &mut Outcome {
        self.record(subject, at, Verdict::Fail(wrong.into()))
    }

    /// Records that all is well.
    pub fn pass(&mut self, subject: impl Addressed) -> &mut Outcome {
        self.record(subject, None, Verdict::Pass)
    }

    /// Records that an unknown decides.
    pub fn unknown(&mut self, subject: impl Addressed, why: impl Into<String>) -> &mut Outcome {
        self.record(subject, None, Verdict::Indeterminate(why.into()))
    }

    /// Records that there is nothing to judge.
    pub fn skip(&mut self, subject: impl Addressed, why: impl Into<Cow<'static, str>>) -> &mut Outcome {
        self.record(subject, None, Verdict::NotApplicable(why.into()))
    }
}
