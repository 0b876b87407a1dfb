//! Evaluation of expressions over the hcl-edit syntax tree.
//!
//! One file per form of expression. Errors do not stop the work: they go to the diagnostics, and what
//! they spoil is unknown with `Reason::Failed`, so that as much as possible of a value stays known.

mod access;
mod call;
mod collection;
mod conditional;
pub mod console;
mod evaluate;
mod operator;
mod references;
mod render;
mod repeat;
mod template;
mod traversal;

use std::cell::{Cell, RefCell};

use hcl_edit::expr::Expression;

use super::diagnostic::Diagnostic;
use super::functions::{Context, Surveys};
use super::source::{FileId, Span};
use super::value::{Str, Value};

pub(super) use access::outline;
pub use access::{attribute, index};
pub use references::references;
pub use render::Renderer;

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
    /// What follows it, up to the first step that is not constant.
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
    /// Large collections whose survey was paid for.
    pub surveys: Surveys,
}

impl Default for Budget {
    /// Far more than the largest real configurations need; a few seconds of work and some gigabytes
    /// at the very worst.
    fn default() -> Self {
        Budget { steps: Cell::new(50_000_000), bytes: Cell::new(1 << 30), surveys: Surveys::default() }
    }
}

impl Budget {
    /// Takes steps; false when there are not enough left (then none are left at all).
    pub fn take_steps(&self, steps: u64) -> bool {
        take(&self.steps, steps)
    }

    /// Takes bytes of text; false when there are not enough left.
    pub fn take_bytes(&self, bytes: usize) -> bool {
        take(&self.bytes, bytes as u64)
    }
}

fn take(left: &Cell<u64>, amount: u64) -> bool {
    let rest = left.get().checked_sub(amount);
    left.set(rest.unwrap_or(0));
    rest.is_some()
}

/// Everything an expression needs to be evaluated.
pub struct Evaluator<'a> {
    /// What names mean.
    pub scope: &'a dyn Scope,
    /// What functions need: files, directories, clock.
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
        evaluate::Run::new(self).whole(expression)
    }
}

#[cfg(test)]
mod tests;
