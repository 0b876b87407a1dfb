//! Evaluation of expressions over the hcl-edit syntax tree.

use std::cell::{Cell, RefCell};

use hcl_edit::expr::Expression;

use super::diagnostic::Diagnostic;
use super::functions::Context;
use super::source::{FileId, Span};
use super::value::{Reason, Str, Type, Value};

/// One step after the root name of a reference: `.name`, `[0]`, `["key"]`, or an index or splat
/// that is not a constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `.name`
    Attribute(Str),
    /// `["name"]`
    Key(Str),
    /// `[0]` or the legacy `.0`
    Index(i64),
    /// An index that must be evaluated, or a splat: what follows cannot be told from the text.
    Dynamic,
}

/// A reference in an expression: a root name and the steps that follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// `var`, `local`, `module`, `data`, `each`, `count`, `path`, `terraform`, `self`, or a resource type.
    pub root: Str,
    /// What follows it.
    pub steps: Vec<Step>,
    /// The text of the reference.
    pub span: Span,
}

/// What a reference resolved to, and how many of its steps that used up; the evaluator applies
/// the rest (indexes, attributes, splats) to the value.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The value.
    pub value: Value,
    /// Number of leading steps it stands for: 1 for `var.x`, 2 for `data.type.name`.
    pub used: usize,
}

/// What names mean where an expression stands. Configuration provides it.
pub trait Scope {
    /// Resolves a reference, also one in a part that is never evaluated. An error says that the
    /// name means nothing here (Terraform finds such errors before it evaluates anything, so `try`
    /// does not catch them); it is reported once and gives an unknown with `Reason::Failed`.
    /// An error met while the named thing itself was evaluated is reported there, and gives
    /// `Ok` with such an unknown here.
    fn resolve(&self, reference: &Reference) -> Result<Resolved, Diagnostic>;
}

/// A bound on the work that code under review can cause, shared by one whole evaluation.
#[derive(Debug)]
pub struct Budget {
    /// Steps left: expression nodes evaluated and collection members made.
    pub steps: Cell<u64>,
    /// Bytes of text that may still be made.
    pub bytes: Cell<u64>,
}

/// Everything an expression needs to be evaluated.
pub struct Evaluator<'a> {
    /// What names mean.
    pub scope: &'a dyn Scope,
    /// What functions need: files, directories, clock, template evaluation.
    pub functions: &'a Context<'a>,
    /// The file the expression stands in, for spans.
    pub file: FileId,
    /// The text of that file: literals are read from it, not from the tree.
    pub text: &'a str,
    /// Where diagnostics go.
    pub diagnostics: &'a RefCell<Vec<Diagnostic>>,
    /// The bound on work.
    pub budget: &'a Budget,
    /// `&&` and `||` leave out the right side when the left decides (Terraform 1.12 and later);
    /// 1.11 evaluates both.
    pub short_circuit: bool,
}

impl Evaluator<'_> {
    /// Evaluates an expression of [`file`](Self::file). Errors go to the diagnostics; what they spoil
    /// is unknown with `Reason::Failed`.
    pub fn evaluate(&self, expression: &Expression) -> Value {
        let _ = expression;
        Value::unknown(Type::Dynamic, Reason::Failed)
    }
}

/// The references in an expression, in the order of the text, each once; names bound by `for`
/// are left out.
pub fn references(file: FileId, text: &str, expression: &Expression) -> Vec<Reference> {
    let _ = (file, text, expression);
    Vec::new()
}
