//! The review of one root module: what outputs print.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::drift::{Decided, Imports, Patch, Since};
use super::fingerprint::Fingerprint;
use super::gate::{Condition, Gate, Measured};
use super::redact::Redactor;
use super::weigh::{Accepted, Held};
use crate::analysis::changes::{DriftReport, ResourceChange, Status};
use crate::analysis::cost::{CostDelta, CostReport};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::network::NetworkReport;
use crate::analysis::rules::{Edit, Profile, SecurityReport};
use crate::terraform::evaluation::Evaluation;
use crate::terraform::files::Naming;

/// Everything that a review found.
#[derive(Debug)]
pub struct Report {
    /// The root module as the user named it.
    pub root: Utf8PathBuf,
    /// The evaluated root: its sources, its diagnostics.
    pub evaluation: Evaluation,
    /// What policies print.
    pub prints: Vec<String>,
    /// Managed resource instances by Terraform type.
    pub resources: BTreeMap<String, usize>,
    /// Types of Azure that no analysis knows, with their number.
    pub untranslated: BTreeMap<String, usize>,
    /// Addresses and ports.
    pub network: NetworkReport,
    /// Money.
    pub cost: CostReport,
    /// Rules.
    pub security: SecurityReport,
    /// Which rules are shown.
    pub profile: Profile,
    /// Declared against live, when a live estate was given.
    pub drift: Option<Drift>,
    /// What the change does, when a base was given.
    pub change: Option<Change>,
    /// All findings, gravest first.
    pub findings: Vec<Judged>,
    /// Edits of the code that make rules pass, safe ones and others.
    pub fixes: Vec<Edit>,
    /// Findings that somebody decided not to be told.
    pub suppressed: Vec<Held>,
    /// What the baseline did, when there is one.
    pub baseline: Option<Accepted>,
    /// Other root modules that rules and addresses were seen beside, as they are shown.
    pub beside: Vec<Utf8PathBuf>,
    /// Which files of the checkout the names in this report mean.
    pub naming: Naming,
    /// What could not be read or judged as a whole, in words; empty when the review is complete.
    pub gaps: Vec<String>,
    /// What ends the run with status 2.
    pub gate: Gate,
    /// Hides what must not be shown.
    pub redactor: Redactor,
}

/// Declared against live.
#[derive(Debug)]
pub struct Drift {
    /// The comparison.
    pub report: DriftReport,
    /// Where the live estate came from.
    pub source: String,
    /// When it was captured (RFC 3339), when it says so.
    pub captured_at: Option<String>,
    /// What the settings and the baseline accept of it.
    pub decided: Decided,
    /// What is new since an earlier time, when one was given.
    pub since: Option<Since>,
    /// The patch of the code, when one was asked for.
    pub patch: Option<Patch>,
    /// The import blocks, when they were asked for.
    pub imports: Option<Imports>,
}

/// What the change under review does to the base.
#[derive(Debug)]
pub struct Change {
    /// The base as the user named it.
    pub base: String,
    /// Resources that an apply would touch.
    pub resources: Vec<ResourceChange>,
    /// Money.
    pub cost: CostDelta,
    /// Addresses before.
    pub network: NetworkReport,
    /// Findings that are gone.
    pub fixed: Vec<Finding>,
    /// Errors that the base itself has: then what is new is not certain.
    pub base_errors: usize,
    /// Settings of the gate that the change edits: they hold once it is merged.
    pub settings: Vec<String>,
}

/// A finding and how it stands to the base.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The finding.
    pub finding: Finding,
    /// `None` without a base.
    pub standing: Option<Standing>,
    /// By what it is known again.
    pub fingerprint: Fingerprint,
}

/// How a finding stands to the base and the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The change brings it.
    New,
    /// The base has it too.
    Unchanged,
    /// The baseline accepts it.
    Accepted,
}

/// The one word that a review ends in, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A condition of the gate holds.
    Blocked,
    /// Something could not be read or judged; never called clean.
    Incomplete,
    /// There are findings, none at the gate.
    Attention,
    /// Nothing was found in what could be judged.
    Clean,
}

impl Report {
    /// The findings that the gate looks at: with a base only what the change brings, and nothing that the
    /// baseline accepts.
    pub fn counted(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|j| j.counts()).map(|j| &j.finding)
    }

    /// True when everything that was asked for was read and evaluated.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }

    /// The conditions of the gate that hold.
    pub fn broken(&self) -> Vec<&Condition> {
        self.gate.broken(&Measured {
            worst: self.counted().map(|f| f.severity).max(),
            drift: self.drift.as_ref().is_some_and(|d| d.report.differs()),
            incomplete: !self.is_complete(),
            cost: Some(self.cost.monthly.expected),
            cost_before: self.change.as_ref().map(|c| c.cost.before.expected),
            cost_change: self.change.as_ref().map(|c| c.cost.change.expected),
        })
    }

    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        let drifted = self.drift.as_ref().is_some_and(|d| d.report.differs());
        if !self.broken().is_empty() {
            Verdict::Blocked
        } else if !self.is_complete() {
            Verdict::Incomplete
        } else if drifted || self.counted().next().is_some() {
            Verdict::Attention
        } else {
            Verdict::Clean
        }
    }

    /// Counted findings that hold the gate shut by their severity.
    pub fn blockers(&self) -> impl Iterator<Item = &Finding> {
        let least = self.gate.severity();
        self.counted().filter(move |f| least.is_some_and(|l| f.severity >= l))
    }

    /// How many counted findings there are of each severity, gravest first, none left out.
    pub fn counts(&self) -> Vec<(Severity, usize)> {
        let count = |s| self.counted().filter(|f| f.severity == s).count();
        Severity::ALL.into_iter().map(|s| (s, count(s))).filter(|(_, n)| *n > 0).collect()
    }
}

impl Judged {
    /// True when the gate looks at it.
    pub fn counts(&self) -> bool {
        !matches!(self.standing, Some(Standing::Unchanged | Standing::Accepted))
    }
}

impl Drift {
    /// Resources of a status that nobody accepts.
    pub fn count(&self, status: Status) -> usize {
        self.report.of(status).filter(|r| r.accepted.is_none()).count()
    }
}
