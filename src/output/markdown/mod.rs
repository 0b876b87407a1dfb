//! The review as a comment on a pull request: the verdict first, one screen, the rest folded.
//!
//! Everything that came from code or from Azure is escaped; attribute values stand only in code
//! blocks and code spans. What differs from host to host is a [`Dialect`].

mod dialect;
mod inert;
mod marker;

use std::fmt::Write as _;

pub use dialect::{
    AZURE_DEVOPS, BITBUCKET, BITBUCKET_SERVER, DIALECTS, Dialect, Edit, GITHUB, GITLAB, Limit, Suggestion,
    Web,
};
pub use marker::Marker;

use super::table::{Cell, Table};
use super::text::{changes, drift as drift_text, subnets};
use super::{escape, money, words};
use crate::analysis::finding::Finding;
use crate::analysis::network::estate::Verdict as Fit;
use crate::review::{Report, Standing, Verdict};
use crate::terraform::source::{SourceMap, Span};

/// Blockers shown in full before the rest is folded.
const SHOWN: usize = 5;

/// Renders a report.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    let mark = match report.verdict() {
        Verdict::Blocked => "❌",
        Verdict::Incomplete => "⚠️",
        Verdict::Attention => "🔎",
        Verdict::Clean => "✅",
    };
    let _ = writeln!(out, "### {mark} trueup: {}\n", escape::markdown(&words::headline(report)));
    out.push_str(&summary(report));
    for gap in &report.gaps {
        let _ = writeln!(out, "\n> **Not complete:** {}", escape::markdown(gap));
    }
    out.push_str(&blockers(report));
    out.push_str(&folded(report));
    report.redactor.text(&out)
}

/// One row per facet; with a base before and now.
fn summary(report: &Report) -> String {
    let root = Cell::code(report.root.as_str());
    let total: usize = report.resources.values().sum();
    let now = [
        ("Resources", total.to_string()),
        ("Addresses", words::addresses(&report.network.subnets)),
        ("Cost", words::cost(report)),
        ("Security", words::security(report)),
    ];
    let drift = words::drift(report).map(|text| ("Drift", text));
    let Some(change) = &report.change else {
        let mut table = Table::new(["", ""]);
        table.row(["Root".into(), root]);
        for (name, text) in now.into_iter().chain(drift) {
            table.row([name.into(), text.into()]);
        }
        return table.markdown();
    };
    let mut table = Table::new(["", "before", "now"]);
    table.row(["Root".into(), Cell::code(change.base.as_str()), root]);
    let known = report.findings.iter().filter(|j| j.standing == Some(Standing::Unchanged)).count();
    let before = [
        super::text::change_counts(change),
        words::addresses(&change.network.subnets),
        format!("{} a month", money::range(&change.cost.before, &change.cost.currency)),
        words::count(known + change.fixed.len(), "finding"),
    ];
    for ((name, now), before) in now.into_iter().zip(before) {
        match name {
            "Resources" => table.row([name.into(), "".into(), format!("{now}: {before}").into()]),
            "Security" => {
                let now = words::findings(report);
                table.row(["Findings".into(), before.into(), now.into()]);
            }
            "Cost" => {
                let change = money::change(&change.cost.change, &change.cost.currency);
                table.row([name.into(), before.into(), format!("{now}: {change}").into()]);
            }
            _ => table.row([name.into(), before.into(), now.into()]),
        }
    }
    if let Some((name, text)) = drift {
        table.row([name.into(), "".into(), text.into()]);
    }
    table.markdown()
}

fn blockers(report: &Report) -> String {
    let blockers: Vec<&Finding> = report.blockers().collect();
    let mut out = String::new();
    if blockers.is_empty() {
        return out;
    }
    let _ = writeln!(out, "\n#### What blocks\n");
    let sources = &report.evaluation.sources;
    for finding in blockers.iter().take(SHOWN) {
        out.push_str(&item(finding, sources, Remedies::Best));
    }
    let choices = blockers.iter().take(SHOWN).filter(|f| f.remedies.len() > 1);
    let choices: String = choices.map(|f| item(f, sources, Remedies::All)).collect();
    out.push_str(&fold("Every remedy for these", &choices));
    if blockers.len() > SHOWN {
        let rest: String = blockers.iter().skip(SHOWN).map(|f| item(f, sources, Remedies::All)).collect();
        out.push_str(&fold(&format!("{} more that block", blockers.len() - SHOWN), &rest));
    }
    out
}

/// How many remedies an item shows.
#[derive(Clone, Copy, PartialEq)]
enum Remedies {
    Best,
    All,
}

/// One finding as a list item.
fn item(finding: &Finding, sources: &SourceMap, remedies: Remedies) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "- **{}** {}: {} ({}){}",
        finding.severity.word(),
        escape::code(&finding.address),
        escape::markdown(&finding.title),
        finding.code,
        place(finding.span, sources)
    );
    for (label, text) in [("Means", &finding.consequence), ("Sum", &finding.formula), ("Note", &finding.note)]
    {
        if !text.is_empty() {
            let _ = writeln!(out, "  - {label}: {}", escape::markdown(text));
        }
    }
    let shown = if remedies == Remedies::All { finding.remedies.len() } else { 1 };
    for remedy in finding.remedies.iter().take(shown) {
        let _ = writeln!(out, "  - Fix: {}", escape::markdown(remedy));
    }
    out
}

fn place(span: Option<Span>, sources: &SourceMap) -> String {
    let Some(place) = span.map(|s| sources.place(s)) else { return String::new() };
    format!(" at {}", escape::code(&format!("{}:{}", place.file, place.line)))
}

fn folded(report: &Report) -> String {
    let mut out = String::new();
    let sources = &report.evaluation.sources;
    let least = report.gate.severity();
    let list = |standing: Option<Standing>| -> Vec<&Finding> {
        let wanted = report.findings.iter().filter(|j| j.standing == standing);
        wanted.map(|j| &j.finding).collect()
    };
    let now = if report.change.is_some() { list(Some(Standing::New)) } else { list(None) };
    let below: Vec<_> = now.into_iter().filter(|f| least.is_none_or(|l| f.severity < l)).collect();
    let items =
        |findings: &[&Finding]| findings.iter().map(|f| item(f, sources, Remedies::All)).collect::<String>();
    if !below.is_empty() {
        out.push_str(&fold(&words::count(below.len(), "further finding"), &items(&below)));
    }
    let known = list(Some(Standing::Unchanged));
    if !known.is_empty() {
        out.push_str(&fold(
            &format!("{} known before", words::count(known.len(), "finding")),
            &items(&known),
        ));
    }
    let accepted = list(Some(Standing::Accepted));
    if !accepted.is_empty() {
        let title = format!("{} accepted by the baseline", words::count(accepted.len(), "finding"));
        out.push_str(&fold(&title, &items(&accepted)));
    }
    let decided = super::text::decisions(report);
    let new = report.suppressed.iter().filter(|h| h.is_new).count();
    let title = match (report.suppressed.len(), new) {
        (0, _) => "Decided".to_owned(),
        (all, 0) => format!("{} suppressed", words::count(all, "finding")),
        (all, new) => format!("{} suppressed, {new} of them by this change", words::count(all, "finding")),
    };
    if !decided.is_empty() {
        out.push_str(&fold(&title, &escape::fenced("", &decided)));
    }
    if let Some(change) = &report.change {
        let title = format!("Changes: {}", super::text::change_counts(change));
        out.push_str(&fold(&title, &escape::fenced("diff", &diff(&changes(report)))));
    }
    let small = report.network.subnets.iter().filter(|s| s.verdict != Fit::Fits).count();
    let title =
        if small == 0 { "Address plan".to_owned() } else { format!("Address plan: {small} to look at") };
    out.push_str(&fold(&title, &escape::fenced("", &subnets(&report.network))));
    out.push_str(&fold("Cost by resource", &cost(report)));
    if let Some(drift) = &report.drift {
        let title = format!("Drift: {}", words::drift(report).unwrap_or_default());
        out.push_str(&fold(&title, &escape::fenced("diff", &diff(&drift_text(drift)))));
    }
    let open = super::text::not_judged(report);
    if !open.is_empty() {
        out.push_str(&fold(&format!("Not judged: {}", open.lines().count()), &escape::fenced("", &open)));
    }
    if !report.evaluation.diagnostics.is_empty() {
        let title =
            format!("{} of the code", words::count(report.evaluation.diagnostics.len(), "diagnostic"));
        out.push_str(&fold(&title, &diagnostics(report)));
    }
    out
}

/// A folded block. The title is foreign text.
fn fold(title: &str, body: &str) -> String {
    if body.trim().is_empty() {
        return String::new();
    }
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("\n<details><summary>{}</summary>\n\n{body}\n</details>\n", escape::line(&title))
}

/// Lines with the sign first, as a diff block colours them.
fn diff(text: &str) -> String {
    let line = |l: &str| {
        let trimmed = l.trim_start();
        match trimmed.split_once(' ') {
            Some(("-/+", rest)) => format!("!   {rest}"),
            Some((sign @ ("+" | "-" | "~"), rest)) => {
                format!("{} {rest}", if sign == "~" { "!" } else { sign })
            }
            _ => format!("  {l}"),
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn cost(report: &Report) -> String {
    let mut table = Table::new(["resource", ">low", ">expected", ">high"]);
    let currency = &report.cost.currency;
    let mut resources: Vec<_> = report.cost.resources.iter().filter(|r| !r.monthly.is_zero()).collect();
    resources
        .sort_by(|a, b| b.monthly.expected.cmp(&a.monthly.expected).then_with(|| a.address.cmp(&b.address)));
    for resource in resources {
        let m = &resource.monthly;
        table.row([
            Cell::code(resource.address.as_str()),
            money::amount(m.low, currency).into(),
            money::amount(m.expected, currency).into(),
            money::amount(m.high, currency).into(),
        ]);
    }
    let mut out = if table.is_empty() { String::new() } else { table.markdown() };
    for unpriced in &report.cost.unpriced {
        let _ = writeln!(
            out,
            "\n- unknown: {}: {}",
            escape::code(&unpriced.address),
            escape::markdown(&unpriced.reason)
        );
    }
    out
}

fn diagnostics(report: &Report) -> String {
    let sources = &report.evaluation.sources;
    let mut out = String::new();
    for d in &report.evaluation.diagnostics {
        let word = if d.is_error() { "error" } else { "warning" };
        let _ = writeln!(
            out,
            "- **{word}**{}: {}. {}",
            place(d.span, sources),
            escape::markdown(&d.summary),
            escape::markdown(&d.detail)
        );
    }
    out
}
