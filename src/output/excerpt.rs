//! Source excerpts with carets, as rustc shows them.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::escape;
use crate::analysis::finding::{Finding, Severity, USED_HERE};
use crate::review::redact::Redactor;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::{FileId, SourceMap, Span};

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
        let title = format!("{}: {}", self.text(&finding.address), self.text(&finding.title));
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
            [("means", &finding.consequence), ("sum", &finding.formula), ("note", &finding.note)]
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
        let file = self.sources.file(span.file);
        let first = file.position(span.start as usize).line;
        let last = file.position((span.end.max(span.start + 1) - 1) as usize).line;
        last.min(first + MAX_LINES - 1)
    }
}
