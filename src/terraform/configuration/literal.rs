//! Arguments that must be literal: bools, texts, and lists of plain references.

use hcl_edit::expr::Expression;
use hcl_edit::template::Element;
use hcl_edit::visit::{self, Visit};

use super::body::Expr;
use super::json;
use super::sources::Sources;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::expression::{Reference, Step, references};
use crate::terraform::source::Span;
use crate::terraform::syntax;

/// The expression without parentheses around it.
pub(super) fn peel(mut node: &Expression) -> &Expression {
    while let Expression::Parenthesis(inner) = node {
        node = inner.inner();
    }
    node
}

#[derive(Default)]
struct Dynamic {
    call: Option<std::ops::Range<usize>>,
    name: Option<std::ops::Range<usize>>,
}

impl Visit for Dynamic {
    fn visit_expr(&mut self, node: &Expression) {
        use hcl_edit::Span as _;
        match node {
            Expression::FuncCall(call) if self.call.is_none() => self.call = call.name.name.span(),
            Expression::Variable(name) if self.name.is_none() => self.name = name.span(),
            _ => {}
        }
        visit::visit_expr(self, node);
    }
    fn visit_object_key(&mut self, key: &hcl_edit::expr::ObjectKey) {
        // A bare name as a key is text.
        if let hcl_edit::expr::ObjectKey::Expression(expr) = key
            && !matches!(expr, Expression::Variable(_))
        {
            self.visit_expr(expr);
        }
    }
}

/// Terraform's error when an expression that must be constant calls a function or names something.
pub(super) fn not_constant(expr: &Expr) -> Option<Diagnostic> {
    let mut dynamic = Dynamic::default();
    dynamic.visit_expr(&expr.node);
    let span = |range: std::ops::Range<usize>| Span {
        file: expr.span.file,
        start: range.start as u32,
        end: range.end as u32,
    };
    if let Some(at) = dynamic.call {
        let detail = "Functions may not be called here.";
        return Some(Diagnostic::error(span(at), "Function calls not allowed", detail));
    }
    let at = dynamic.name?;
    Some(Diagnostic::error(span(at), "Variables not allowed", "Variables may not be used here."))
}

fn unsuitable(expr: &Expr, required: &str) -> Diagnostic {
    not_constant(expr).unwrap_or_else(|| {
        let detail = format!("Unsuitable value: {required} is required.");
        Diagnostic::error(expr.span, "Unsuitable value type", detail)
    })
}

/// A literal bool; `None` for null.
pub(super) fn boolean(expr: &Expr) -> Result<Option<bool>, Diagnostic> {
    match peel(&expr.node) {
        Expression::Bool(value) => Ok(Some(*value.value())),
        Expression::Null(_) => Ok(None),
        Expression::String(text) if text.as_str() == "true" => Ok(Some(true)),
        Expression::String(text) if text.as_str() == "false" => Ok(Some(false)),
        _ => Err(unsuitable(expr, "a bool")),
    }
}

/// A literal text; `None` for null.
pub(super) fn text(sources: &Sources, expr: &Expr) -> Result<Option<String>, Diagnostic> {
    if expr.json
        && let Some(text) = json::literal(&sources.text(expr.span.file), expr)
    {
        return Ok(Some(text));
    }
    match peel(&expr.node) {
        Expression::Null(_) => Ok(None),
        Expression::String(text) => Ok(Some(text.as_str().to_owned())),
        Expression::HeredocTemplate(heredoc) => {
            plain(heredoc.template.iter()).map(Some).ok_or_else(|| unsuitable(expr, "a string"))
        }
        Expression::StringTemplate(template) => {
            plain(template.iter()).map(Some).ok_or_else(|| unsuitable(expr, "a string"))
        }
        _ => Err(unsuitable(expr, "a string")),
    }
}

fn plain<'a>(elements: impl Iterator<Item = &'a Element>) -> Option<String> {
    elements
        .map(|e| match e {
            Element::Literal(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

/// The members of a list written out.
pub(super) fn list(expr: &Expr) -> Option<Vec<Expr>> {
    let Expression::Array(items) = peel(&expr.node) else { return None };
    let member = |node: &Expression| Expr {
        span: syntax::span(expr.span.file, node).unwrap_or(expr.span),
        node: std::sync::Arc::new(node.clone()),
        json: expr.json,
    };
    Some(items.iter().map(member).collect())
}

/// A plain reference: only attributes and constant indexes. Also one in a JSON string, or (an old
/// habit) in quotes.
pub(super) fn reference(sources: &Sources, expr: &Expr) -> Option<Reference> {
    match peel(&expr.node) {
        Expression::Variable(_) | Expression::Traversal(_) => {
            let text = sources.text(expr.span.file);
            one(references(expr.span.file, &text, &expr.node))
        }
        Expression::String(quoted) => {
            let file = expr.span.file;
            let inner = syntax::parse_expression(file, quoted.as_str()).ok()?;
            if !matches!(inner, Expression::Variable(_) | Expression::Traversal(_)) {
                return None;
            }
            let reference = one(references(file, quoted.as_str(), &inner))?;
            Some(Reference { span: expr.span, ..reference })
        }
        _ => None,
    }
}

fn one(mut found: Vec<Reference>) -> Option<Reference> {
    let reference = found.pop()?;
    (found.is_empty() && !reference.steps.contains(&Step::Dynamic)).then_some(reference)
}

/// The references of `depends_on`, `replace_triggered_by` and the like.
pub(super) fn reference_list(
    sources: &Sources,
    expr: &Expr,
    constant_only: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Reference> {
    let Some(items) = list(expr) else {
        let detail = "A static list expression is required.";
        diagnostics.push(Diagnostic::error(expr.span, "Invalid expression", detail));
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        match reference(sources, &item) {
            Some(reference) => found.push(reference),
            // `replace_triggered_by` may index with `count.index` and `each.key`.
            None if !constant_only && matches!(peel(&item.node), Expression::Traversal(_)) => {
                found.extend(references(item.span.file, &sources.text(item.span.file), &item.node));
            }
            None => diagnostics.push(static_reference_required(item.span)),
        }
    }
    found
}

/// Terraform's error for a reference that is computed.
pub(super) fn static_reference_required(span: Span) -> Diagnostic {
    Diagnostic::error(
        span,
        "Invalid expression",
        "A single static variable reference is required: only attribute access and indexing with constant \
         keys. No calculations, function calls, template expressions, etc are allowed here.",
    )
}

/// The text of a reference: `azurerm_subnet.a["x"].id`.
pub(super) fn reference_text(reference: &Reference) -> String {
    let mut out = reference.root.to_string();
    for step in &reference.steps {
        match step {
            Step::Attribute(name) => out.extend([".", name]),
            Step::Key(key) => out.push_str(&format!("[{}]", crate::terraform::address::quote(key))),
            Step::Index(at) => out.push_str(&format!("[{at}]")),
            Step::Dynamic => out.push_str("[...]"),
        }
    }
    out
}

/// The reference that an expression begins with, whatever it is indexed by.
pub(super) fn first_reference(sources: &Sources, expr: &Expr) -> Option<Reference> {
    reference(sources, expr)
        .or_else(|| references(expr.span.file, &sources.text(expr.span.file), &expr.node).into_iter().next())
}
