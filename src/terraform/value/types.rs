//! Types of values, printed as `type()` of `terraform console` prints them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Str;

/// A type. `Dynamic` is `any` in a constraint and "not yet known" on a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Any type, or a type that is not known yet.
    Dynamic,
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// `list(T)`
    List(Arc<Type>),
    /// `set(T)`
    Set(Arc<Type>),
    /// `map(T)`
    Map(Arc<Type>),
    /// `tuple([...])`
    Tuple(Arc<Vec<Type>>),
    /// `object({...})`
    Object(Arc<ObjectType>),
}

/// The attributes of an object type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ObjectType {
    /// Attribute types by name.
    pub attributes: BTreeMap<Str, Type>,
    /// Names of attributes that may be left out (only in constraints).
    pub optional: std::collections::BTreeSet<Str>,
}

impl Type {
    /// `list(element)`
    pub fn list(element: Type) -> Type {
        Type::List(Arc::new(element))
    }

    /// `set(element)`
    pub fn set(element: Type) -> Type {
        Type::Set(Arc::new(element))
    }

    /// `map(element)`
    pub fn map(element: Type) -> Type {
        Type::Map(Arc::new(element))
    }

    /// `object({...})` without optional attributes.
    pub fn object(attributes: impl IntoIterator<Item = (Str, Type)>) -> Type {
        Type::Object(Arc::new(ObjectType {
            attributes: attributes.into_iter().collect(),
            ..Default::default()
        }))
    }

    /// The element type of a list, set or map.
    pub fn element(&self) -> Option<&Type> {
        match self {
            Type::List(t) | Type::Set(t) | Type::Map(t) => Some(t),
            _ => None,
        }
    }

    /// True for lists, sets and maps.
    pub fn is_collection(&self) -> bool {
        self.element().is_some()
    }

    /// The type as messages name it: `list of string`, `object`.
    pub fn friendly_name(&self) -> String {
        self.named(false)
    }

    /// The type as messages name it where any type may stand for `Dynamic`: `list of any single type`.
    pub fn friendly_constraint_name(&self) -> String {
        self.named(true)
    }

    fn named(&self, constraint: bool) -> String {
        let collection = |kind: &str, element: &Type| match element {
            Type::Dynamic if constraint => format!("{kind} of any single type"),
            element => format!("{kind} of {}", element.named(constraint)),
        };
        match self {
            Type::Dynamic if constraint => "any type".into(),
            Type::Dynamic => "dynamic".into(),
            Type::Bool => "bool".into(),
            Type::Number => "number".into(),
            Type::String => "string".into(),
            Type::List(t) => collection("list", t),
            Type::Set(t) => collection("set", t),
            Type::Map(t) => collection("map", t),
            Type::Tuple(_) => "tuple".into(),
            Type::Object(_) => "object".into(),
        }
    }

    /// The type without optional attributes anywhere: that of values.
    pub fn without_optional(&self) -> Type {
        match self {
            Type::List(t) => Type::list(t.without_optional()),
            Type::Set(t) => Type::set(t.without_optional()),
            Type::Map(t) => Type::map(t.without_optional()),
            Type::Tuple(ts) => Type::Tuple(Arc::new(ts.iter().map(Type::without_optional).collect())),
            Type::Object(o) => {
                Type::object(o.attributes.iter().map(|(k, t)| (k.clone(), t.without_optional())))
            }
            primitive => primitive.clone(),
        }
    }

    /// True for bool, number and string.
    pub fn is_primitive(&self) -> bool {
        matches!(self, Type::Bool | Type::Number | Type::String)
    }

    /// True when `Dynamic` occurs anywhere in it.
    pub fn has_dynamic(&self) -> bool {
        match self {
            Type::Dynamic => true,
            Type::Bool | Type::Number | Type::String => false,
            Type::List(t) | Type::Set(t) | Type::Map(t) => t.has_dynamic(),
            Type::Tuple(ts) => ts.iter().any(Type::has_dynamic),
            Type::Object(o) => o.attributes.values().any(Type::has_dynamic),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Dynamic => f.write_str("dynamic"),
            Type::Bool => f.write_str("bool"),
            Type::Number => f.write_str("number"),
            Type::String => f.write_str("string"),
            Type::List(t) => write!(f, "list({t})"),
            Type::Set(t) => write!(f, "set({t})"),
            Type::Map(t) => write!(f, "map({t})"),
            Type::Tuple(ts) => {
                f.write_str("tuple([")?;
                for (i, t) in ts.iter().enumerate() {
                    write!(f, "{}{t}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("])")
            }
            Type::Object(o) => {
                f.write_str("object({")?;
                for (i, (k, t)) in o.attributes.iter().enumerate() {
                    // `type()` gives each name a line, where leading blanks cannot be told.
                    let k = k.trim_start();
                    write!(f, "{}{k}: {t}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("})")
            }
        }
    }
}
