//! One evaluation: the dispatch over the forms of expressions, and where its errors go.

use std::cell::{Cell, RefCell};

use hcl_edit::expr::Expression;

use super::{Evaluator, Reference};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::Span;
use crate::terraform::syntax;
use crate::terraform::value::{Kind, Marks, Number, Origin, Reason, Type, Value};

/// How many different diagnostics one expression may give.
const MAX_DIAGNOSTICS: usize = 20;

/// How deep values may nest: what recursive work on values can bear.
const MAX_NESTING: u32 = 256;

/// How many parts a value may have, counted as often as they occur.
const MAX_PARTS: u64 = 4_000_000;

const TOO_MANY_PARTS: &str =
    "The value has more parts than trueup can work with. Look for collections that multiply.";

/// A name bound by a `for`, and those bound around it.
#[derive(Clone, Copy)]
pub(super) struct Bound<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a Value,
    pub(super) outer: Names<'a>,
}

/// The innermost bound name.
pub(super) type Names<'a> = Option<&'a Bound<'a>>;

/// The value of a bound name.
pub(super) fn bound<'a>(mut names: Names<'a>, name: &str) -> Option<&'a Value> {
    while let Some(frame) = names {
        if frame.name == name {
            return Some(frame.value);
        }
        names = frame.outer;
    }
    None
}

/// A template function that the expression stands in: it may not call others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    TemplateFile,
    TemplateString,
}

/// The evaluation of one expression.
pub(super) struct Run<'r> {
    pub(super) host: &'r Evaluator<'r>,
    pub(super) inside: Option<Inside>,
    found: RefCell<Vec<Diagnostic>>,
    errors: Cell<usize>,
}

/// What a decision on provisional text gives: nothing that is known.
fn undecided(value: Value) -> Value {
    match value.kind {
        Kind::Bool(_) | Kind::Number(_) if value.marks.provisional => {
            let reason = Reason::Other("it depends on an id that is not known in full".into());
            Value::unknown_not_null(value.ty(), reason).with_marks(value.marks)
        }
        _ => value,
    }
}

impl<'r> Run<'r> {
    pub(super) fn new(host: &'r Evaluator<'r>) -> Self {
        Run { host, inside: None, found: RefCell::default(), errors: Cell::new(0) }
    }

    /// Evaluates a whole expression and hands over its diagnostics.
    pub(super) fn whole(&self, expression: &Expression) -> Value {
        let value = self.eval(expression, None);
        let value = self.bounded(value, self.span(expression));
        self.host.diagnostics.borrow_mut().append(&mut self.found.borrow_mut());
        value
    }

    /// Refuses values whose nesting or number of parts later work could not bear.
    fn bounded(&self, value: Value, span: Span) -> Value {
        let budget = &self.host.budget.steps;
        let room = budget.get().min(MAX_PARTS);
        let mut left = room;
        let measured = measure(&value, MAX_NESTING, &mut left);
        budget.set(budget.get() - (room - left));
        match measured {
            Ok(()) => value,
            Err(detail) => self.fail(span, "Value too large", detail),
        }
    }

    /// Charges work that goes over all parts of a value; false when it is too large for that. Values
    /// share their parts, so a few lines can make one of astronomic size.
    pub(super) fn weigh(&self, value: &Value, span: Span) -> bool {
        if value.children().next().is_none() {
            return true;
        }
        let parts = value.count(MAX_PARTS);
        if parts >= MAX_PARTS || !self.host.budget.take_steps(parts / 4) {
            self.error(span, "Value too large", TOO_MANY_PARTS);
            return false;
        }
        true
    }

    pub(super) fn take_found(&self) -> Vec<Diagnostic> {
        self.found.take()
    }

    pub(super) fn span(&self, node: &impl hcl_edit::Span) -> Span {
        let file = self.host.file;
        syntax::span(file, node).unwrap_or(Span { file, start: 0, end: 0 })
    }

    pub(super) fn source(&self, span: Span) -> &'r str {
        self.host.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    // Errors.

    /// Reports an error.
    pub(super) fn error(&self, span: Span, summary: &str, detail: impl Into<String>) {
        self.errors.set(self.errors.get() + 1);
        let diagnostic = Diagnostic::error(span, summary, detail);
        let mut found = self.found.borrow_mut();
        if found.len() < MAX_DIAGNOSTICS && !found.contains(&diagnostic) {
            found.push(diagnostic);
        }
    }

    /// Reports an error; what it spoils.
    pub(super) fn fail(&self, span: Span, summary: &str, detail: impl Into<String>) -> Value {
        self.error(span, summary, detail);
        failed()
    }

    /// Number of errors so far, to see whether a part had any.
    pub(super) fn errors(&self) -> usize {
        self.errors.get()
    }

    /// Does work and keeps its errors apart.
    pub(super) fn captured<T>(&self, work: impl FnOnce() -> T) -> (T, Vec<Diagnostic>) {
        let outer = self.found.take();
        let before = self.errors.replace(0);
        let result = work();
        let mut own = self.found.replace(outer);
        if own.is_empty() && self.errors.get() > 0 {
            own.push(Diagnostic::error(None, "Error", "The expression has an error."));
        }
        self.errors.set(before);
        (result, own)
    }

    /// Puts back errors that were kept apart.
    pub(super) fn release(&self, diagnostics: Vec<Diagnostic>) {
        for diagnostic in diagnostics {
            self.errors.set(self.errors.get() + 1);
            let mut found = self.found.borrow_mut();
            if found.len() < MAX_DIAGNOSTICS && !found.contains(&diagnostic) {
                found.push(diagnostic);
            }
        }
    }

    /// An error that Terraform finds before any evaluation: nothing catches it.
    pub(super) fn fixed(&self, diagnostic: Diagnostic) {
        let mut all = self.host.diagnostics.borrow_mut();
        if !all.iter().rev().take(100).any(|d| *d == diagnostic) {
            all.push(diagnostic);
        }
    }

    /// Checks the references of a part that is not evaluated.
    pub(super) fn check_references(&self, expression: &Expression, names: Names<'_>) {
        let mut bound_names = Vec::new();
        let mut frame = names;
        while let Some(Bound { name, outer, .. }) = frame {
            bound_names.push((*name).to_owned());
            frame = *outer;
        }
        for reference in super::references::outside(self.host.file, self.host.text, expression, bound_names) {
            self.resolve(&reference);
        }
    }

    pub(super) fn resolve(&self, reference: &Reference) -> Option<super::Resolved> {
        match self.host.scope.resolve(reference) {
            Ok(resolved) => Some(resolved),
            Err(diagnostic) => {
                self.fixed(diagnostic);
                None
            }
        }
    }

    // Origins.

    /// The value as written or made at a place.
    pub(super) fn made(&self, value: Value, span: Span) -> Value {
        if self.inside.is_some() { value } else { value.with_origin(Origin::at(span)) }
    }

    /// The value as computed at a place from operands.
    pub(super) fn computed<'v>(
        &self,
        value: Value,
        span: Span,
        operands: impl IntoIterator<Item = &'v Origin>,
    ) -> Value {
        let value = undecided(value);
        if self.inside.is_some() { value } else { value.with_origin(Origin::computed(span, operands)) }
    }

    /// The value as passed on at a place. A literal that stands inside of the place is not passed on
    /// but written there.
    pub(super) fn passed(&self, mut value: Value, span: Span) -> Value {
        let written_here = value
            .origin
            .at
            .is_some_and(|at| at.file == span.file && at.start >= span.start && at.end <= span.end);
        if self.inside.is_none() && !written_here {
            value.origin = value.origin.used_by(span);
        }
        value
    }

    // Dispatch. Every form has its own function, which keeps the frames of this recursion small.

    pub(super) fn eval(&self, expression: &Expression, names: Names<'_>) -> Value {
        if !self.host.budget.take_steps(1) {
            return self.exhausted(self.span(expression));
        }
        match expression {
            Expression::Null(_) => self.made(Value::null(), self.span(expression)),
            Expression::Bool(b) => self.made(Value::from(*b.value()), self.span(expression)),
            Expression::Number(_) => self.number(expression),
            Expression::String(s) => self.made(Value::string(s.value()), self.span(expression)),
            Expression::Array(array) => self.array(array, self.span(expression), names),
            Expression::Object(object) => self.object(object, self.span(expression), names),
            Expression::StringTemplate(t) => self.quoted(t, self.span(expression), names),
            Expression::HeredocTemplate(t) => self.heredoc(t, self.span(expression), names),
            Expression::Parenthesis(inner) => self.eval(inner.inner(), names),
            Expression::Variable(_) => self.traversal(expression, &[], self.span(expression), names),
            Expression::Traversal(t) => self.traversal(&t.expr, &t.operators, self.span(expression), names),
            Expression::Conditional(c) => self.conditional(c, self.span(expression), names),
            Expression::FuncCall(call) => self.call(call, self.span(expression), names),
            Expression::UnaryOp(op) => self.unary(op, self.span(expression), names),
            Expression::BinaryOp(_) => self.binary(expression, names),
            Expression::ForExpr(f) => self.for_expression(f, self.span(expression), names),
        }
    }

    pub(super) fn exhausted(&self, span: Span) -> Value {
        self.fail(
            span,
            "Evaluation limit exceeded",
            "This configuration asks for more work than trueup does for one evaluation. Look for collections \
             of excessive size (range, setproduct, nested for expressions).",
        )
    }

    /// Numbers are read from the text: the tree has only doubles.
    fn number(&self, expression: &Expression) -> Value {
        let span = self.span(expression);
        let text = self.source(span);
        // hcl-edit takes a sign, with blanks or comments behind it, for a part of the number.
        let digits = text.rfind(|c: char| !c.is_ascii_digit() && !"+-.eE".contains(c)).map_or(0, |at| at + 1);
        let digits = text.get(digits..).unwrap_or(text).trim_start_matches('-');
        let Some(number) = Number::parse(digits) else {
            return self.fail(
                span,
                "Invalid number literal",
                "Failed to recognize the value of this number literal.",
            );
        };
        let number = if text.starts_with('-') { number.neg() } else { number };
        self.made(Value::from(number), span)
    }
}

/// What an error leaves of a value.
pub(super) fn failed() -> Value {
    Value::unknown(Type::Dynamic, Reason::Failed)
}

/// Why a value is unknown, for one computed from it.
pub(super) fn derived(value: &Value) -> Reason {
    value.unknown_reason().unwrap_or(Reason::Failed).derived()
}

/// True for the literal `null`.
pub(super) fn is_untyped_null(value: &Value) -> bool {
    matches!(value.kind, Kind::Null(Type::Dynamic)) && value.marks == Marks::NONE
}

fn measure(value: &Value, levels: u32, left: &mut u64) -> Result<(), &'static str> {
    for child in value.children() {
        let Some(levels) = levels.checked_sub(1) else {
            return Err("The value is nested deeper than trueup can follow (256 levels).");
        };
        *left = left.checked_sub(1).ok_or(TOO_MANY_PARTS)?;
        measure(child, levels, left)?;
    }
    Ok(())
}
