//! Values as Terraform has them: typed, possibly unknown, marked, and knowing where they came from.
//!
//! A [`Value`] is cheap to clone: text and collections are shared. Marks and origins sit on every
//! value, also inside collections, so `{ user = "u", pass = var.secret }` is not itself sensitive
//! but its `pass` is. Sets hold the marks of their members themselves, as Terraform does.

mod constraint;
pub mod convert;
mod decimal;
mod entries;
mod equality;
mod float;
pub mod json;
mod marks;
mod number;
mod order;
mod origin;
pub mod text;
mod types;
mod unknown;

use std::sync::Arc;

pub use constraint::{Defaults, TypeConstraint};
pub use entries::Entries;
pub use number::{Layout, Number};
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
    /// Made from text that stands in for what is not known, such as an id in a subscription that nothing
    /// names. Text may be made of it, but nothing is decided by it.
    pub provisional: bool,
}

impl Marks {
    /// No marks.
    pub const NONE: Marks = Marks { sensitive: false, ephemeral: false, provisional: false };
    /// Only the sensitive mark.
    pub const SENSITIVE: Marks = Marks { sensitive: true, ..Marks::NONE };
    /// Only the mark of what stands in for something.
    pub const PROVISIONAL: Marks = Marks { provisional: true, ..Marks::NONE };

    /// The marks of both.
    pub fn and(self, other: Marks) -> Marks {
        Marks {
            sensitive: self.sensitive || other.sensitive,
            ephemeral: self.ephemeral || other.ephemeral,
            provisional: self.provisional || other.provisional,
        }
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
    Map(Type, Arc<Entries>),
    /// An object.
    Object(Arc<Entries>),
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
        Value::string(v)
    }
}

impl From<String> for Value {
    fn from(v: String) -> Self {
        Value::string(&v)
    }
}

impl From<Number> for Value {
    fn from(v: Number) -> Self {
        Kind::Number(v).into()
    }
}

fn element_type<'a>(declared: Type, members: impl Iterator<Item = &'a Value>) -> Type {
    if declared != Type::Dynamic {
        return declared;
    }
    members.map(Value::ty).find(|ty| *ty != Type::Dynamic).unwrap_or(Type::Dynamic)
}

impl Value {
    /// A string, normalised to NFC.
    pub fn string(text: &str) -> Value {
        Kind::String(text::normalise(text)).into()
    }

    /// A list. Members must be of the element type (see `convert`); with `Dynamic` it is that of the
    /// first member that has one. Nulls and unknowns without a type take it on.
    pub fn list(element: Type, items: Vec<Value>) -> Value {
        let element = element_type(element, items.iter());
        let items = items.into_iter().map(|item| item.with_type(&element)).collect();
        Kind::List(element, Arc::new(items)).into()
    }

    /// A set: members as for a list, sorted, each once. It takes over the marks of its members.
    pub fn set(element: Type, items: Vec<Value>) -> Value {
        let element = element_type(element, items.iter());
        let mut marks = Marks::NONE;
        let items = items
            .into_iter()
            .map(|item| {
                let (item, own) = item.with_type(&element).unmark_deep();
                marks = marks.and(own);
                item
            })
            .collect();
        Value::from(Kind::Set(element, Arc::new(order::sort_unique(items)))).with_marks(marks)
    }

    /// A map: values as for a list, the later of repeated keys wins.
    pub fn map(element: Type, entries: impl IntoIterator<Item = (Str, Value)>) -> Value {
        let entries: Entries = entries.into_iter().collect();
        let element = element_type(element, entries.values());
        let entries = entries.into_iter().map(|(k, v)| (k, v.with_type(&element))).collect();
        Kind::Map(element, Arc::new(entries)).into()
    }

    /// An untyped null or unknown as one of this type; other values as they are.
    fn with_type(mut self, ty: &Type) -> Value {
        match &mut self.kind {
            Kind::Null(own) if *own == Type::Dynamic => *own = ty.clone(),
            Kind::Unknown(u) if u.ty == Type::Dynamic && *ty != Type::Dynamic => {
                Arc::make_mut(u).ty = ty.clone();
            }
            _ => {}
        }
        self
    }

    /// `null` of a type.
    pub fn null_of(ty: Type) -> Value {
        Kind::Null(ty).into()
    }

    /// An unknown value of a type that is known not to be null.
    pub fn unknown_not_null(ty: Type, reason: Reason) -> Value {
        Value::refined(ty, reason, Refinement { not_null: true, ..Default::default() })
    }

    /// An unknown value of which something is known. When that leaves only one value, or fixes a
    /// list's length, the result is known so far. A refinement of a `Dynamic` unknown is dropped.
    pub fn refined(ty: Type, reason: Reason, refinement: Refinement) -> Value {
        if ty == Type::Dynamic {
            return Value::unknown(ty, reason);
        }
        if refinement.not_null {
            if let (Some((min, true)), Some((max, true))) = (&refinement.min, &refinement.max)
                && min.equals(max)
            {
                return min.clone().into();
            }
            let length = refinement.min_length.filter(|min| Some(*min) == refinement.max_length);
            match (&ty, length) {
                (Type::List(t), Some(n)) if n <= 1024 => {
                    let item = Value::unknown((**t).clone(), reason.derived());
                    return Value::list((**t).clone(), vec![item; n as usize]);
                }
                (Type::Set(t), Some(n)) if n <= 1 => {
                    let item = Value::unknown((**t).clone(), reason.derived());
                    return Value::set((**t).clone(), vec![item; n as usize]);
                }
                (Type::Map(t), Some(0)) => return Value::map((**t).clone(), []),
                _ => {}
            }
        }
        Kind::Unknown(Arc::new(Unknown { ty, reason, refinement: Arc::new(refinement) })).into()
    }

    /// The number of members or attributes; `None` for other kinds and for unknowns of known length
    /// bounds. A set with unknown members has an unknown length between bounds, given as an unknown.
    pub fn length(&self) -> Option<Value> {
        Some(match &self.kind {
            Kind::Set(_, v) if v.len() > 1 && !self.is_wholly_known() => {
                let refinement = Refinement {
                    not_null: true,
                    min: Some((Number::from(1i64), true)),
                    max: Some((Number::from(v.len()), true)),
                    ..Default::default()
                };
                let reason = self.unknown_reason().unwrap_or(Reason::Failed).derived();
                Value::refined(Type::Number, reason, refinement)
            }
            Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => Number::from(v.len()).into(),
            Kind::Map(_, m) | Kind::Object(m) => Number::from(m.len()).into(),
            _ => return None,
        })
    }

    /// `null` without a type.
    pub fn null() -> Value {
        Kind::Null(Type::Dynamic).into()
    }

    /// An unknown value of a type.
    pub fn unknown(ty: Type, reason: Reason) -> Value {
        Kind::Unknown(Arc::new(Unknown { ty, reason, refinement: Refinement::none() })).into()
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
    pub fn as_map(&self) -> Option<&Entries> {
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

#[cfg(test)]
mod tests;
