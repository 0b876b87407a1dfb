//! One report as a comment may show it: redacted, then made inert, each place linked.

use super::comment::Options;
use super::dialect::{Dialect, attribute};
use crate::analysis::finding::Finding;
use crate::analysis::rules;
use crate::output::escape::clip;
use crate::output::table::Table;
use crate::review::Report;
use crate::terraform::source::Span;

/// The most characters of one text; what is longer is cut.
const LONGEST: usize = 600;
/// The most lines of one block, and the most characters of one of its lines.
pub(super) const LINES: usize = 200;
const WIDTH: usize = 300;

/// A report and how it is shown.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) report: &'a Report,
    pub(super) dialect: &'static Dialect,
    pub(super) options: &'a Options<'a>,
}

impl View<'_> {
    /// Text of code or of Azure as prose.
    pub(super) fn prose(&self, text: &str) -> String {
        self.dialect.prose(&clip(&self.report.redactor.text(text), LONGEST))
    }

    /// A name of code as a code span.
    pub(super) fn code(&self, text: &str) -> String {
        self.dialect.code(&clip(&self.report.redactor.text(text), LONGEST))
    }

    /// Lines as a fenced block, cut where they are too many.
    pub(super) fn block(&self, language: &str, text: &str) -> String {
        let text = self.report.redactor.text(text);
        let mut lines: Vec<String> = text.lines().take(LINES).map(|l| clip(l, WIDTH)).collect();
        let more = text.lines().count().saturating_sub(LINES);
        if more > 0 {
            lines.push(format!("… and {more} more lines"));
        }
        self.dialect.fenced(language, &lines.join("\n"))
    }

    /// A table, cut where it has too many rows.
    pub(super) fn table(&self, table: &Table) -> String {
        let shown = |text: &str| clip(&self.report.redactor.text(text), LONGEST);
        let (head, rows) =
            table.markdown_rows(|t| self.dialect.cell(&shown(t)), |t| self.dialect.prose(&shown(t)));
        let more = rows.len().saturating_sub(LINES);
        let more = if more > 0 { format!("\n… and {more} more rows\n") } else { String::new() };
        format!("{head}{}{more}", rows.iter().take(LINES).map(String::as_str).collect::<String>())
    }

    /// File and line, as a link where the file is one of the repository.
    pub(super) fn place(&self, span: Span) -> String {
        let place = self.report.evaluation.sources.place(span);
        let shown = self.code(&format!("{}:{}", place.file, place.line));
        match self.url(span) {
            Some(url) => format!("[{shown}]({url})"),
            None => shown,
        }
    }

    /// The address of a place on the host.
    pub(super) fn url(&self, span: Span) -> Option<String> {
        let web = self.options.web.as_ref()?;
        let place = self.report.evaluation.sources.place(span);
        let path = self.report.naming.in_checkout(&place.file)?;
        // What was fetched is not in the repository.
        let fetched = path.components().any(|c| matches!(c.as_str(), ".terraform" | ".trueup"));
        let lines = (u32::try_from(place.line).ok()?, u32::try_from(place.line).ok()?);
        (!fetched && !place.file.as_str().starts_with('<'))
            .then(|| self.dialect.file_url(web, path.as_str(), lines.0, lines.1))
    }

    /// The texts of a finding. In a public repository those of its rule, which hold no values.
    pub(super) fn texts(&self, finding: &Finding) -> Texts {
        if !self.options.public {
            return Texts {
                title: finding.title.clone(),
                consequence: finding.consequence.to_string(),
                formula: finding.formula.clone(),
                note: finding.note.clone(),
                remedies: finding.remedies.iter().map(|r| r.to_string()).collect(),
            };
        }
        let meta = rules::find(&finding.code).map(|rule| rule.meta());
        let plain = || finding.name.replace('-', " ");
        Texts {
            title: meta.map_or_else(plain, |m| m.title.to_owned()),
            consequence: meta.map_or_else(String::new, |m| m.why.to_owned()),
            remedies: meta.map(|m| m.fix.to_owned()).into_iter().collect(),
            ..Texts::default()
        }
    }
}

/// The texts of a finding, not escaped.
#[derive(Default)]
pub(super) struct Texts {
    pub(super) title: String,
    pub(super) consequence: String,
    pub(super) formula: String,
    pub(super) note: String,
    pub(super) remedies: Vec<String>,
}

/// A link; the text is Markdown.
pub(super) fn link(text: &str, url: &str) -> String {
    format!("[{text}]({})", attribute(url))
}
