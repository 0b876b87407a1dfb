//! Template files and template strings.

use std::cell::RefCell;

use super::evaluate::{Inside, Run};
use super::references::in_template;
use super::{Budget, Evaluator, Reference, Resolved, Scope};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::functions::{Context, Files, TemplateError, TemplateKind, Templates};
use crate::terraform::source::{FileId, SourceMap, Span};
use crate::terraform::syntax;
use crate::terraform::value::{Entries, Value};

/// Evaluates templates for `templatefile` and `templatestring`.
pub struct Renderer<'a> {
    /// File access for functions inside of templates.
    pub files: &'a dyn Files,
    /// As in [`Context`].
    pub cwd: &'a str,
    /// As in [`Context`].
    pub plan_time: &'a str,
    /// The bound on work.
    pub budget: &'a Budget,
    /// As in [`Evaluator`].
    pub short_circuit: bool,
}

/// The variables of a template are all that its expressions may refer to.
struct Variables<'a>(&'a Entries);

impl Scope for Variables<'_> {
    fn resolve(&self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        match self.0.get(&reference.root) {
            Some(value) => Ok(Resolved { value: value.clone(), used: 0 }),
            None => Err(Diagnostic::error(reference.span, "Unknown variable", missing(&reference.root))),
        }
    }
}

fn missing(root: &str) -> String {
    format!("vars map does not contain key \"{root}\"")
}

impl Templates for Renderer<'_> {
    fn render(&self, kind: TemplateKind<'_>, text: &str, vars: &Value) -> Result<Value, TemplateError> {
        let (name, inside) = match kind {
            TemplateKind::File(path) => (path, Inside::TemplateFile),
            TemplateKind::String => ("<templatestring argument>", Inside::TemplateString),
        };
        // Places in a template are told in the message: its text is no source file of the configuration.
        let mut sources = SourceMap::default();
        let file = sources.add(name, text);
        let template = syntax::parse_template(file, text)
            .map_err(|diagnostics| TemplateError::Syntax(sentence(&sources, &diagnostics)))?;
        let empty = Entries::default();
        let variables = vars.as_map().unwrap_or(&empty);
        for reference in in_template(file, text, &template) {
            if !variables.contains_key(&reference.root) {
                let root = Span { end: reference.span.start + reference.root.len() as u32, ..reference.span };
                return Err(TemplateError::Variable(format!(
                    "{}, referenced at {}",
                    missing(&reference.root),
                    place(&sources, root)
                )));
            }
        }
        let context = Context {
            files: self.files,
            templates: self,
            cwd: self.cwd,
            plan_time: self.plan_time,
            budget: self.budget,
        };
        let fixed = RefCell::new(Vec::new());
        let evaluator = Evaluator {
            scope: &Variables(variables),
            functions: &context,
            file,
            text,
            diagnostics: &fixed,
            budget: self.budget,
            short_circuit: self.short_circuit,
        };
        let mut run = Run::new(&evaluator);
        run.inside = Some(inside);
        let value = run.bare(&template, whole(file, text));
        let mut diagnostics = fixed.take();
        diagnostics.append(&mut run.take_found());
        if diagnostics.is_empty() {
            Ok(value)
        } else {
            Err(TemplateError::Failed(sentence(&sources, &diagnostics)))
        }
    }
}

fn whole(file: FileId, text: &str) -> Span {
    Span { file, start: 0, end: text.len() as u32 }
}

/// Diagnostics as one sentence, as Terraform puts them into a function's error.
fn sentence(sources: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    let Some(first) = diagnostics.first() else { return "no diagnostics".to_owned() };
    let at = first.span.map(|span| format!("{}: ", place(sources, span))).unwrap_or_default();
    let more = match diagnostics.len() {
        1 => String::new(),
        n => format!(", and {} other diagnostic(s)", n - 1),
    };
    format!("{at}{}; {}{more}", first.summary, first.detail)
}

/// `file:line,column-column`
fn place(sources: &SourceMap, span: Span) -> String {
    let file = sources.file(span.file);
    let (start, end) = (file.position(span.start as usize), file.position(span.end as usize));
    if start.line == end.line {
        format!("{}:{},{}-{}", file.path, start.line, start.column, end.column)
    } else {
        format!("{}:{},{}-{},{}", file.path, start.line, start.column, end.line, end.column)
    }
}
