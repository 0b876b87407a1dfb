//! Findings and diagnostics with the lines they are about.

use serde::Serialize;

use super::{Section, standing};
use crate::analysis::finding::Finding;
use crate::output::excerpt::{Quote, quote};
use crate::output::words;
use crate::review::redact::Redactor;
use crate::review::{Report, Standing};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::Evaluation;
use crate::terraform::source::{SourceMap, Span};

/// Data of `findings.html`.
#[derive(Serialize)]
struct Group {
    /// Shown when the page opens, or folded.
    open: bool,
    /// The heading of a folded group.
    title: String,
    items: Vec<Item>,
}

/// A finding or a diagnostic.
#[derive(Serialize)]
struct Item {
    /// `high`, `error`, ...: the word that is shown.
    severity: &'static str,
    code: String,
    name: String,
    address: String,
    title: String,
    standing: Option<&'static str>,
    /// The text at fault first.
    quotes: Vec<Quote>,
    /// What it means, the sum, a note.
    facts: Vec<(&'static str, String)>,
    remedies: Vec<String>,
}

struct View<'a> {
    sources: &'a SourceMap,
    redactor: &'a Redactor,
}

impl View<'_> {
    fn quotes(&self, span: Option<Span>, because: &[(Span, String)]) -> Vec<Quote> {
        let holds = |outer: &Span| {
            span.is_some_and(|s| s.file == outer.file && outer.start <= s.start && s.end <= outer.end)
        };
        // An attribute that holds the text at fault says nothing more.
        let because = because.iter().filter(|(s, label)| !(label == "used here" && holds(s)));
        let all = span.map(|s| (s, "")).into_iter().chain(because.map(|(s, label)| (*s, label.as_str())));
        all.map(|(span, label)| quote(self.sources, self.redactor, span, label)).collect()
    }

    fn finding(&self, finding: &Finding, known: Option<Standing>) -> Item {
        let facts = [("Means", &*finding.consequence), ("Sum", &*finding.formula), ("Note", &*finding.note)];
        Item {
            severity: finding.severity.word(),
            code: finding.code.to_string(),
            name: finding.name.to_string(),
            address: finding.address.to_string(),
            title: finding.title.clone(),
            standing: standing(known),
            quotes: self.quotes(finding.span, &finding.because),
            facts: facts.into_iter().filter(|(_, t)| !t.is_empty()).map(|(l, t)| (l, t.to_owned())).collect(),
            remedies: finding.remedies.iter().map(|r| r.to_string()).collect(),
        }
    }

    fn diagnostic(&self, diagnostic: &Diagnostic) -> Item {
        let detail = Some(("Means", diagnostic.detail.clone())).filter(|(_, t)| !t.is_empty());
        Item {
            severity: if diagnostic.is_error() { "error" } else { "warning" },
            code: String::new(),
            name: String::new(),
            address: String::new(),
            title: diagnostic.summary.clone(),
            standing: None,
            quotes: self.quotes(diagnostic.span, &diagnostic.related),
            facts: detail.into_iter().collect(),
            remedies: Vec::new(),
        }
    }

    fn diagnostics(&self, evaluation: &Evaluation) -> Option<Section> {
        let items: Vec<Item> = evaluation.diagnostics.iter().map(|d| self.diagnostic(d)).collect();
        section("code", "What the code lacks", vec![Group { open: true, title: String::new(), items }])
    }
}

fn section(id: &'static str, title: &'static str, mut groups: Vec<Group>) -> Option<Section> {
    groups.retain(|g| !g.items.is_empty());
    (!groups.is_empty()).then(|| Section::new(id, title, "findings.html", groups))
}

/// Errors of the code, what blocks, and the rest folded.
pub(super) fn of_review(report: &Report) -> Vec<Section> {
    let view = View { sources: &report.evaluation.sources, redactor: &report.redactor };
    let least = report.gate.severity();
    let mut groups = [Vec::new(), Vec::new(), Vec::new()];
    for judged in &report.findings {
        let blocks = least.is_some_and(|l| judged.finding.severity >= l);
        let at = match judged.standing {
            Some(Standing::Unchanged | Standing::Accepted) => 2,
            _ if blocks => 0,
            _ => 1,
        };
        if let Some(group) = groups.get_mut(at) {
            group.push(view.finding(&judged.finding, judged.standing));
        }
    }
    let [blocking, further, known] = groups;
    let count = |items: &[Item], one: &str| words::count(items.len(), one);
    let groups = vec![
        Group { open: true, title: format!("{} that block", count(&blocking, "finding")), items: blocking },
        Group { open: false, title: count(&further, "further finding"), items: further },
        Group {
            open: false,
            title: format!("{} known before or accepted", count(&known, "finding")),
            items: known,
        },
    ];
    let code = view.diagnostics(&report.evaluation);
    code.into_iter().chain(section("findings", "Findings", groups)).collect()
}

/// Errors of the code and the findings of a facet, all of them open.
pub(super) fn of_facet(evaluation: &Evaluation, found: &[Finding], redactor: &Redactor) -> Vec<Section> {
    let view = View { sources: &evaluation.sources, redactor };
    let items: Vec<Item> = found.iter().map(|f| view.finding(f, None)).collect();
    let title = words::count(items.len(), "finding");
    let code = view.diagnostics(evaluation);
    code.into_iter()
        .chain(section("findings", "Findings", vec![Group { open: true, title, items }]))
        .collect()
}
