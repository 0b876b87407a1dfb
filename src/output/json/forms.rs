//! What the machine interfaces are made of, beside what the analyses give. The schemas in `docs/schemas` are
//! made from the same types.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::analysis::changes::{DriftReport, ResourceChange};
use crate::analysis::cost::{CostDelta, CostReport};
use crate::analysis::finding::{Facet, Severity};
use crate::analysis::network::{NetworkReport, SubnetChange};
use crate::analysis::rules::{Entry, OutcomeJson, SuppressedJson};
use crate::review::baseline;
use crate::review::drift::{Decided, Imports, Patch, Since};
use crate::review::{Standing, Verdict};
use crate::terraform::diagnostic;
use crate::terraform::plan::Plan;
use crate::terraform::source::{Place, Position};
use crate::terraform::value::Str;

/// What a command prints: its body with the diagnostics of the code, or these alone when nothing could be
/// evaluated.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Answer<T> {
    /// What was asked for.
    Whole(Whole<T>),
    /// Nothing could be evaluated.
    Failed(Failed),
}

/// An answer with the diagnostics of the code.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Whole<T> {
    #[serde(flatten)]
    pub(super) body: T,
    /// What is wrong with the code, in Terraform's own form.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Why there is no answer.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Failed {
    /// What is wrong, in Terraform's own form.
    pub diagnostics: Vec<Diagnostic>,
}

/// A diagnostic in Terraform's own form.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: diagnostic::Severity,
    /// One line.
    pub summary: String,
    /// What is wrong and what would be right.
    pub detail: String,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Extent>,
}

/// A stretch of a file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Extent {
    /// The file as reports name it.
    pub filename: String,
    /// Where it begins.
    pub start: Position,
    /// The first place behind it.
    pub end: Position,
}

/// A finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// The rule or analysis: `TU-AKS-001`, `TU-IP-003`, `policy:main.deny`.
    pub code: Cow<'static, str>,
    /// Its name.
    pub name: Cow<'static, str>,
    /// How much it matters.
    pub severity: Severity,
    /// Which analysis it comes from.
    pub facet: Facet,
    /// Terraform address, or the id of a live resource; empty for none.
    pub address: Str,
    /// What is wrong.
    pub title: String,
    /// What follows from it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub consequence: Cow<'static, str>,
    /// How a figure was reckoned.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub formula: String,
    /// What to do.
    pub remedies: Vec<Cow<'static, str>>,
    /// The date of a table, an assumption.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The text to edit.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// Further places.
    pub because: Vec<Because>,
    /// How it stands to the base and the baseline, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// The argument in the resource, by which it is known again when lines move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A digest of code, address without instance keys, and path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Who decided that it is not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<HeldBy>,
}

/// A further place of a finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Because {
    /// Where.
    pub place: Place,
    /// What is there.
    pub label: String,
}

/// Who decided that a finding is not told.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HeldBy {
    #[serde(flatten)]
    pub(super) why: SuppressedJson,
    /// The change under review decides so; the base does not.
    pub new: bool,
}

/// What a baseline did.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Baseline<'a> {
    /// Its name.
    pub name: &'a str,
    /// How many findings it accepts.
    pub accepted: usize,
    /// Entries without a finding.
    pub fixed: &'a [baseline::Entry],
}

/// `trueup review`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Review<'a> {
    /// The root module as it was named.
    pub root: &'a str,
    /// The one word that it ends in.
    pub verdict: Verdict,
    /// True when all that was asked for was read and judged.
    pub complete: bool,
    /// What was not, in words.
    pub gaps: &'a [String],
    /// Other root modules whose resources rules and addresses were seen beside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
    /// What ends the run with status 2.
    pub gate: Vec<String>,
    /// Which of that holds.
    pub broken: Vec<String>,
    /// What is told, gravest first.
    pub findings: Vec<Finding>,
    /// What somebody decided not to be told.
    pub suppressed: Vec<Finding>,
    /// As `trueup plan` has it, sensitive values replaced.
    pub plan: Plan,
    /// As `trueup subnets` has it.
    pub network: &'a NetworkReport,
    /// As `trueup cost` has it.
    pub cost: &'a CostReport,
    /// Failures of the profile.
    pub security: Outcomes,
    /// Types of Azure that no analysis knows, with their number.
    pub untranslated: &'a BTreeMap<String, usize>,
    /// What the baseline did, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline<'a>>,
    /// As `trueup drift` has it, where something live was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift<'a>>,
    /// What the change does, where a base was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change<'a>>,
}

/// `trueup review` of several root modules.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reviews {
    /// The worst of all.
    pub verdict: Verdict,
    /// True when all that was asked for was read and judged.
    pub complete: bool,
    /// Settings of the gate that the change edits.
    pub settings: Vec<String>,
    /// The findings of all, each with its `root`.
    #[schemars(with = "Vec<Map<String, Value>>")]
    pub findings: Vec<Value>,
    /// Each as `trueup review` has it of one, with `why` it was looked at; `error` where it could not be,
    /// `removed` (resources) where it is gone.
    #[schemars(with = "Vec<Map<String, Value>>")]
    pub roots: Vec<Value>,
    /// Why some could not be looked at.
    pub diagnostics: Vec<Diagnostic>,
}

/// `trueup drift` of several root modules.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Drifts {
    /// True when all of them were read and compared as a whole.
    pub complete: bool,
    /// Each as `trueup drift` has it of one, with its `root`; `complete` is false and `diagnostics` says why where it
    /// could not be compared.
    #[schemars(with = "Vec<Map<String, Value>>")]
    pub roots: Vec<Value>,
}

/// Outcomes of rules.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Outcomes {
    /// By rule and address.
    pub outcomes: Vec<OutcomeJson>,
}

/// What a change does to its base.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Change<'a> {
    /// The base as it was named.
    pub base: &'a str,
    /// Resources that an apply would touch.
    pub resources: &'a [ResourceChange],
    /// Money.
    pub cost: &'a CostDelta,
    /// Addresses before.
    pub network_before: &'a NetworkReport,
    /// Subnets before and now.
    pub addresses: Vec<SubnetChange>,
    /// Findings that are gone.
    pub fixed: Vec<Finding>,
    /// Settings of the gate that the change edits: they hold once it is merged.
    pub settings: &'a [String],
}

/// `trueup drift`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Drift<'a> {
    #[serde(flatten)]
    pub(super) report: &'a DriftReport,
    /// What settings and baselines accept of it.
    pub decided: &'a Decided,
    /// What is new since an earlier time, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<&'a Since>,
    /// A patch that makes the code say what is live, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<&'a Patch>,
    /// Import blocks for what no code has, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imports: Option<&'a Imports>,
    /// In a review: where the live estate came from, and when it was read.
    #[serde(flatten)]
    pub source: Option<LiveSource<'a>>,
}

/// Where a live estate came from.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LiveSource<'a> {
    /// `azure`, or a file.
    pub source: &'a str,
    /// When it was captured (RFC 3339); null when it does not say.
    pub captured_at: Option<&'a str>,
}

/// `trueup security`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Security<'a> {
    /// Failures of the profile; with `--all-outcomes` everything.
    pub outcomes: Vec<OutcomeJson>,
    /// What is told, gravest first.
    pub findings: Vec<Finding>,
    /// What somebody decided not to be told.
    pub suppressed: Vec<Finding>,
    /// What the baseline did; null without one.
    pub baseline: Option<Baseline<'a>>,
}

/// `trueup subnets`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Subnets<'a> {
    /// Subnets, clusters, networks, findings.
    #[serde(flatten)]
    pub report: &'a NetworkReport,
    /// Findings that are not told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<Finding>,
    /// Subnets before and now, where a base was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<&'a [SubnetChange]>,
}

/// `trueup cost`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Cost<'a> {
    /// The estimate.
    #[serde(flatten)]
    pub report: &'a CostReport,
    /// Findings that are not told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<Finding>,
    /// What a change costs, where a base was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<CostChange<'a>>,
}

/// What a change costs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CostChange<'a> {
    /// Before, after and the difference.
    #[serde(flatten)]
    pub delta: &'a CostDelta,
    /// The base as it was named.
    pub base: &'a str,
}

/// `trueup rules`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rules {
    /// Sorted by id.
    pub rules: Vec<Entry>,
}
