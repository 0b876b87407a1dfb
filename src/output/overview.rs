//! The verdict in a line, and the small table: facets of one root module, or a row for each of several.

use super::table::{Cell, Table};
use super::{money, words};
use crate::analysis::changes::Action;
use crate::analysis::cost::Range;
use crate::analysis::network;
use crate::review::{Outcome, Report, Reviewed, Reviews, Standing, Verdict};

/// The sign of a verdict.
pub(in crate::output) fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Blocked => "❌",
        Verdict::Incomplete => "⚠️",
        Verdict::Attention => "🔎",
        Verdict::Clean => "✅",
    }
}

/// One facet before and now; without a base there is no before.
pub(in crate::output) struct Facet {
    pub(in crate::output) name: &'static str,
    pub(in crate::output) before: String,
    pub(in crate::output) now: String,
}

/// The verdict in one line of plain text, and a line for each root module that is not clean, the worst first.
pub fn brief(reviews: &Reviews) -> (String, Vec<String>) {
    let several = reviews.roots.len() > 1;
    let line = |root: &&Reviewed| match &root.outcome {
        Outcome::Done(report) => format!("{}: {}", root.root, words::headline(report)),
        Outcome::Failed(why) => format!("{}: not reviewed: {why}", root.root),
        Outcome::Gone { resources } => {
            format!("{}: removed, with {}", root.root, words::count(*resources, "resource"))
        }
    };
    let worst = reviews.worst_first();
    let told = worst.iter().filter(|root| several && root.verdict() != Verdict::Clean);
    let redacted = |text: String| reviews.reports().fold(text, |text, report| report.redactor.text(&text));
    let title = match reviews.roots.as_slice() {
        [only] => format!("{}: {}", only.root, headline(reviews)),
        _ => headline(reviews),
    };
    (redacted(title), told.map(line).map(redacted).collect())
}

/// The verdict in one line of plain text: enough for the preview of a mail.
pub(in crate::output) fn headline(reviews: &Reviews) -> String {
    let mut parts = vec![verdict(reviews)];
    if let [only] = reviews.roots.as_slice()
        && let Some(change) = only.report().and_then(|r| r.change.as_ref())
    {
        if !change.cost.change.is_zero() {
            let change = money::change(&expected(&change.cost.change), &change.cost.currency);
            parts.push(format!("{change} a month"));
        }
        parts.push(plan(only.report()).unwrap_or_default());
    } else if reviews.roots.len() != 1 {
        parts.push(words::count(reviews.roots.len(), "root module"));
    }
    parts.retain(|p| !p.is_empty());
    parts.join("; ")
}

fn verdict(reviews: &Reviews) -> String {
    let new = if reviews.reports().any(|r| r.change.is_some()) { "new " } else { "" };
    let mut counts = std::collections::BTreeMap::new();
    for (severity, n) in reviews.reports().flat_map(Report::counts) {
        *counts.entry(std::cmp::Reverse(severity)).or_insert(0) += n;
    }
    let total: usize = counts.values().sum();
    let each: Vec<String> = counts.iter().map(|(s, n)| format!("{n} {}", s.0.word())).collect();
    let findings = match total {
        0 => format!("no {new}findings"),
        1 => format!("1 {new}finding ({})", each.join(", ")),
        n => format!("{n} {new}findings ({})", each.join(", ")),
    };
    match reviews.verdict() {
        Verdict::Blocked => {
            let conditions = reviews.reports().flat_map(Report::broken).map(ToString::to_string);
            let mut conditions: Vec<String> = conditions.collect();
            conditions.sort();
            conditions.dedup();
            format!("blocked by {}: {findings}", conditions.join(", "))
        }
        Verdict::Incomplete => {
            let whole = reviews.reports().any(|r| !r.resources.is_empty());
            let word = if whole { "incomplete" } else { "nothing reviewed" };
            format!("{word}: {}; {findings}", gaps(reviews).first().map_or("", |g| g.as_str()))
        }
        Verdict::Attention => format!("nothing blocks; {findings}"),
        Verdict::Clean => format!("clean: {findings} in what could be judged"),
    }
}

/// What could not be read, with its root module where there are several.
pub(in crate::output) fn gaps(reviews: &Reviews) -> Vec<String> {
    let several = reviews.roots.len() > 1;
    let of = |root: &Reviewed| -> Vec<String> {
        let name = |gap: &str| if several { format!("{}: {gap}", root.root) } else { gap.to_owned() };
        match &root.outcome {
            Outcome::Done(report) => report.gaps.iter().map(|gap| name(&report.redactor.text(gap))).collect(),
            Outcome::Failed(why) => vec![name(why)],
            Outcome::Gone { .. } => Vec::new(),
        }
    };
    reviews.roots.iter().flat_map(of).collect()
}

/// The middle of a range alone.
fn expected(range: &Range) -> Range {
    Range { low: range.expected, expected: range.expected, high: range.expected }
}

/// What an apply of the change would do; `None` without a base.
pub(in crate::output) fn plan(report: Option<&Report>) -> Option<String> {
    let change = report?.change.as_ref()?;
    let of = |action| change.resources.iter().filter(|r| r.action == action).count();
    let parts: Vec<String> = [
        (Action::Add, "to add"),
        (Action::Change, "to change"),
        (Action::Replace, "to replace"),
        (Action::Remove, "to destroy"),
        (Action::Forget, "to forget"),
    ]
    .into_iter()
    .map(|(action, word)| (of(action), word))
    .filter(|(n, _)| *n > 0)
    .map(|(n, word)| format!("{n} {word}"))
    .collect();
    Some(if parts.is_empty() { "no resource changes".to_owned() } else { parts.join(", ") })
}

/// Addresses, money, findings, drift.
pub(in crate::output) fn facets(report: &Report) -> Vec<Facet> {
    let change = report.change.as_ref();
    let facet = |name, before: Option<String>, now| Facet { name, before: before.unwrap_or_default(), now };
    let mut facets = vec![
        facet("Plan", None, plan(Some(report)).unwrap_or_else(|| resources(report))),
        facet(
            "Addresses",
            change.map(|c| words::addresses(&c.network.subnets)),
            words::addresses(&report.network.subnets),
        ),
        facet("Cost a month", change.map(|c| money::range(&c.cost.before, &c.cost.currency)), cost(report)),
        facet("Findings", change.map(|_| before(report).to_string()), findings(report)),
    ];
    facets.extend(report.drift.as_ref().map(words::drift).map(|now| facet("Drift", None, now)));
    facets
}

fn resources(report: &Report) -> String {
    words::count(report.resources.values().sum(), "resource")
}

fn before(report: &Report) -> usize {
    let known = report.findings.iter().filter(|j| j.standing == Some(Standing::Unchanged)).count();
    known + report.change.as_ref().map_or(0, |c| c.fixed.len())
}

fn cost(report: &Report) -> String {
    let cost = &report.cost;
    let mut text = money::range(&cost.monthly, &cost.currency);
    if let Some(change) = &report.change {
        text.push_str(&format!(": {}", money::change(&change.cost.change, &cost.currency)));
        if !change.cost.unknown.is_empty() {
            text.push_str(&format!(", {} more unknown", words::count(change.cost.unknown.len(), "change")));
        }
    }
    if !cost.unpriced.is_empty() {
        text.push_str(&format!(", {} of unknown price", words::count(cost.unpriced.len(), "resource")));
    }
    text
}

fn findings(report: &Report) -> String {
    let counted = report.counted().count();
    let of = |standing| report.findings.iter().filter(|j| j.standing == Some(standing)).count();
    let mut parts = Vec::new();
    if let Some(change) = &report.change {
        parts.push(format!("{counted} new"));
        parts.extend((of(Standing::Unchanged) > 0).then(|| format!("{} known", of(Standing::Unchanged))));
        parts.extend((!change.fixed.is_empty()).then(|| format!("{} fixed", change.fixed.len())));
    } else {
        parts.push(counted.to_string());
    }
    parts.extend((of(Standing::Accepted) > 0).then(|| format!("{} accepted", of(Standing::Accepted))));
    parts.extend((!report.suppressed.is_empty()).then(|| format!("{} suppressed", report.suppressed.len())));
    let undecided = report.security.count("indeterminate");
    parts.extend((undecided > 0).then(|| format!("{undecided} unknown")));
    parts.join(", ")
}

/// The table of one root module.
pub(in crate::output) fn of_one(report: &Report) -> Table {
    let with_base = report.change.is_some();
    let mut table = if with_base { Table::new(["", "before", "now"]) } else { Table::new(["", "now"]) };
    for facet in facets(report) {
        if with_base {
            table.row([facet.name.into(), facet.before.into(), facet.now.into()]);
        } else {
            table.row([facet.name.into(), facet.now.into()]);
        }
    }
    table
}

/// The table of several root modules: a row for each, in the order given.
pub(in crate::output) fn of_several(roots: &[&Reviewed]) -> Table {
    let mut table = Table::new(["", "root module", "plan", "addresses", "cost a month", "findings"]);
    for root in roots {
        let first: [Cell; 2] =
            [mark(root.verdict()).into(), Cell::code(super::escape::clip(root.root.as_str(), 120))];
        let rest: [Cell; 4] = match &root.outcome {
            Outcome::Done(report) => {
                let both = |before: Option<String>, now: String| match before {
                    Some(before) if before != now => format!("{before} → {now}"),
                    _ => now,
                };
                let change = report.change.as_ref();
                let drift = report
                    .drift
                    .as_ref()
                    .map(words::drift)
                    .map(|d| format!("; drift: {d}"))
                    .unwrap_or_default();
                [
                    format!("{}{drift}", plan(Some(report)).unwrap_or_else(|| resources(report))).into(),
                    both(
                        change.map(|c| words::addresses(&c.network.subnets)),
                        words::addresses(&report.network.subnets),
                    )
                    .into(),
                    short_cost(report).into(),
                    findings(report).into(),
                ]
            }
            Outcome::Failed(_) => {
                ["not reviewed".into(), "unknown".into(), "unknown".into(), "unknown".into()]
            }
            Outcome::Gone { resources } => {
                let gone = format!("removed: {} declared no more", words::count(*resources, "resource"));
                [gone.into(), "".into(), "".into(), "".into()]
            }
        };
        let [a, b] = first;
        let [c, d, e, f] = rest;
        table.row([a, b, c, d, e, f]);
    }
    table
}

fn short_cost(report: &Report) -> String {
    let now = money::amount(report.cost.monthly.expected, &report.cost.currency);
    let unknown = if report.cost.unpriced.is_empty() { "" } else { " and unknown" };
    match &report.change {
        Some(change) => {
            let before = money::amount(change.cost.before.expected, &change.cost.currency);
            let by = money::change(&expected(&change.cost.change), &change.cost.currency);
            if before == now {
                format!("{now}{unknown}")
            } else {
                format!("{before} → {now}{unknown} ({by})")
            }
        }
        None => format!("{now}{unknown}"),
    }
}

/// True when there is something to tell of a root module: a finding, a change, drift, an edited setting.
pub(in crate::output) fn is_news(root: &Reviewed) -> bool {
    let Some(report) = root.report() else { return true };
    let changes = report.change.as_ref().is_some_and(|change| {
        !change.resources.is_empty()
            || !change.cost.change.is_zero()
            || !change.cost.unknown.is_empty()
            || !change.fixed.is_empty()
            || !change.settings.is_empty()
            || !network::delta(&change.network, &report.network).is_empty()
    });
    report.verdict() != Verdict::Clean || changes || report.suppressed.iter().any(|h| h.is_new)
}
