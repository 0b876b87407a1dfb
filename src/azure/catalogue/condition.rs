//! Conditions over a document and its declaration, and the clauses that say what replaces.

use super::path::ArmPath;
use crate::terraform::value::Value;

/// A condition.
#[derive(Debug)]
pub enum Condition {
    /// One value, one test.
    Is(Operand, Test),
    /// One of them holds.
    Any(Vec<Condition>),
    /// All of them hold.
    All(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

/// The value that a condition looks at.
#[derive(Debug)]
pub enum Operand {
    /// At a path of the ARM document.
    Arm(ArmPath),
    /// Of a declared attribute.
    Attr(String),
    /// Of a declared attribute of the cluster that a node pool belongs to.
    ParentAttr(String),
}

/// What is asked of it. Words compare without case, locations as locations, zero values equal each
/// other; a text `@attr` stands for a declared value.
#[derive(Debug)]
pub enum Test {
    /// Equal to this.
    Equals(Value),
    /// Equal to one of these.
    In(Vec<Value>),
    /// Equal to none of these.
    NotIn(Vec<Value>),
    /// Present at all (true), or absent.
    Set(bool),
    /// Not zero (true), or zero.
    Nonzero(bool),
    /// Text that ends so.
    EndsWith(String),
}

/// A case in which a change replaces (or does not): all parts must match.
#[derive(Debug)]
pub struct Clause {
    /// Pattern of the live value.
    pub from: Option<Pattern>,
    /// Pattern of the configured value.
    pub to: Option<Pattern>,
    /// Patterns of declared attributes.
    pub when: Vec<(String, Pattern)>,
}

/// A pattern of a value; words match without case.
#[derive(Debug)]
pub enum Pattern {
    /// Anything.
    Anything,
    /// This value; a zero one means absent or zero.
    Literal(Value),
    /// The declared value of an attribute.
    Attr(String),
    /// Any of these.
    AnyOf(Vec<Pattern>),
    /// Not this.
    Not(Box<Pattern>),
    /// Text that begins so.
    Prefix(String),
}
