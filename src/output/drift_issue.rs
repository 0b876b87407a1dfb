//! The drift of a root module as an issue: one sentence, what differs, how to look at it.
//!
//! No time and no number of a run stand in it, so that the same drift gives the same text each night.

use super::markdown::Dialect;
use super::text::drift as listing;
use super::{escape, words};
use crate::analysis::changes::Status;
use crate::review::Drift;
use crate::review::redact::Redactor;

/// How the text of an issue is written.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Markdown of a host.
    Markdown(&'static Dialect),
    /// HTML, as work items of Azure DevOps have it.
    Html,
}

/// The most lines of what differs; the rest is a command away.
const LINES: usize = 300;

/// The issue of a root module.
#[derive(Debug)]
pub struct DriftIssue<'a> {
    /// Its folder in the checkout.
    pub root: &'a str,
    /// What differs.
    pub drift: &'a Drift,
    /// What must not be shown.
    pub redactor: &'a Redactor,
}

impl DriftIssue<'_> {
    /// One line of plain text.
    pub fn title(&self) -> String {
        self.redactor.text(&format!("Drift: {}", escape::line(self.root)))
    }

    /// The sentence at the top, in plain text.
    pub fn sentence(&self) -> String {
        let report = &self.drift.report;
        let parts: Vec<String> = [
            (Status::Changed, "differ"),
            (Status::Missing, "missing"),
            (Status::Unmanaged, "declared nowhere"),
        ]
        .into_iter()
        .map(|(status, word)| (self.drift.count(status), word))
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{} {word}", words::count(n, "resource")))
        .collect();
        let rest = if report.complete { "" } else { "; not everything could be compared" };
        format!("{} and Azure are not the same: {}{rest}.", self.root, parts.join(", "))
    }

    /// The text while something differs.
    pub fn differs(&self, form: Form) -> String {
        let all = self.redactor.text(&listing(self.drift));
        let total = all.lines().count();
        let mut shown: String = all.lines().take(LINES).map(|line| format!("{line}\n")).collect();
        if total > LINES {
            shown.push_str(&format!("  and {} more lines\n", total - LINES));
        }
        let look = format!("trueup drift {} --live azure --who", self.root);
        let sentence = self.redactor.text(&self.sentence());
        let after =
            "It is closed by the first comparison that finds nothing. What is meant to stay is accepted with";
        match form {
            Form::Markdown(dialect) => {
                let list = dialect.fenced("text", &shown);
                let (sentence, look) = (dialect.prose(&sentence), dialect.code(&look));
                let accept = dialect.code("trueup drift accept");
                format!(
                    "{sentence}\n\n{list}\n\nTo look at it, and who did it: {look}\n\n{after} {accept}.\n"
                )
            }
            Form::Html => format!(
                "<p>{}</p><pre>{}</pre><p>To look at it, and who did it: <code>{}</code></p><p>{after} <code>trueup \
                 drift accept</code>.</p>",
                escape::xml(&sentence),
                escape::xml(&shown),
                escape::xml(&look)
            ),
        }
    }

    /// The text once nothing differs any more.
    pub fn recovered(&self, form: Form) -> String {
        let sentence = self.redactor.text(&format!("{} and Azure are the same again.", self.root));
        match form {
            Form::Markdown(dialect) => format!("{}\n", dialect.prose(&sentence)),
            Form::Html => format!("<p>{}</p>", escape::xml(&sentence)),
        }
    }
}
