//! Unknown values: of what type, why, and what is known of them all the same.

use std::sync::{Arc, LazyLock};

use super::{Number, Str, Type};
use crate::terraform::address::Address;

/// A value that is not known.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// Its type; `Dynamic` when that is not known either.
    pub ty: Type,
    /// Why it is not known, and which reference would settle it.
    pub reason: Reason,
    /// What is known of it all the same; shared, since of most nothing is.
    pub refinement: Arc<Refinement>,
}

/// Why a value is unknown. An operation on an unknown keeps the first reason.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// An attribute that the provider computes: `azurerm_subnet.a.id`. The path is what follows the
    /// resource's address, such as `id` or `identity[0].principal_id`; empty for the whole resource.
    ///
    /// A value with this reason and nothing else done to it *is* that attribute: `derived` is false.
    Computed {
        /// The resource instance, shared by all that is unknown of it.
        address: Arc<Address>,
        /// What follows the address.
        path: Str,
        /// True when something was computed from the attribute.
        derived: bool,
    },
    /// A data source that nothing answers; the same fields as for `Computed`.
    Data {
        /// The data source instance.
        address: Arc<Address>,
        /// What follows the address.
        path: Str,
        /// True when something was computed from the attribute.
        derived: bool,
        /// What stands against knowing it already, or would settle it, in words.
        why: Option<Str>,
    },
    /// A root variable without a value.
    Variable(Str),
    /// A module that is not there, or that could not be read.
    Module(Str),
    /// A function whose result exists only at apply: `timestamp`, `uuid`, `bcrypt`.
    Function(&'static str),
    /// Something that failed with a diagnostic of its own.
    Failed,
    /// Anything else, in words.
    Other(Str),
}

impl Reason {
    /// The reason of a value computed from one that has this reason.
    pub fn derived(&self) -> Reason {
        let mut reason = self.clone();
        if let Reason::Computed { derived, .. } | Reason::Data { derived, .. } = &mut reason {
            *derived = true;
        }
        reason
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::Computed { address, path, .. } | Reason::Data { address, path, why: None, .. } => {
                let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
                let of = address.root.iter().map(|root| format!(" of {root}")).collect::<String>();
                write!(f, "{}{dot}{path}{of} is known after apply", address.within())
            }
            Reason::Data { address, path, why: Some(why), .. } => write!(f, "{address}.{path}: {why}"),
            Reason::Variable(name) => write!(f, "var.{name} has no value"),
            Reason::Module(name) => write!(f, "module.{name} could not be read"),
            Reason::Function(name) => write!(f, "{name}() is known only at apply"),
            Reason::Failed => f.write_str("its expression has an error"),
            Reason::Other(text) => f.write_str(text),
        }
    }
}

/// What is known of an unknown value.
#[derive(Clone, Debug, Default)]
pub struct Refinement {
    /// Known not to be null.
    pub not_null: bool,
    /// A string's known prefix.
    pub prefix: Option<Str>,
    /// A number's least value and whether it may equal it.
    pub min: Option<(Number, bool)>,
    /// A number's greatest value and whether it may equal it.
    pub max: Option<(Number, bool)>,
    /// A collection's least length.
    pub min_length: Option<u64>,
    /// A collection's greatest length.
    pub max_length: Option<u64>,
    /// All it can be: the arms of a conditional whose condition is unknown.
    pub one_of: Option<std::sync::Arc<[super::Value]>>,
}

/// Nothing known, once for all.
static NOTHING: LazyLock<Arc<Refinement>> = LazyLock::new(Arc::default);

impl Refinement {
    /// Nothing known.
    pub fn none() -> Arc<Refinement> {
        NOTHING.clone()
    }
}
