//! Source excerpts with carets, as rustc shows them.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use serde::Serialize;

use super::escape;
use crate::analysis::finding::{Finding, Severity, USED_HERE};
use crate::review::redact::Redactor;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::{FileId, SourceFile, SourceMap, Span};

/// How text output looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
    /// Columns to render within.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Style { color: false, width: 120 }
    }
}

/// Renders diagnostics and findings with the text they are about.
pub struct Excerpts<'a> {
    sources: &'a SourceMap,
    redactor: &'a Redactor,
    renderer: Renderer,
}

/// Lines of a source with the part that is meant, for outputs that draw them themselves.
#[derive(Clone, Debug, Serialize)]
pub struct Quote {
    /// The file as shown.
    pub path: String,
    /// The first line, from 1.
    pub line: usize,
    /// What the place has to do with the finding; empty for the text at fault.
    pub label: String,
    /// The lines; empty when they are far too long to be shown.
    pub lines: Vec<QuotedLine>,
}

/// A line in three parts.
#[derive(Clone, Debug, Serialize)]
pub struct QuotedLine {
    /// Its number.
    pub number: usize,
    /// What stands before the part that is meant.
    pub before: String,
    /// The part that is meant.
    pub meant: String,
    /// What follows.
    pub after: String,
}

/// The lines of a span, redacted, without control characters.
pub fn quote(sources: &SourceMap, redactor: &Redactor, span: Span, label: &str) -> Quote {
    let file = sources.file(span.file);
    let first = file.position(span.start as usize).line;
    let begin = file.offset(first);
    let last = last_line(file, span);
    let longest = (first..=last).map(|l| file.offset(l + 1) - file.offset(l)).max().unwrap_or(0);
    let mut lines = Vec::new();
    if longest <= MAX_WIDTH {
        let text = file.text.get(begin..file.offset(last + 1)).unwrap_or("");
        let text = escape::same_length(&redactor.source(text));
        let meant = (span.start as usize).saturating_sub(begin)..(span.end as usize).saturating_sub(begin);
        let mut at = 0;
        for (number, line) in (first..).zip(text.split_inclusive('\n')) {
            let shown = line.trim_end_matches('\n');
            let cut = |byte: usize| {
                let byte = byte.clamp(at, at + shown.len()) - at;
                (byte..shown.len()).find(|i| shown.is_char_boundary(*i)).unwrap_or(shown.len())
            };
            let (from, to) = (cut(meant.start), cut(meant.end));
            let part = |a: usize, b: usize| shown.get(a..b).unwrap_or_default().to_owned();
            lines.push(QuotedLine {
                number,
                before: part(0, from),
                meant: part(from, to),
                after: part(to, shown.len()),
            });
            at += line.len();
        }
    }
    Quote { path: file.path.to_string(), line: first, label: label.to_owned(), lines }
}

/// The last line of a span that is shown.
fn last_line(file: &SourceFile, span: Span) -> usize {
    let first = file.position(span.start as usize).line;
    let last = file.position((span.end.max(span.start + 1) - 1) as usize).line;
    last.min(first + MAX_LINES - 1)
}

/// A span, its label, and whether it is the one at fault.
type Mark = (Span, String, AnnotationKind);

/// The longest line that is shown, in bytes.
const MAX_WIDTH: usize = 4096;

/// Lines shown of one span at most; a longer span shows its first lines.
const MAX_LINES: usize = 6;

impl<'a> Excerpts<'a> {
    /// A renderer over these sources.
    pub fn new(sources: &'a SourceMap, redactor: &'a Redactor, style: Style) -> Self {
        let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.term_width(style.width).decor_style(DecorStyle::Ascii);
        Excerpts { sources, redactor, renderer }
    }

    /// A diagnostic: summary, excerpt, detail.
    pub fn diagnostic(&self, diagnostic: &Diagnostic) -> String {
        let level = if diagnostic.is_error() { Level::ERROR } else { Level::WARNING };
        let title = self.text(&diagnostic.summary);
        let mut marks: Vec<Mark> = Vec::new();
        marks.extend(diagnostic.span.map(|s| (s, String::new(), AnnotationKind::Primary)));
        marks.extend(diagnostic.related.iter().map(|(s, l)| (*s, self.text(l), AnnotationKind::Context)));
        let notes = vec![(Level::NOTE.no_name(), self.text(&diagnostic.detail))];
        self.render(level.primary_title(title), marks, notes)
    }

    /// A finding: title, excerpt, consequence, arithmetic, remedies.
    pub fn finding(&self, finding: &Finding) -> String {
        let level = match finding.severity {
            Severity::Critical | Severity::High => Level::ERROR,
            Severity::Medium => Level::WARNING,
            Severity::Low => Level::NOTE,
            Severity::Info => Level::INFO,
        };
        let name = finding.severity.word();
        let title = match &*finding.address {
            "" => self.text(&finding.title),
            address => format!("{}: {}", self.text(address), self.text(&finding.title)),
        };
        let mut marks: Vec<Mark> = Vec::new();
        marks.extend(finding.span.map(|s| (s, String::new(), AnnotationKind::Primary)));
        // An attribute that holds the text at fault says nothing more.
        let holds = |outer: &Span| {
            finding.span.is_some_and(|s| s.file == outer.file && outer.start <= s.start && s.end <= outer.end)
        };
        let because = finding.because.iter().filter(|(s, l)| !(l == USED_HERE && holds(s)));
        marks.extend(because.map(|(s, l)| (*s, self.text(l), AnnotationKind::Context)));
        let mut notes = Vec::new();
        for (label, text) in
            [("means", &*finding.consequence), ("sum", &*finding.formula), ("note", &*finding.note)]
        {
            if !text.is_empty() {
                notes.push((Level::NOTE.with_name(label), self.text(text)));
            }
        }
        for remedy in &finding.remedies {
            notes.push((Level::HELP.with_name("fix"), self.text(remedy)));
        }
        let id = format!("{} {}", finding.code, finding.name);
        self.render(level.with_name(name).primary_title(title).id(id), marks, notes)
    }

    fn text(&self, text: &str) -> String {
        escape::terminal(&self.redactor.text(text))
    }

    fn render(
        &self,
        title: annotate_snippets::Title<'_>,
        marks: Vec<Mark>,
        notes: Vec<(Level<'_>, String)>,
    ) -> String {
        let mut elements: Vec<Element<'_>> = Vec::new();
        // One snippet per file and neighbourhood: the first mark's file first.
        let mut rest = marks;
        while let Some(first) = rest.first().map(|m| m.0) {
            let near = |m: &Mark| m.0.file == first.file;
            let (here, other): (Vec<Mark>, Vec<Mark>) = rest.into_iter().partition(near);
            elements.push(match self.far_too_long(first) {
                Some(origin) => origin.into(),
                None => self.snippet(first.file, &here).into(),
            });
            rest = other;
        }
        for (level, text) in notes.iter().filter(|(_, t)| !t.is_empty()) {
            elements.push(level.clone().message(text.as_str()).into());
        }
        let group: Group<'_> = title.elements(elements);
        let mut text = self.renderer.render(&[group]);
        text.push('\n');
        text
    }

    /// A line of a generated file may be as long as the file: its place alone is shown.
    fn far_too_long(&self, span: Span) -> Option<Origin<'a>> {
        let file = self.sources.file(span.file);
        let at = file.position(span.start as usize);
        let length = file.offset(at.line + 1) - file.offset(at.line);
        (length > MAX_WIDTH).then(|| {
            let path = escape::line(file.path.as_str());
            Origin::path(path).line(at.line).char_column(at.column)
        })
    }

    /// One file's lines around the marks. Only these lines are handed to the renderer: a file may be
    /// ten megabytes long.
    fn snippet(&self, id: FileId, marks: &[Mark]) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let file = self.sources.file(id);
        let first = marks.iter().map(|m| file.position(m.0.start as usize).line).min().unwrap_or(1);
        let last = marks.iter().map(|m| self.last_line(m.0)).max().unwrap_or(first);
        let begin = file.offset(first);
        let end = file.offset(last + 1);
        let text = escape::same_length(&self.redactor.source(file.text.get(begin..end).unwrap_or("")));
        let length = text.len();
        let boundary = |at: usize| (at..length).find(|i| text.is_char_boundary(*i)).unwrap_or(length);
        let annotations: Vec<_> = marks
            .iter()
            .map(|(span, label, kind)| {
                let start = (span.start as usize).saturating_sub(begin).min(length);
                let stop = (span.end as usize).saturating_sub(begin).clamp(start, length);
                let line_end = file.offset(self.last_line(*span) + 1).saturating_sub(begin).min(length);
                let note = (!label.is_empty()).then(|| label.clone());
                kind.span(boundary(start)..boundary(stop.min(line_end).max(start))).label(note)
            })
            .collect();
        Snippet::source(text)
            .path(escape::line(file.path.as_str()))
            .line_start(first)
            .annotations(annotations)
    }

    fn last_line(&self, span: Span) -> usize {
        last_line(self.sources.file(span.file), span)
    }
}
