//! The review for a terminal: the verdict, a summary, findings with their source, then the tables.

mod cost;
mod decided;
mod living;
mod sections;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style as Ansi};

use super::excerpt::{Excerpts, Style};
use super::{escape, overview, words};
use crate::review::{Outcome, Report, Reviews, Standing, Verdict};

pub use cost::{bill, cost, cost_change};
pub(super) use cost::{bill_table, change_table, cost_table, reasons};
pub use decided::decided;
pub(super) use decided::decisions;
pub(super) use living::{accepted, is_shown, known_to_state, news};
pub use sections::{
    address_changes, changes, changes_of_addresses, drift, outcomes, planned, resources, rules, sizing,
    subnets,
};
pub(super) use sections::{
    change_counts, drift_of, figures, forecasts, in_use, not_judged, plan_table, pod_cidrs, quiet, sign,
    subnet_table, undecided,
};

/// Renders a report.
pub fn render(report: &Report, style: Style) -> String {
    let paint = Paint { color: style.color };
    let excerpts = Excerpts::new(&report.evaluation.sources, &report.redactor, style);
    let mut out = String::new();
    for diagnostic in &report.evaluation.diagnostics {
        out.push_str(&excerpts.diagnostic(diagnostic));
        out.push('\n');
    }
    for judged in report.findings.iter().filter(|j| j.counts()) {
        out.push_str(&excerpts.finding(&judged.finding));
        out.push('\n');
    }
    if report.resources.is_empty() && !report.is_complete() {
        // Nothing was evaluated: empty tables would look like an answer.
        let _ = writeln!(out, "{}", paint.verdict(report.verdict(), &escape::line(&words::headline(report))));
        return report.redactor.text(&out);
    }
    if report.change.is_some() {
        section(&mut out, &paint, "Change", &changes(report));
    }
    section(&mut out, &paint, "Addresses", &subnets(&report.network));
    section(&mut out, &paint, "Cost", &cost(&report.cost));
    if let Some(found) = &report.drift {
        section(&mut out, &paint, "Drift", &drift(found));
    }
    section(&mut out, &paint, "Decided", &decisions(report));
    section(&mut out, &paint, "Not judged", &not_judged(report));
    summary(&mut out, report, &paint);
    report.redactor.text(&out)
}

/// Renders the reviews of several root modules: each by itself, then all in a table, the worst first.
pub fn reviews(reviews: &Reviews, style: Style) -> String {
    let paint = Paint { color: style.color };
    let mut out = String::new();
    for reviewed in &reviews.roots {
        let title = format!("── {} ", escape::line(reviewed.root.as_str()));
        let _ = writeln!(
            out,
            "{}",
            paint.bold(&format!("{title}{}", "─".repeat(78_usize.saturating_sub(title.chars().count()))))
        );
        for why in &reviewed.why {
            let _ = writeln!(out, "  {}", paint.dim(&escape::line(why)));
        }
        let _ = match &reviewed.outcome {
            Outcome::Done(report) => writeln!(out, "\n{}", render(report, style)),
            Outcome::Failed(why) => writeln!(out, "  error: {}\n", escape::terminal(why)),
            Outcome::Gone { resources } => writeln!(
                out,
                "  removed: {} declared no more, and nothing destroys what there is\n",
                words::count(*resources, "resource")
            ),
        };
    }
    if reviews.roots.is_empty() {
        out.push_str("  No root module is touched.\n");
    }
    for setting in reviews.settings() {
        let _ = writeln!(
            out,
            "  this change edits {}: what the base has holds until it is merged",
            escape::line(setting)
        );
    }
    let table = overview::of_several(&reviews.worst_first());
    if !table.is_empty() {
        let _ = writeln!(out, "{}", table.text(2));
    }
    let verdict = escape::line(&overview::headline(reviews));
    let _ = writeln!(out, "{}", paint.verdict(reviews.verdict(), &verdict));
    out
}

fn section(out: &mut String, paint: &Paint, title: &str, body: &str) {
    if !body.is_empty() {
        let _ = writeln!(out, "{}\n{body}", paint.bold(title));
    }
}

/// The summary stands last: it is what a person sees when the run ends.
fn summary(out: &mut String, report: &Report, paint: &Paint) {
    let total: usize = report.resources.values().sum();
    let mut row = |name: &str, text: String| {
        let _ = writeln!(out, "  {}  {}", paint.dim(&format!("{name:<9}")), escape::line(&text));
    };
    row("root", format!("{}, {}", report.root, words::count(total, "resource")));
    if let Some(change) = &report.change {
        row("change", format!("{} against {}", change_counts(change), change.base));
    }
    row("addresses", words::addresses(&report.network.subnets));
    row("cost", words::cost(report));
    row("security", words::security(report));
    if let Some(text) = report.drift.as_ref().map(words::drift) {
        row("drift", text);
    }
    if let Some(change) = &report.change {
        let known = report.findings.iter().filter(|j| j.standing == Some(Standing::Unchanged)).count();
        row("findings", format!("{} known before, {} fixed", known, change.fixed.len()));
    }
    if !report.beside.is_empty() {
        row("beside", report.beside.iter().map(|dir| dir.as_str()).collect::<Vec<_>>().join(", "));
    }
    for gap in &report.gaps {
        row("gap", gap.clone());
    }
    let verdict = words::headline(report);
    let _ = writeln!(out, "\n{}", paint.verdict(report.verdict(), &escape::line(&verdict)));
}

/// Colours, or none.
pub(super) struct Paint {
    color: bool,
}

impl Paint {
    fn with(&self, style: Ansi, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        self.with(Ansi::new().bold(), text)
    }

    fn dim(&self, text: &str) -> String {
        self.with(Ansi::new().dimmed(), text)
    }

    fn verdict(&self, verdict: Verdict, text: &str) -> String {
        let color = match verdict {
            Verdict::Blocked => AnsiColor::Red,
            Verdict::Incomplete | Verdict::Attention => AnsiColor::Yellow,
            Verdict::Clean => AnsiColor::Green,
        };
        self.with(Ansi::new().bold().fg_color(Some(color.into())), text)
    }
}
