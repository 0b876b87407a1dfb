//! What blocks, each thing once: a shared module at fault in forty root modules is one blocker.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::dialect::Dialect;
use super::view::View;
use crate::analysis::finding::{Finding, Severity};
use crate::output::escape::clip;

/// How many root modules a blocker names.
const ROOTS: usize = 5;

/// A finding, and the root modules that have it.
pub(super) struct Blocker<'a> {
    pub(super) view: View<'a>,
    pub(super) finding: &'a Finding,
    roots: Vec<&'a str>,
}

/// What is alike: rule, file and line, and, without a line, address.
type Key<'a> = (std::cmp::Reverse<Severity>, &'a str, String);

/// The blockers of all reports, the gravest first.
pub(super) fn gather<'a>(views: &[View<'a>]) -> Vec<Blocker<'a>> {
    let mut all: BTreeMap<Key<'a>, Blocker<'a>> = BTreeMap::new();
    for view in views {
        for finding in view.report.blockers() {
            let place = finding.span.map(|s| view.report.evaluation.sources.place(s));
            let at = match place {
                // Instances of one line are told apart by their address.
                Some(p) => format!("{}:{:06} {}", view.report.naming.path(&p.file), p.line, finding.address),
                None => format!("{} {}", finding.address, view.report.root),
            };
            let key = (std::cmp::Reverse(finding.severity), &*finding.code, at);
            let blocker =
                all.entry(key).or_insert_with(|| Blocker { view: *view, finding, roots: Vec::new() });
            let root = view.report.root.as_str();
            if !blocker.roots.contains(&root) {
                blocker.roots.push(root);
            }
        }
    }
    all.into_values().collect()
}

impl Blocker<'_> {
    /// In full, as a list item.
    pub(super) fn full(&self, several: bool) -> String {
        let mut out = item(&self.view, self.finding, 1);
        if several && !self.says_its_root() {
            let _ = writeln!(out, "  - In: {}", roots(self.view.dialect, &self.roots));
        }
        out
    }

    /// True when the place alone tells which root module it is.
    fn says_its_root(&self) -> bool {
        let report = self.view.report;
        let place = self.finding.span.map(|s| report.evaluation.sources.place(s));
        let own = place.is_some_and(|p| p.file.starts_with(&report.root));
        own && self.roots.len() == 1
    }

    /// In one line.
    pub(super) fn short(&self) -> String {
        let view = &self.view;
        let more = if self.roots.len() > 1 {
            format!(", in {} root modules", self.roots.len())
        } else {
            String::new()
        };
        let title =
            view.dialect.prose(&clip(&view.report.redactor.text(&view.texts(self.finding).title), 120));
        format!("- **{}** {}: {title}{}{more}\n", self.finding.severity.word(), self.subject(), self.at())
    }

    fn subject(&self) -> String {
        subject(&self.view, self.finding)
    }

    fn at(&self) -> String {
        self.finding.span.map(|s| format!(", {}", self.view.place(s))).unwrap_or_default()
    }
}

fn subject(view: &View<'_>, finding: &Finding) -> String {
    if finding.address.is_empty() { view.code(&finding.code) } else { view.code(&finding.address) }
}

/// Root modules by name, the first of them.
pub(super) fn roots(dialect: &Dialect, roots: &[&str]) -> String {
    let named: Vec<String> = roots.iter().take(ROOTS).map(|r| dialect.code(&clip(r, 120))).collect();
    match roots.len().saturating_sub(ROOTS) {
        0 => named.join(", "),
        more => format!("{} and {more} more root modules", named.join(", ")),
    }
}

/// A finding as a list item with at most so many of its remedies.
pub(super) fn item(view: &View<'_>, finding: &Finding, remedies: usize) -> String {
    let texts = view.texts(finding);
    let mut out = format!(
        "- **{}** {}: {} ({})",
        finding.severity.word(),
        subject(view, finding),
        view.prose(&texts.title),
        view.code(&finding.code)
    );
    if let Some(span) = finding.span {
        let _ = write!(out, " at {}", view.place(span));
    }
    out.push('\n');
    let parts = [("Means", &texts.consequence), ("Sum", &texts.formula), ("Note", &texts.note)];
    for (label, text) in parts.into_iter().filter(|(_, text)| !text.is_empty()) {
        let _ = writeln!(out, "  - {label}: {}", view.prose(text));
    }
    for remedy in texts.remedies.iter().take(remedies) {
        let _ = writeln!(out, "  - Fix: {}", view.prose(remedy));
    }
    out
}
