//! Values as Terraform has them: typed, possibly unknown, marked, and knowing where they came from.
//!
//! A [`Value`] is cheap to clone: text and collections are shared. Marks and origins sit on every
//! value, also inside collections, so `{ user = "u", pass = var.secret }` is not itself sensitive
//! but its `pass` is. Sets hold the marks of their members themselves, as Terraform does.

mod number;
mod origin;
mod types;
mod unknown;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use number::Number;
pub use origin::Origin;
pub use types::{ObjectType, Type};
pub use unknown::{Reason, Refinement, Unknown};

/// Shared text.
pub type Str = Arc<str>;

/// What Terraform says of a value besides its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks {
    /// Must not be shown.
    pub sensitive: bool,
    /// Must not be stored.
    pub ephemeral: bool,
}

impl Marks {
    /// No marks.
    pub const NONE: Marks = Marks { sensitive: false, ephemeral: false };
    /// Only the sensitive mark.
    pub const SENSITIVE: Marks = Marks { sensitive: true, ephemeral: false };

    /// The marks of both.
    pub fn and(self, other: Marks) -> Marks {
        Marks { sensitive: self.sensitive || other.sensitive, ephemeral: self.ephemeral || other.ephemeral }
    }

    /// True when there is none.
    pub fn is_empty(self) -> bool {
        self == Marks::NONE
    }
}

/// A Terraform value.
#[derive(Clone, Debug)]
pub struct Value {
    /// The content.
    pub kind: Kind,
    /// Sensitive, ephemeral.
    pub marks: Marks,
    /// Which text set it.
    pub origin: Origin,
}

/// The content of a [`Value`].
#[derive(Clone, Debug)]
pub enum Kind {
    /// Not known before apply, or not known to trueup.
    Unknown(Arc<Unknown>),
    /// `null` of a type (`Dynamic` for the literal).
    Null(Type),
    /// `true`, `false`.
    Bool(bool),
    /// A number with Terraform's precision.
    Number(Number),
    /// NFC-normalised text.
    String(Str),
    /// A list and its element type.
    List(Type, Arc<Vec<Value>>),
    /// A set and its element type; members unique and in Terraform's order.
    Set(Type, Arc<Vec<Value>>),
    /// A tuple.
    Tuple(Arc<Vec<Value>>),
    /// A map and its element type.
    Map(Type, Arc<BTreeMap<Str, Value>>),
    /// An object.
    Object(Arc<BTreeMap<Str, Value>>),
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Self {
        Value { kind, marks: Marks::NONE, origin: Origin::default() }
    }
}

impl From<bool> for Value {
    fn from(v: bool) -> Self {
        Kind::Bool(v).into()
    }
}

impl From<i64> for Value {
    fn from(v: i64) -> Self {
        Kind::Number(Number::from(v)).into()
    }
}

impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Kind::String(Arc::from(v)).into()
    }
}

impl From<String> for Value {
    fn from(v: String) -> Self {
        Kind::String(Arc::from(v)).into()
    }
}

impl Value {
    /// `null` without a type.
    pub fn null() -> Value {
        Kind::Null(Type::Dynamic).into()
    }

    /// An unknown value of a type.
    pub fn unknown(ty: Type, reason: Reason) -> Value {
        Kind::Unknown(Arc::new(Unknown { ty, reason, refinement: Refinement::default() })).into()
    }

    /// A tuple.
    pub fn tuple(items: Vec<Value>) -> Value {
        Kind::Tuple(Arc::new(items)).into()
    }

    /// An object.
    pub fn object<K: Into<Str>>(attributes: impl IntoIterator<Item = (K, Value)>) -> Value {
        Kind::Object(Arc::new(attributes.into_iter().map(|(k, v)| (k.into(), v)).collect())).into()
    }

    /// The same value with another origin.
    pub fn with_origin(mut self, origin: Origin) -> Value {
        self.origin = origin;
        self
    }

    /// The same value with these marks added.
    pub fn with_marks(mut self, marks: Marks) -> Value {
        self.marks = self.marks.and(marks);
        self
    }

    /// True for a null of any type.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null(_))
    }

    /// True when this very value is unknown (parts of a known collection may still be).
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, Kind::Unknown(_))
    }

    /// True when no part of it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match &self.kind {
            Kind::Unknown(_) => false,
            Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => v.iter().all(Value::is_wholly_known),
            Kind::Map(_, m) | Kind::Object(m) => m.values().all(Value::is_wholly_known),
            _ => true,
        }
    }

    /// True when it or any part of it is sensitive.
    pub fn is_sensitive_anywhere(&self) -> bool {
        self.marks.sensitive
            || match &self.kind {
                Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => {
                    v.iter().any(Value::is_sensitive_anywhere)
                }
                Kind::Map(_, m) | Kind::Object(m) => m.values().any(Value::is_sensitive_anywhere),
                _ => false,
            }
    }

    /// The unknown, if this very value is one.
    pub fn as_unknown(&self) -> Option<&Unknown> {
        match &self.kind {
            Kind::Unknown(u) => Some(u),
            _ => None,
        }
    }

    /// The text of a known string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(s) => Some(s),
            _ => None,
        }
    }

    /// A known bool.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// A known number.
    pub fn as_number(&self) -> Option<&Number> {
        match &self.kind {
            Kind::Number(n) => Some(n),
            _ => None,
        }
    }

    /// A known whole number that fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::to_i64)
    }

    /// The members of a known list, set or tuple.
    pub fn as_slice(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => Some(v),
            _ => None,
        }
    }

    /// The entries of a known map or object.
    pub fn as_map(&self) -> Option<&BTreeMap<Str, Value>> {
        match &self.kind {
            Kind::Map(_, m) | Kind::Object(m) => Some(m),
            _ => None,
        }
    }

    /// The entry of a known map or object.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map().and_then(|m| m.get(key))
    }

    /// The type of the value; `Dynamic` for a null or unknown without one.
    pub fn ty(&self) -> Type {
        match &self.kind {
            Kind::Unknown(u) => u.ty.clone(),
            Kind::Null(t) => t.clone(),
            Kind::Bool(_) => Type::Bool,
            Kind::Number(_) => Type::Number,
            Kind::String(_) => Type::String,
            Kind::List(t, _) => Type::list(t.clone()),
            Kind::Set(t, _) => Type::set(t.clone()),
            Kind::Map(t, _) => Type::map(t.clone()),
            Kind::Tuple(v) => Type::Tuple(Arc::new(v.iter().map(Value::ty).collect())),
            Kind::Object(m) => Type::object(m.iter().map(|(k, v)| (k.clone(), v.ty()))),
        }
    }
}
