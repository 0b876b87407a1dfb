//! Running rules, and turning outcomes into findings.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::graph::Graph;
use super::{Context, Meta, Outcome, Outcomes, Profile, Verdict, all, find};
use crate::analysis::finding::{Facet, Finding, Severity};
use crate::terraform::address::without_keys;
use crate::terraform::source::SourceMap;

/// The outcomes of all rules over one estate.
#[derive(Debug, Default)]
pub struct SecurityReport {
    /// One outcome for each rule and address, sorted by rule and address.
    pub outcomes: Vec<Outcome>,
    /// The findings of the profile: failures grouped by rule and text to edit.
    pub findings: Vec<Finding>,
}

/// An outcome as the machine interface has it.
#[derive(Debug, Serialize)]
pub struct OutcomeJson {
    /// The rule's id.
    pub rule: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Terraform address, or the id of a live resource.
    pub address: String,
    /// `fail`, `pass`, `indeterminate` or `not_applicable`.
    pub outcome: &'static str,
    /// How much it matters here.
    pub severity: Severity,
    /// The profile of the rule.
    pub profile: Profile,
    /// What the rule saw; empty for a pass.
    pub message: String,
    /// The date of the table that decided, or what was assumed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The rule that tells a person of it instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told_by: Option<&'static str>,
    /// The file to edit.
    pub file: Option<Utf8PathBuf>,
    /// The line in it, from 1.
    pub line: Option<usize>,
    /// The column in it, from 1.
    pub column: Option<usize>,
}

impl SecurityReport {
    /// How many outcomes have this verdict.
    pub fn count(&self, word: &str) -> usize {
        self.outcomes.iter().filter(|o| o.verdict.word() == word).count()
    }

    /// The outcomes for the machine interface. `all` gives every outcome of every rule; else the
    /// failures of the profile.
    pub fn json(&self, sources: &SourceMap, profile: Profile, all: bool) -> Vec<OutcomeJson> {
        let entry = |outcome: &Outcome| {
            let meta = find(outcome.rule)?.meta();
            let wanted = meta.profile <= profile && matches!(outcome.verdict, Verdict::Fail(_));
            let place = outcome.span.map(|s| sources.place(s));
            (all || wanted).then(|| OutcomeJson {
                rule: meta.id,
                name: meta.name,
                address: outcome.address.clone(),
                outcome: outcome.verdict.word(),
                severity: outcome.severity,
                profile: meta.profile,
                message: outcome.verdict.text().to_owned(),
                note: outcome.note.clone(),
                told_by: outcome.told_by,
                line: place.as_ref().map(|p| p.line),
                column: place.as_ref().map(|p| p.column),
                file: place.map(|p| p.file),
            })
        };
        self.outcomes.iter().filter_map(entry).collect()
    }
}

/// Runs all rules; findings are those of the profile and below it.
pub fn run(cx: &Context<'_>, profile: Profile) -> SecurityReport {
    let graph = Graph::new(cx);
    let unread = graph.unread_file();
    let mut outcomes = Vec::new();
    let mut findings = Vec::new();
    for rule in all() {
        let meta = rule.meta();
        let mut found = Vec::new();
        rule.check(&graph, &mut Outcomes::new(meta, unread, &mut found));
        if meta.profile <= profile {
            findings.extend(group(meta, &found));
        }
        outcomes.extend(worst_of_each(found));
    }
    SecurityReport { outcomes, findings }
}

/// One outcome for each address, sorted: the worst of its parts.
fn worst_of_each(found: Vec<Outcome>) -> Vec<Outcome> {
    let rank = |o: &Outcome| match o.verdict {
        Verdict::Fail(_) => (3, o.severity),
        Verdict::Indeterminate(_) => (2, Severity::Info),
        Verdict::Pass => (1, Severity::Info),
        Verdict::NotApplicable(_) => (0, Severity::Info),
    };
    let mut by_address: BTreeMap<String, Outcome> = BTreeMap::new();
    for outcome in found {
        match by_address.get(&outcome.address) {
            Some(other) if rank(other) >= rank(&outcome) => {}
            _ => drop(by_address.insert(outcome.address.clone(), outcome)),
        }
    }
    by_address.into_values().collect()
}

/// One finding per text to edit: instances that fail for the same reason are told together.
fn group(meta: &Meta, outcomes: &[Outcome]) -> Vec<Finding> {
    let mut groups: BTreeMap<_, Vec<&Outcome>> = BTreeMap::new();
    let told_here = |o: &&Outcome| matches!(o.verdict, Verdict::Fail(_)) && o.told_by.is_none();
    for outcome in outcomes.iter().filter(told_here) {
        let place = outcome.span.map_or_else(|| outcome.address.clone(), |_| without_keys(&outcome.address));
        groups.entry((outcome.span, place, outcome.verdict.text())).or_default().push(outcome);
    }
    groups.into_values().filter_map(|same| finding(meta, &same)).collect()
}

fn finding(meta: &Meta, same: &[&Outcome]) -> Option<Finding> {
    let first = same.first()?;
    let more = match same.len() - 1 {
        0 => String::new(),
        1 => " (and 1 more instance)".to_owned(),
        others => format!(" (and {others} more instances)"),
    };
    Some(Finding {
        code: meta.id.to_owned(),
        name: meta.name.to_owned(),
        severity: same.iter().map(|o| o.severity).max().unwrap_or(Severity::Info),
        facet: Facet::Security,
        address: first.address.clone(),
        title: format!("{}{more}", first.verdict.text()),
        consequence: meta.why.to_owned(),
        formula: String::new(),
        remedies: vec![meta.fix.to_owned()],
        span: first.span,
        because: first.because.clone(),
        note: first.note.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_keys_are_dropped_from_addresses() {
        assert_eq!(without_keys("module.a[\"x]y\"].azurerm_subnet.b[0]"), "module.a.azurerm_subnet.b");
        assert_eq!(without_keys(r#"a.b["x\"]y"].c"#), "a.b.c");
    }

    #[test]
    fn an_address_has_the_worst_outcome_of_its_parts() {
        let part = |address: &str, verdict: Verdict, severity| Outcome {
            rule: "TU-X-001",
            address: address.into(),
            verdict,
            severity,
            span: None,
            because: Vec::new(),
            note: String::new(),
            told_by: None,
        };
        let worst = worst_of_each(vec![
            part("b", Verdict::Pass, Severity::High),
            part("b", Verdict::Indeterminate("x".into()), Severity::High),
            part("a", Verdict::Fail("low".into()), Severity::Low),
            part("a", Verdict::Fail("high".into()), Severity::High),
            part("a", Verdict::NotApplicable("x".into()), Severity::High),
        ]);
        let told: Vec<_> = worst.iter().map(|o| (o.address.as_str(), o.verdict.text())).collect();
        assert_eq!(told, [("a", "high"), ("b", "x")]);
    }
}
