//! Syntax trees of Terraform files, made by hcl-edit, with spans into the original text.
//!
//! The tree gives the shape; **content is read from the original text by span** (see the evaluator):
//! the text that hcl-edit sees may differ from the original byte for byte where a repair was needed,
//! but never in length. So every span is right, while the decoded strings and numbers inside the tree
//! are only a convenience for plain cases (names, labels).

use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;

use super::diagnostic::Diagnostic;
use super::source::{FileId, Span};

/// A parsed file: what could be read, and what was wrong with the rest.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The blocks and attributes that could be read.
    pub body: Body,
    /// One diagnostic per item that could not be read, and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a configuration or variables file.
pub fn parse(file: FileId, text: &str) -> Parsed {
    match hcl_edit::parser::parse_body(text) {
        Ok(body) => Parsed { body, diagnostics: Vec::new() },
        Err(error) => Parsed { body: Body::new(), diagnostics: vec![fallback(file, text, &error)] },
    }
}

/// Parses a single expression, such as one typed into a console. The text must begin with the
/// expression (no leading blanks), as it would stand behind `name = `.
pub fn parse_expression(file: FileId, text: &str) -> Result<Expression, Vec<Diagnostic>> {
    hcl_edit::parser::parse_expr(text).map_err(|error| vec![fallback(file, text, &error)])
}

fn fallback(file: FileId, text: &str, error: &hcl_edit::parser::Error) -> Diagnostic {
    let start = error.location().offset().min(text.len());
    let span = Span { file, start: start as u32, end: start as u32 };
    Diagnostic::error(span, "Invalid expression", format!("{}.", error.message()))
}

/// The span of a node of a tree. Nodes of a parsed file always have one; a node without (only those
/// of one-line block bodies) gives `None`.
pub fn span(file: FileId, node: &impl hcl_edit::Span) -> Option<Span> {
    node.span().map(|range| Span { file, start: range.start as u32, end: range.end as u32 })
}
