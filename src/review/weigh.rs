//! Weighs what the analyses found: what is suppressed, what a baseline accepts, what the change brings.

use std::collections::BTreeSet;

use super::Subject;
use super::baseline::{Baseline, Entry};
use super::drift::DriftSettings;
use super::fingerprint::{Fingerprint, Fingerprints};
use super::report::{Judged, Standing};
use super::suppress::{Identity, RuleSettings, Suppressions};
use crate::analysis::finding::{Facet, Finding, Suppressed};
use crate::analysis::rules::{Profile, SecurityReport, Verdicts};

/// What a team has decided about findings.
#[derive(Clone, Debug, Default)]
pub struct Adoption {
    /// `[rules]` of trueup.toml.
    pub rules: RuleSettings,
    /// `[drift]` of trueup.toml.
    pub drift: DriftSettings,
    /// A comment that the change under review adds holds for its own review already.
    pub accept_new_suppressions: bool,
    /// The baseline and its name.
    pub baseline: Option<(String, Baseline)>,
}

/// A finding that is not told.
#[derive(Clone, Debug)]
pub struct Held {
    /// The finding.
    pub finding: Finding,
    /// Who decided so, and why.
    pub why: Suppressed,
    /// By what it is known again.
    pub fingerprint: Fingerprint,
    /// The change under review decides so; the base does not.
    pub is_new: bool,
    /// The comment, by what identifies it.
    pub(super) identity: Option<Identity>,
}

/// What a baseline did.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    /// Its name.
    pub name: String,
    /// How many findings it accepts.
    pub accepted: usize,
    /// Entries without a finding.
    pub fixed: Vec<Entry>,
}

/// Findings of one side, weighed.
#[derive(Debug)]
pub struct Weighed {
    /// The outcomes and findings of the rules.
    pub security: SecurityReport,
    /// What is told, gravest first.
    pub findings: Vec<Finding>,
    /// What is not.
    pub held: Vec<Held>,
    /// Comments in force.
    pub(super) identities: BTreeSet<Identity>,
}

/// Weighs the outcomes of rules, and findings of the other analyses.
pub fn weigh(
    subject: &Subject,
    mut verdicts: Verdicts,
    others: Vec<Finding>,
    facets: &[Facet],
    rules: &RuleSettings,
    (profile, today): (Profile, &str),
) -> Weighed {
    let mut suppressions = Suppressions::new(subject, rules, today);
    suppressions.outcomes(&mut verdicts.outcomes);
    let security = SecurityReport::new(verdicts, profile);
    let (told, held) = suppressions.findings(others);
    let mut findings = security.findings.clone();
    findings.extend(told);
    findings.extend(suppressions.wrong(facets));
    sort(&mut findings);
    let mut fingerprints = Fingerprints::new(subject);
    let held = security.suppressed.iter().cloned().chain(held);
    let held = held.map(|(finding, why)| Held {
        fingerprint: fingerprints.of(&finding),
        identity: suppressions.identity_of(&finding.code, &why),
        finding,
        why,
        is_new: false,
    });
    let held = held.collect();
    Weighed { held, identities: suppressions.identities(), security, findings }
}

/// Gravest first, then by code, address and title.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| (&a.code, &a.address, &a.title).cmp(&(&b.code, &b.address, &b.title)))
    });
}

impl Weighed {
    /// Marks what only the change under review suppresses. Unless that is accepted, it is told all the
    /// same: a change does not decide about itself.
    pub(super) fn against(&mut self, base: &Weighed, accept: bool) {
        for held in &mut self.held {
            let same = |other: &&Held| {
                (&other.finding.code, &other.finding.address) == (&held.finding.code, &held.finding.address)
            };
            let is_known = held.identity.as_ref().is_none_or(|i| base.identities.contains(i));
            held.is_new = !is_known && !base.held.iter().any(|h| same(&h));
        }
        if accept {
            return;
        }
        let new = self.held.iter().filter(|h| h.is_new);
        let told: Vec<Finding> = new
            .map(|h| {
                let note = "this change suppresses it, which holds once it is merged";
                let note = if h.finding.note.is_empty() {
                    note.to_owned()
                } else {
                    format!("{}; {note}", h.finding.note)
                };
                Finding { note, ..h.finding.clone() }
            })
            .collect();
        self.security.findings.extend(told.iter().filter(|f| f.facet == Facet::Security).cloned());
        self.findings.extend(told);
        sort(&mut self.findings);
    }
}

/// How findings stand to a base and to a baseline.
pub fn stand(
    subject: &Subject,
    findings: Vec<(Finding, Option<Standing>)>,
    facets: &[Facet],
    baseline: Option<&(String, Baseline)>,
    today: &str,
) -> (Vec<Judged>, Option<Accepted>) {
    let mut fingerprints = Fingerprints::new(subject);
    let prints: Vec<Fingerprint> = findings.iter().map(|(finding, _)| fingerprints.of(finding)).collect();
    let matched = baseline.map(|(name, baseline)| {
        let both: Vec<_> = prints.iter().map(|p| (p.clone(), fingerprints.before(p))).collect();
        (name, baseline.matched(subject.naming.root(), facets, today, &both))
    });
    let is_accepted = |at: usize| matched.as_ref().is_some_and(|(_, m)| m.accepted.get(at) == Some(&true));
    let judged = findings.into_iter().zip(prints).enumerate();
    let judged: Vec<Judged> = judged
        .map(|(at, ((finding, standing), fingerprint))| {
            let is_news = standing != Some(Standing::Unchanged);
            let standing = if is_news && is_accepted(at) { Some(Standing::Accepted) } else { standing };
            Judged { finding, standing, fingerprint }
        })
        .collect();
    let accepted = matched.map(|(name, matched)| Accepted {
        name: name.clone(),
        accepted: matched.accepted.iter().filter(|a| **a).count(),
        // What could not be evaluated may still be wrong.
        fixed: if subject.evaluation.is_complete() { matched.fixed } else { Vec::new() },
    });
    (judged, accepted)
}
