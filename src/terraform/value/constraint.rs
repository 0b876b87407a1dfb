//! Type constraints of variables: a type with optional attributes, and their defaults.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::convert::{ConvertError, convert, unify_unsafe};
use super::{Entries, Kind, Str, Type, Value};

/// A type constraint as written after `type =`.
#[derive(Clone, Debug)]
pub struct TypeConstraint {
    /// The type; `Dynamic` is `any`.
    pub ty: Type,
    /// Defaults of `optional(type, default)`, when there are any.
    pub defaults: Option<Arc<Defaults>>,
}

impl TypeConstraint {
    /// No constraint.
    pub fn any() -> TypeConstraint {
        TypeConstraint { ty: Type::Dynamic, defaults: None }
    }

    /// Fills in defaults and converts.
    pub fn apply(&self, value: Value) -> Result<Value, ConvertError> {
        let value = match &self.defaults {
            Some(defaults) => defaults.apply(value),
            None => value,
        };
        convert(value, &self.ty)
    }
}

/// Defaults of optional attributes, shaped like the type they belong to.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// Default values of this object's attributes.
    pub values: BTreeMap<Str, Value>,
    /// Defaults inside attributes of an object, or elements of a tuple by index.
    pub children: BTreeMap<Str, Defaults>,
    /// Defaults inside every element of a list, set or map.
    pub element: Option<Box<Defaults>>,
}

impl Defaults {
    /// True when there is no default anywhere.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.children.is_empty() && self.element.is_none()
    }

    fn child(&self, key: &str) -> Option<&Defaults> {
        self.element.as_deref().or_else(|| self.children.get(key))
    }

    fn apply_child(&self, key: &str, value: Value) -> Value {
        match self.child(key) {
            Some(defaults) => defaults.apply(value),
            None => value,
        }
    }

    /// Fills absent and null attributes in. Null and unknown values themselves stay.
    pub fn apply(&self, value: Value) -> Value {
        if self.is_empty() {
            return value;
        }
        let Value { kind, marks, origin } = value;
        let kind = match kind {
            Kind::List(ty, v) => self.collection(&v, ty, Value::list),
            Kind::Set(ty, v) => self.collection(&v, ty, Value::set),
            Kind::Tuple(v) => Kind::Tuple(Arc::new(self.members(&v))),
            Kind::Map(ty, m) => {
                let entries = self.entries(&m);
                if entries.is_empty() {
                    Kind::Map(ty, Arc::default())
                } else {
                    match common(entries.values()) {
                        Some(ty) => {
                            let converted =
                                entries.into_iter().map(|(k, v)| (k, convert(v.clone(), &ty).unwrap_or(v)));
                            Value::map(ty.clone(), converted).kind
                        }
                        None => Kind::Object(Arc::new(entries)),
                    }
                }
            }
            Kind::Object(m) => Kind::Object(Arc::new(self.entries(&m))),
            other => other,
        };
        Value { kind, marks, origin }
    }

    fn members(&self, members: &[Value]) -> Vec<Value> {
        members.iter().enumerate().map(|(i, v)| self.apply_child(&i.to_string(), v.clone())).collect()
    }

    fn collection(&self, members: &[Value], element: Type, make: fn(Type, Vec<Value>) -> Value) -> Kind {
        let members = self.members(members);
        if members.is_empty() {
            return make(element, members).kind;
        }
        match common(members.iter()) {
            Some(ty) => {
                let converted = members.into_iter().map(|v| convert(v.clone(), &ty).unwrap_or(v)).collect();
                make(ty, converted).kind
            }
            None => Kind::Tuple(Arc::new(members)),
        }
    }

    fn entries(&self, entries: &Entries) -> Entries {
        let mut filled: Entries =
            entries.iter().map(|(k, v)| (k.clone(), self.apply_child(k, v.clone()))).collect();
        for (key, default) in &self.values {
            if filled.get(key).is_none_or(Value::is_null) {
                filled.insert(key.clone(), self.apply_child(key, default.clone()));
            }
        }
        filled
    }
}

fn common<'a>(values: impl Iterator<Item = &'a Value>) -> Option<Type> {
    unify_unsafe(&values.map(Value::ty).collect::<Vec<_>>())
}
