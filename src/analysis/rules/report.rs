//! Running rules, and turning outcomes into findings.

use std::borrow::{Borrow, Cow};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::graph::Graph;
use super::outcome::Collecting;
use super::settle::settle;
use super::{Context, Meta, Outcome, Outcomes, Profile, Rule, Standing, Verdict, Verdicts, all, find};
use crate::analysis::finding::{Facet, Finding, Severity, Suppressed};
use crate::terraform::address::without_keys;
use crate::terraform::source::{SourceMap, Span};

/// The outcomes of all rules over one estate.
#[derive(Debug, Default)]
pub struct SecurityReport {
    /// One outcome for each rule and address, sorted by rule and address: what is told, or every one where that
    /// was asked for ([`Context::every`]).
    pub outcomes: Vec<Outcome>,
    /// The findings of the profile: failures grouped by rule and text to edit.
    pub findings: Vec<Finding>,
    /// What would be findings if nobody had decided otherwise.
    pub suppressed: Vec<(Finding, Suppressed)>,
    /// On how many addresses rules pass, each rule counted by itself.
    pub passed: usize,
    /// On how many there is nothing to judge.
    pub not_applicable: usize,
}

/// An outcome as the machine interface has it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct OutcomeJson {
    /// The rule's id.
    pub rule: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Terraform address, or the id of a live resource.
    pub address: String,
    /// The part that it is about, where a rule judges parts that other tools tell apart.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub part: &'static str,
    /// `fail`, `pass`, `indeterminate`, `not_applicable` or `suppressed`.
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
    /// Undecided, and a failure for one of the values that it may have.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub possible: bool,
    /// Who suppressed it, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<SuppressedJson>,
    /// The file to edit.
    #[schemars(with = "Option<String>")]
    pub file: Option<Utf8PathBuf>,
    /// The line in it, from 1.
    pub line: Option<usize>,
    /// The column in it, from 1.
    pub column: Option<usize>,
}

/// Who suppressed a failure, as the machine interface has it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct SuppressedJson {
    /// Where it was decided, the reason and the last day.
    #[serde(flatten)]
    pub why: Suppressed,
    /// The file of the comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub file: Option<Utf8PathBuf>,
    /// Its line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl SuppressedJson {
    /// With the place of the comment.
    pub fn new(why: &Suppressed, sources: &SourceMap) -> SuppressedJson {
        let place = why.span.map(|s| sources.place(s));
        SuppressedJson { why: why.clone(), line: place.as_ref().map(|p| p.line), file: place.map(|p| p.file) }
    }
}

impl SecurityReport {
    /// The report of outcomes; findings are those of the profile and below it.
    pub fn new(verdicts: Verdicts, profile: Profile) -> SecurityReport {
        let mut report = SecurityReport {
            passed: verdicts.count(Standing::Passed),
            not_applicable: verdicts.count(Standing::NotApplicable),
            ..SecurityReport::default()
        };
        for of_rule in verdicts.outcomes.chunk_by(|a, b| a.rule == b.rule) {
            let Some(meta) = of_rule.first().and_then(|o| find(o.rule)).map(|r| r.meta()) else { continue };
            if meta.profile <= profile {
                group(meta, of_rule, profile, |finding, suppressed| match suppressed {
                    Some(why) => report.suppressed.push((finding, why.clone())),
                    None => report.findings.push(finding),
                });
            }
        }
        report.outcomes = worst_of_each(verdicts.outcomes);
        report
    }

    /// How many outcomes have this verdict, one for each rule and address.
    pub fn count(&self, word: &str) -> usize {
        match word {
            "pass" => self.passed,
            "not_applicable" => self.not_applicable,
            told => self.outcomes.iter().filter(|o| o.word() == told).count(),
        }
    }

    /// The outcomes for the machine interface. `all` gives every outcome of every rule; else the
    /// failures of the profile.
    pub fn json(&self, sources: &SourceMap, profile: Profile, all: bool) -> Vec<OutcomeJson> {
        let entry = |outcome: &Outcome| {
            let meta = find(outcome.rule)?.meta();
            let wanted = profile_of(meta, outcome).max(meta.profile) <= profile && outcome.word() == "fail";
            let place = outcome.span.map(|s| sources.place(s));
            (all || wanted).then(|| OutcomeJson {
                rule: meta.id,
                name: meta.name,
                address: outcome.address.to_string(),
                part: outcome.part,
                outcome: outcome.word(),
                severity: outcome.severity,
                profile: meta.profile,
                message: outcome.verdict.text().to_owned(),
                note: outcome.note.clone(),
                told_by: outcome.told_by,
                possible: outcome.possible,
                suppressed: outcome.suppressed.as_ref().map(|s| SuppressedJson::new(s, sources)),
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
    SecurityReport::new(verdicts(cx), profile)
}

/// Runs all rules: an outcome for each part that a rule judges, rules in order.
pub fn verdicts(cx: &Context<'_>) -> Verdicts {
    let graph = Graph::new(cx);
    graph.verdicts();
    let after = judged(&graph, &ORDER[1]);
    let mut found = graph.into_verdicts();
    found.extend(after);
    found
}

/// What one rule says, every outcome, one for each part that it judges.
pub fn judge(cx: &Context<'_>, rule: &dyn Rule) -> Vec<Outcome> {
    collected(&Graph::new(cx), true, [rule]).outcomes
}

/// What a rule that judges one estate by itself says, every outcome, sorted.
pub(super) fn every_outcome(graph: &Graph<'_>, rule: &str) -> Vec<Outcome> {
    let rule = find(rule).map(|rule| rule as &dyn Rule);
    worst_of_each(collected(graph, true, rule).outcomes)
}

/// What some rules say, in their order.
pub(super) fn collected<'r>(
    graph: &Graph<'_>,
    every: bool,
    rules: impl IntoIterator<Item = &'r dyn Rule>,
) -> Verdicts {
    let how = Collecting { estate: graph.estate, every, unread: graph.unread_file() };
    let mut found = Verdicts::default();
    for rule in rules {
        rule.check(graph, &mut Outcomes::new(rule.meta(), how, &mut found));
    }
    found
}

/// Rules that ask what others said: about ways, environments, defaults, what lies outside, what has no effect.
const AFTER: [&str; 6] = ["TU-NSG-025", "TU-X-026", "TU-X-038", "TU-X-039", "TU-X-040", "TU-X-041"];

/// True for rules that may ask what the others said: those that compare two estates or judge what only Azure
/// knows, and those about the outcomes of others.
fn comes_after(meta: &Meta) -> bool {
    AFTER.contains(&meta.id) || ["TU-CHG-", "TU-LIV-"].iter().any(|group| meta.id.starts_with(group))
}

/// The rules that judge one estate by itself, and those that come after.
static ORDER: LazyLock<[Vec<&'static dyn Rule>; 2]> = LazyLock::new(|| {
    let (after, first) = all().iter().partition(|rule| comes_after(rule.meta()));
    [first, after]
});

/// What the rules say that judge one estate by itself.
pub(super) fn of_one_estate(graph: &Graph<'_>) -> Verdicts {
    let mut found = judged(graph, &ORDER[0]);
    settle(graph, &mut found.outcomes);
    found
}

fn judged(graph: &Graph<'_>, rules: &[&'static dyn Rule]) -> Verdicts {
    collected(graph, graph.every, rules.iter().map(|rule| *rule as &dyn Rule))
}

/// The profile of an outcome: its rule's, or that of the rule it is about.
fn profile_of(meta: &Meta, outcome: &Outcome) -> Profile {
    outcome.about.and_then(find).map_or(meta.profile, |r| r.meta().profile)
}

/// One outcome for each rule and address (and each part of it with a name), sorted: the worst of its parts.
pub(super) fn worst_of_each<O: Borrow<Outcome>>(found: Vec<O>) -> Vec<O> {
    let rank = |o: &Outcome| match o.verdict {
        Verdict::Fail(_) if o.suppressed.is_none() => (4, o.severity),
        Verdict::Indeterminate(_) => (3, Severity::Info),
        Verdict::Fail(_) => (2, o.severity),
        Verdict::Pass => (1, Severity::Info),
        Verdict::NotApplicable(_) => (0, Severity::Info),
    };
    let about = |o: &Outcome| (o.rule, o.address.clone(), o.part, Reverse(rank(o)));
    let mut keys: Vec<_> = found.iter().enumerate().map(|(at, o)| (about(o.borrow()), at)).collect();
    // Of several that are as grave the first stays.
    keys.sort_by(|(a, _), (b, _)| a.cmp(b));
    keys.dedup_by(|((rule, address, part, _), _), (a, _)| (&a.0, &a.1, &a.2) == (rule, address, part));
    // What is sorted is small; outcomes, which are not, are moved once.
    let mut found: Vec<Option<O>> = found.into_iter().map(Some).collect();
    keys.into_iter().filter_map(|(_, at)| found.get_mut(at)?.take()).collect()
}

/// One finding per text to edit: instances that fail for the same reason are told together, and so are all
/// resources that fail by the default of one variable of a module.
fn group(
    meta: &'static Meta,
    outcomes: &[Outcome],
    profile: Profile,
    mut each: impl FnMut(Finding, Option<&Suppressed>),
) {
    let told = outcomes.iter().filter(|o| o.is_failure() && o.told_by.is_none());
    let told = told.filter(|o| profile_of(meta, o) <= profile);
    let mut told: Vec<(Edit<'_>, &Outcome)> = told.map(|o| (edit(o), o)).collect();
    // Of those with one edit the first stays the first.
    told.sort_by(|(a, _), (b, _)| a.cmp(b));
    for same in told.chunk_by(|(a, _), (b, _)| a == b) {
        let [((.., suppressed), first), ..] = same else { continue };
        each(finding(meta, first, same), *suppressed);
    }
}

/// The text to edit, what stands there, what is wrong with it, and who decided about it.
type Edit<'o> = (Option<Span>, Cow<'o, str>, &'o str, Option<&'o Suppressed>);

fn edit(outcome: &Outcome) -> Edit<'_> {
    let place = match (&outcome.default, outcome.span) {
        // One edit puts all callers right.
        (Some(default), _) => format!("{} {}", default.module, default.variable).into(),
        (None, Some(_)) => without_keys(&outcome.address),
        (None, None) => Cow::Borrowed(&*outcome.address),
    };
    let text = if outcome.default.is_some() { "" } else { outcome.verdict.text() };
    (outcome.span, place, text, outcome.suppressed.as_deref())
}

fn finding(meta: &'static Meta, first: &Outcome, same: &[(Edit<'_>, &Outcome)]) -> Finding {
    let calls: BTreeSet<Span> = same.iter().filter_map(|(_, o)| o.default.as_ref()?.call).collect();
    let more = match (same.len() - 1, &first.default) {
        (_, Some(default)) if calls.len() > 1 => format!(
            " (the default of {} in {}, which {} calls leave as it is)",
            default.variable,
            default.module,
            calls.len()
        ),
        (0, _) => String::new(),
        (1, _) => " (and 1 more instance)".to_owned(),
        (others, _) => format!(" (and {others} more instances)"),
    };
    let mut because = first.because.clone();
    if calls.len() > 1 {
        because.extend(calls.into_iter().map(|call| (call, "this call leaves the default".to_owned())));
    }
    Finding {
        code: meta.id.into(),
        name: meta.name.into(),
        severity: same.iter().map(|(_, o)| o.severity).max().unwrap_or(Severity::Info),
        facet: Facet::Security,
        address: first.address.clone(),
        title: format!("{}{more}", first.verdict.text()),
        consequence: meta.why.into(),
        formula: String::new(),
        remedies: vec![meta.fix.into()],
        span: first.span,
        because,
        note: first.note.clone(),
    }
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
            part: "",
            verdict,
            severity,
            span: None,
            because: Vec::new(),
            note: String::new(),
            told_by: None,
            about: None,
            suppressed: None,
            possible: false,
            default: None,
        };
        let worst = worst_of_each(vec![
            part("b", Verdict::Pass, Severity::High),
            part("b", Verdict::Indeterminate("x".into()), Severity::High),
            part("a", Verdict::Fail("low".into()), Severity::Low),
            part("a", Verdict::Fail("high".into()), Severity::High),
            part("a", Verdict::NotApplicable("x".into()), Severity::High),
        ]);
        let told: Vec<_> = worst.iter().map(|o| (&*o.address, o.verdict.text())).collect();
        assert_eq!(told, [("a", "high"), ("b", "x")]);
    }
}
