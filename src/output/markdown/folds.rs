//! What is folded: everything behind the verdict, each kind for all root modules together.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::blockers::item;
use super::dialect::Dialect;
use super::view::{LINES, View};
use crate::analysis::cost::CostReport;
use crate::analysis::finding::Finding;
use crate::analysis::network::estate::Verdict as Fit;
use crate::output::{money, text, words};
use crate::review::{Report, Standing};

/// A kind of detail, in the order in which it is given up for a host's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Cost,
    Plan,
    Known,
    Decided,
    Drift,
    NotJudged,
    Diagnostics,
    Remedies,
    Changes,
    Further,
    Roots,
    Blockers,
}

impl Kind {
    /// What it is, for telling that it was left out.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Cost => "cost by resource",
            Kind::Plan => "the address plan",
            Kind::Known => "findings known before",
            Kind::Decided => "what is suppressed or accepted",
            Kind::Drift => "drift",
            Kind::NotJudged => "what was not judged",
            Kind::Diagnostics => "diagnostics of the code",
            Kind::Remedies => "further remedies",
            Kind::Changes => "changes",
            Kind::Further => "further findings",
            Kind::Roots => "further root modules",
            Kind::Blockers => "details of what blocks",
        }
    }

    /// Shown also where nothing can be folded.
    pub(super) fn is_plain(self) -> bool {
        matches!(self, Kind::Changes | Kind::Further | Kind::Roots | Kind::Blockers)
    }
}

/// A folded block, in pieces of which the last are given up first.
pub(super) struct Fold {
    pub(super) kind: Kind,
    /// Plain text.
    pub(super) title: String,
    /// Stands in front of the pieces, such as the header of a table.
    pub(super) head: String,
    pub(super) pieces: Vec<String>,
}

impl Fold {
    /// The block as Markdown; a heading where nothing can be folded.
    pub(super) fn markdown(&self, dialect: &Dialect) -> String {
        let body = format!("{}{}", self.head, self.pieces.concat());
        if dialect.html {
            let title = dialect.html(&self.title);
            format!("\n<details><summary>{title}</summary>\n\n{body}\n</details>\n")
        } else {
            format!("\n#### {}\n\n{body}", dialect.prose(&self.title))
        }
    }
}

/// The details of all reports, in the order shown.
pub(super) fn gather(views: &[View<'_>]) -> Vec<Fold> {
    let several = views.len() > 1;
    let public = views.first().is_some_and(|v| v.options.public);
    // What each report says of a kind, under its name where there are several.
    let fold = |kind: Kind, title: &dyn Fn(usize) -> String, of: &dyn Fn(&View<'_>) -> (usize, String)| {
        let mut total = 0;
        let mut pieces = Vec::new();
        for view in views {
            let (n, body) = of(view);
            if body.trim().is_empty() {
                continue;
            }
            total += n;
            let name = if several {
                format!("\n**{}**\n\n", view.code(view.report.root.as_str()))
            } else {
                String::new()
            };
            pieces.push(format!("{name}{body}"));
        }
        Fold { kind, title: title(total), head: String::new(), pieces }
    };
    let counted = |what: &'static str| move |n: usize| words::count(n, what);
    let plain = |title: &'static str| move |_: usize| title.to_owned();
    let mut folds = vec![
        fold(Kind::Further, &counted("further finding"), &|v| items(v, &further(v.report))),
        fold(Kind::Changes, &plain("Changes"), &changes),
        fold(Kind::Drift, &plain("Drift that this change did not cause"), &drift),
        fold(Kind::NotJudged, &|n| format!("Not judged: {n}"), &not_judged),
        fold(Kind::Known, &|n| format!("{} known before", words::count(n, "finding")), &|v| {
            items(v, &standing(v.report, Standing::Unchanged))
        }),
        fold(Kind::Decided, &plain("Decided: suppressed, accepted, edited settings"), &decided),
        fold(Kind::Cost, &plain("Cost by resource"), &cost),
        fold(Kind::Remedies, &plain("Every remedy for what blocks"), &remedies),
        fold(Kind::Diagnostics, &|n| format!("{} of the code", words::count(n, "diagnostic")), &diagnostics),
    ];
    if !public {
        let small = |n: usize| {
            if n == 0 { "Address plan".to_owned() } else { format!("Address plan: {n} to look at") }
        };
        folds.insert(2, fold(Kind::Plan, &small, &address_plan));
    }
    folds.retain(|f| !f.pieces.is_empty());
    folds
}

fn standing(report: &Report, standing: Standing) -> Vec<&Finding> {
    report.findings.iter().filter(|j| j.standing == Some(standing)).map(|j| &j.finding).collect()
}

/// What counts and does not block.
fn further(report: &Report) -> Vec<&Finding> {
    let least = report.gate.severity();
    report.counted().filter(|f| least.is_none_or(|l| f.severity < l)).collect()
}

fn items(view: &View<'_>, findings: &[&Finding]) -> (usize, String) {
    let mut out: String = findings.iter().take(LINES).map(|f| item(view, f, usize::MAX)).collect();
    if findings.len() > LINES {
        let _ = writeln!(out, "- and {} more", findings.len() - LINES);
    }
    (findings.len(), out)
}

fn remedies(view: &View<'_>) -> (usize, String) {
    let choices: Vec<&Finding> = view.report.blockers().filter(|f| f.remedies.len() > 1).collect();
    if view.options.public { (0, String::new()) } else { items(view, &choices) }
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

fn changes(view: &View<'_>) -> (usize, String) {
    let Some(change) = &view.report.change else { return (0, String::new()) };
    let quiet = change.resources.is_empty()
        && change.fixed.is_empty()
        && change.cost.change.is_zero()
        && crate::analysis::network::delta(&change.network, &view.report.network).is_empty();
    if quiet {
        return (0, String::new());
    }
    let shown = if view.options.public { names(view.report) } else { text::changes(view.report) };
    (change.resources.len(), view.block("diff", &diff(&shown)))
}

/// What changes, by name: in a public repository no value is shown.
fn names(report: &Report) -> String {
    let mut out = String::new();
    for resource in report.change.iter().flat_map(|c| &c.resources) {
        let _ = writeln!(out, "  {} {}", text::sign(resource.action), resource.address);
        for attribute in &resource.attributes {
            let _ = writeln!(out, "      {}  [{}]", attribute.attribute, words::effect(attribute.effect));
        }
    }
    if let Some(change) = &report.change {
        let _ = writeln!(out, "  cost: {}", money::change(&change.cost.change, &change.cost.currency));
        for finding in &change.fixed {
            let _ = writeln!(out, "  fixed: {} {}", finding.code, finding.address);
        }
    }
    out
}

fn address_plan(view: &View<'_>) -> (usize, String) {
    let network = &view.report.network;
    let small = network.subnets.iter().filter(|s| s.verdict != Fit::Fits).count();
    let shown = text::subnets(network);
    (small, if shown.trim().is_empty() { shown } else { view.block("", &shown) })
}

/// What differs from the live estate, without what this change is about to make so.
fn drift(view: &View<'_>) -> (usize, String) {
    let Some(drift) = &view.report.drift else { return (0, String::new()) };
    let touched: BTreeSet<&str> =
        view.report.change.iter().flat_map(|c| &c.resources).map(|r| r.address.as_str()).collect();
    let mut out = String::new();
    let others = drift.report.resources.iter().filter(|r| !touched.contains(r.address.as_str()));
    for resource in others.filter(|r| r.differs()) {
        if view.options.public {
            let names: Vec<&str> = resource.differences.iter().map(|d| d.attribute.as_str()).collect();
            let _ = writeln!(out, "  ~ {}: {:?} {}", resource.address, resource.status, names.join(", "));
        } else {
            out.push_str(&text::drift_of(resource));
        }
    }
    let caused =
        drift.report.resources.iter().filter(|r| touched.contains(r.address.as_str()) && r.differs());
    let caused = caused.count();
    if caused > 0 {
        let _ = writeln!(out, "  {} of this change differ as well", words::count(caused, "resource"));
    }
    if !view.options.public {
        out.push_str(&text::accepted(drift));
    }
    let quiet = text::quiet(&drift.report);
    if !quiet.is_empty() && !out.is_empty() {
        let _ = writeln!(out, "  {quiet}");
    }
    if !drift.report.complete {
        out.push_str("  incomplete: what could not be read or compared proves nothing\n");
    }
    (0, if out.is_empty() { out } else { view.block("diff", &diff(&out)) })
}

fn not_judged(view: &View<'_>) -> (usize, String) {
    let open = text::not_judged(view.report);
    (
        open.lines().count(),
        if open.is_empty() || view.options.public { String::new() } else { view.block("", &open) },
    )
}

fn decided(view: &View<'_>) -> (usize, String) {
    let accepted = items(view, &standing(view.report, Standing::Accepted)).1;
    let shown = text::decisions(view.report);
    (0, if shown.is_empty() { accepted } else { format!("{}\n{accepted}", view.block("", &shown)) })
}

fn cost(view: &View<'_>) -> (usize, String) {
    let report: &CostReport = &view.report.cost;
    let table = text::cost_table(report, |resource| {
        let assumed: Vec<&str> = resource.components.iter().filter_map(|c| c.assumption.as_deref()).collect();
        if view.options.public { String::new() } else { assumed.join("; ") }
    });
    let mut out = String::new();
    if report.resources.iter().any(|r| !r.monthly.is_zero()) {
        out = format!("{}\nPrices of {}.\n", view.table(&table), view.prose(&report.prices.as_of));
    }
    for unpriced in &report.unpriced {
        let why =
            if view.options.public { String::new() } else { format!(": {}", view.prose(&unpriced.reason)) };
        let _ = writeln!(out, "\n- unknown: {}{why}", view.code(&unpriced.address));
    }
    (0, out)
}

fn diagnostics(view: &View<'_>) -> (usize, String) {
    let diagnostics = &view.report.evaluation.diagnostics;
    let mut out = String::new();
    for d in diagnostics {
        let word = if d.is_error() { "error" } else { "warning" };
        let place = d.span.map(|s| format!(" at {}", view.place(s))).unwrap_or_default();
        let detail = if view.options.public { String::new() } else { format!(". {}", view.prose(&d.detail)) };
        let _ = writeln!(out, "- **{word}**{place}: {}{detail}", view.prose(&d.summary));
    }
    (diagnostics.len(), out)
}
