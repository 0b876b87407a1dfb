//! Answers to data sources from outside the code: a live estate, settings. Without one, what a data
//! source computes is unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::address::Address;
use super::evaluation::{Instance, Provider};
use super::schema::Block;
use super::value::{Str, Value};

/// One data source whose arguments are known.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The instance.
    pub address: &'a Address,
    /// Its attributes in the schema's types: arguments as the code sets them, computed ones unknown.
    pub planned: &'a Value,
    /// The schema of its type, when there is one.
    pub schema: Option<&'a Block>,
    /// The settings of its provider configuration, as far as they are known.
    pub provider: Option<&'a Value>,
}

impl Question<'_> {
    /// The known text of an argument.
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.planned.get(name)?.as_str().filter(|text| !text.is_empty())
    }
}

/// What is known of a data source.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Attributes by name; those left out stay unknown.
    Values(BTreeMap<Str, Value>),
    /// It certainly finds nothing, which Terraform refuses: why.
    Absent(String),
    /// Nothing is known.
    Unknown,
}

/// Whoever can answer data sources.
pub trait DataSources: Send + Sync {
    /// The answer to one of them.
    fn answer(&self, question: &Question<'_>) -> Answer;
}

/// Whoever knows more of an instance than Terraform can while planning, such as the id that it will have.
pub trait Derivation: Send + Sync {
    /// The planned value with what follows from the configuration; nothing when that is nothing. What is
    /// made of text that only stands in for something has [`Marks::PROVISIONAL`](super::value::Marks).
    fn derive(&self, instance: &Instance, providers: &BTreeMap<Str, Provider>) -> Option<Value>;
}

/// Several, of which the first that knows something answers.
pub struct FirstOf(pub Vec<Arc<dyn DataSources>>);

impl DataSources for FirstOf {
    fn answer(&self, question: &Question<'_>) -> Answer {
        let answers = self.0.iter().map(|source| source.answer(question));
        answers.into_iter().find(|a| !matches!(a, Answer::Unknown)).unwrap_or(Answer::Unknown)
    }
}
