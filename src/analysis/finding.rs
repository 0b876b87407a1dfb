//! The finding: one thing a person should know, with its place, its reason and its remedy.

use std::borrow::Cow;

use crate::terraform::source::Span;
use crate::terraform::value::Str;

/// How much a finding matters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Advice.
    Info,
    /// Hygiene.
    Low,
    /// Hardening that limits damage, or a likely outage later.
    Medium,
    /// One more step to loss, or a certain outage on apply.
    High,
    /// Exposure or loss reachable without another mistake.
    Critical,
}

impl Severity {
    /// All of them, gravest first.
    pub const ALL: [Severity; 5] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

    /// The word for it, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::High => "high",
            Severity::Medium => "medium",
            Severity::Low => "low",
            Severity::Info => "info",
        }
    }

    /// One step less; advice stays advice.
    pub fn one_less(self) -> Severity {
        match self {
            Severity::Critical => Severity::High,
            Severity::High => Severity::Medium,
            Severity::Medium => Severity::Low,
            Severity::Low | Severity::Info => Severity::Info,
        }
    }

    /// The severity of a word.
    pub fn from_word(word: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// Which analysis found it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Facet {
    /// Declared against live.
    Drift,
    /// Addresses and SNAT ports.
    Network,
    /// Money.
    Cost,
    /// Rules.
    Security,
    /// What a change would do.
    Change,
}

/// Why a finding is not told: somebody decided so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
pub struct Suppressed {
    /// Where it was decided: `comment`, a comment of another tool (`checkov`, `trivy`, ...), or
    /// `trueup.toml`.
    pub by: &'static str,
    /// The reason given; empty when a comment of another tool gives none.
    pub reason: String,
    /// The last day on which it holds (`YYYY-MM-DD`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The comment.
    #[serde(skip)]
    pub span: Option<Span>,
}

/// The label of a further place of a finding: the argument that uses the value at fault.
pub const USED_HERE: &str = "used here";

/// One finding. Texts are plain sentences without markup; outputs escape them. What is the same in all findings of
/// a rule is not copied: there can be hundreds of thousands of them.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Stable id: `TU-AKS-001` for rules, `TU-IP-...` for addresses, and so on.
    pub code: Cow<'static, str>,
    /// Kebab-case name, such as `subnet-too-small-at-upgrade`.
    pub name: Cow<'static, str>,
    /// How much it matters.
    pub severity: Severity,
    /// Which analysis found it.
    pub facet: Facet,
    /// Terraform address of the resource, or the id of a live one.
    pub address: Str,
    /// One line: what is wrong.
    pub title: String,
    /// What follows from it, in the user's terms ("the 9th node cannot start").
    pub consequence: Cow<'static, str>,
    /// The arithmetic with the figures in it; empty when there is none.
    pub formula: String,
    /// What to do, best first.
    pub remedies: Vec<Cow<'static, str>>,
    /// The text to edit.
    pub span: Option<Span>,
    /// Further places with what they have to do with it ("used here", "this pool").
    pub because: Vec<(Span, String)>,
    /// Why the figure rests on an assumption or a dated table; empty otherwise.
    pub note: String,
}

impl Finding {
    /// The places of its text: what to edit, and the argument that uses it.
    pub fn places(&self) -> impl Iterator<Item = Span> {
        places(self.span, &self.because)
    }
}

/// The place of a value at fault, and of the argument that uses it.
pub fn places(span: Option<Span>, because: &[(Span, String)]) -> impl Iterator<Item = Span> {
    span.into_iter().chain(because.iter().filter(|(_, label)| label == USED_HERE).map(|(span, _)| *span))
}
