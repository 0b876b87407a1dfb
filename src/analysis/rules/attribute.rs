//! Rules about one attribute, as data.

use super::graph::Graph;
use super::{Meta, Outcomes, Rule, Truth};
use crate::terraform::value::Value;

/// What an attribute has to be.
#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// `true`
    True,
    /// `false`
    False,
    /// One of these words, ignoring case.
    OneOf(&'static [&'static str]),
    /// None of these words, ignoring case.
    NoneOf(&'static [&'static str]),
    /// Any value; an unknown that comes from a reference will be one.
    Set,
    /// A number of at least this.
    AtLeast(i64),
}

/// A rule about one attribute of one ARM type.
#[derive(Debug)]
pub struct Attribute {
    /// The page.
    pub meta: Meta,
    /// ARM type judged.
    pub arm_type: &'static str,
    /// Path below the document, such as `properties.disableLocalAccounts`.
    pub path: &'static str,
    /// What it has to be.
    pub expect: Expect,
    /// Whether leaving it out is fine (the provider's default is in the document already; this is
    /// about what neither the code nor the provider sets).
    pub absent: bool,
}

impl Attribute {
    fn fine(&self, value: Option<&Value>) -> Truth {
        let word = |v: &Value, words: &[&str]| {
            v.as_str().is_some_and(|s| words.iter().any(|w| s.eq_ignore_ascii_case(w)))
        };
        match self.expect {
            Expect::True => Truth::is_true(value, self.absent),
            Expect::False => Truth::of(value, self.absent, |v| v.as_bool() == Some(false)),
            Expect::OneOf(words) => Truth::of(value, self.absent, |v| word(v, words)),
            Expect::NoneOf(words) => Truth::of(value, self.absent, |v| !word(v, words)),
            Expect::Set => Truth::is_set(value),
            Expect::AtLeast(least) => {
                Truth::of(value, self.absent, |v| v.as_i64().is_some_and(|n| n >= least))
            }
        }
    }
}

impl Rule for Attribute {
    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn check(&self, graph: &Graph<'_>, out: &mut Outcomes<'_>) {
        for document in graph.of_type(self.arm_type) {
            let value = document.get(self.path);
            out.judge(document, value, self.fine(value), self.meta.title);
        }
    }
}
