//! Attributes and indexes of values, with Terraform's diagnostics.

use std::sync::Arc;

use super::operator::whole;
use crate::terraform::value::convert::convert;
use crate::terraform::value::text::normalise;
use crate::terraform::value::{Kind, Marks, Origin, Reason, Str, Type, Value};

/// A diagnostic's summary and detail.
pub(super) type Refusal = (&'static str, String);

const INVALID_INDEX: &str = "Invalid index";
const UNSUPPORTED: &str = "Unsupported attribute";
const NOT_AN_ELEMENT: &str = "The given key does not identify an element in this collection value";

/// `value.name`
pub fn attribute(value: &Value, name: &str) -> Result<Value, Refusal> {
    let name = normalise(name);
    if value.is_null() {
        return Err((
            "Attempt to get attribute from null value",
            "This value is null, so it does not have any attributes.".to_owned(),
        ));
    }
    // A part that is there needs no type of the whole: finding that is as much work as the whole is large.
    if let Some(child) = value.as_map().and_then(|entries| entries.get(&name)) {
        return Ok(inside(value, child));
    }
    let step = || if name.is_empty() { "[\"\"]".to_owned() } else { format!(".{name}") };
    match (&value.kind, outline(value)) {
        (Kind::Object(entries), _) => match entries.get(&name) {
            Some(child) => Ok(inside(value, child)),
            None => Err(no_attribute(&name)),
        },
        (Kind::Map(_, entries), _) => match entries.get(&name) {
            Some(child) => Ok(inside(value, child)),
            None => Err((
                "Missing map element",
                format!("This map does not have an element with the key {:?}.", &*name),
            )),
        },
        (_, Type::Object(object)) => match object.attributes.get(&name) {
            Some(ty) => Ok(unknown_part(value, ty.clone(), &step())),
            None => Err(no_attribute(&name)),
        },
        (_, Type::Map(element)) => Ok(unknown_part(value, (*element).clone(), &step())),
        (_, Type::Dynamic) => Ok(unknown_part(value, Type::Dynamic, &step())),
        (_, Type::List(element)) => Err((
            UNSUPPORTED,
            match &*element {
                Type::Object(object) if object.attributes.contains_key(&name) => format!(
                    "Can't access attributes on a list of objects. Did you mean to access attribute {:?} for a \
                     specific element of the list, or across all elements of the list?",
                    &*name
                ),
                Type::Object(_) => "Can't access attributes on a list of objects. Did you mean to access an \
                                    attribute for a specific element of the list, or across all elements of \
                                    the list?"
                    .to_owned(),
                _ => NO_ATTRIBUTES.to_owned(),
            },
        )),
        (_, Type::Set(element)) if matches!(*element, Type::Object(_)) => Err((
            UNSUPPORTED,
            "Can't access attributes on a set of objects. Did you mean to access an attribute across all \
             elements of the set?"
                .to_owned(),
        )),
        (_, ty) if ty.is_primitive() => Err((
            UNSUPPORTED,
            format!("Can't access attributes on a primitive-typed value ({}).", ty.friendly_name()),
        )),
        _ => Err((UNSUPPORTED, NO_ATTRIBUTES.to_owned())),
    }
}

/// The type of a value; of a known tuple or object only that it is one. Unlike [`Value::ty`] this takes
/// the same time for values of any size.
pub(crate) fn outline(value: &Value) -> Type {
    match &value.kind {
        Kind::Tuple(_) => Type::Tuple(Arc::default()),
        Kind::Object(_) => Type::Object(Arc::default()),
        _ => value.ty(),
    }
}

const NO_ATTRIBUTES: &str = "This value does not have any attributes.";

fn no_attribute(name: &str) -> Refusal {
    (UNSUPPORTED, format!("This object does not have an attribute named {name:?}."))
}

/// `value[key]`
pub fn index(value: &Value, key: &Value) -> Result<Value, Refusal> {
    if value.is_null() {
        return Err((
            "Attempt to index null value",
            "This value is null, so it does not have any indices.".to_owned(),
        ));
    }
    if key.is_null() {
        return Err((INVALID_INDEX, "Can't use a null value as an indexing key.".to_owned()));
    }
    if let Some(child) = known_part(value, key) {
        return Ok(child);
    }
    let ty = outline(value);
    if ty == Type::Dynamic {
        return Ok(unknown_part(value, Type::Dynamic, &step_text(key)));
    }
    if key.ty() == Type::Dynamic {
        return Ok(by_unknown_key(value, key, Type::Dynamic));
    }
    let key_type = match &ty {
        Type::List(_) | Type::Tuple(_) => Type::Number,
        Type::Map(_) | Type::Object(_) => Type::String,
        Type::Set(_) => {
            return Err((
                INVALID_INDEX,
                "Elements of a set are identified only by their value and don't have any separate index or key \
                 to select with, so it's only possible to perform operations across all elements of the set."
                    .to_owned(),
            ));
        }
        _ => return Err((INVALID_INDEX, "This value does not have any indices.".to_owned())),
    };
    let numeric = key.ty() == Type::Number;
    let key = convert(key.clone(), &key_type)
        .map_err(|error| (INVALID_INDEX, format!("{NOT_AN_ELEMENT}: {error}.")))?;
    match &ty {
        Type::Object(object) => {
            let Some(name) = key.as_str() else { return Ok(by_unknown_key(value, &key, Type::Dynamic)) };
            if let Some(child) = value.get(name) {
                return Ok(inside(value, child));
            }
            if let Some(ty) = object.attributes.get(name) {
                return Ok(unknown_part(value, ty.clone(), &step_text(&key)));
            }
            let hint = if numeric {
                " An object only supports looking up attributes by name, not by numeric index."
            } else {
                ""
            };
            Err((INVALID_INDEX, format!("{NOT_AN_ELEMENT}.{hint}")))
        }
        Type::Map(element) => match (key.as_str(), value.as_map()) {
            (None, _) => Ok(by_unknown_key(value, &key, (**element).clone())),
            (Some(_), None) => Ok(unknown_part(value, (**element).clone(), &step_text(&key))),
            (Some(name), Some(entries)) => match entries.get(name) {
                Some(child) => Ok(inside(value, child).with_marks(key.marks)),
                None => Err((INVALID_INDEX, format!("{NOT_AN_ELEMENT}."))),
            },
        },
        Type::List(element) => sequence(value, &key, Some(element), &[]),
        Type::Tuple(elements) => sequence(value, &key, None, elements),
        _ => Err((INVALID_INDEX, "This value does not have any indices.".to_owned())),
    }
}

/// The part that a plain key selects, found without the type of the whole.
fn known_part(value: &Value, key: &Value) -> Option<Value> {
    match &value.kind {
        Kind::Object(entries) => Some(inside(value, entries.get(key.as_str()?)?)),
        Kind::Map(_, entries) => Some(inside(value, entries.get(key.as_str()?)?).with_marks(key.marks)),
        Kind::List(_, items) | Kind::Tuple(items) => {
            let at = usize::try_from(key.as_i64()?).ok()?;
            Some(inside(value, items.get(at)?).with_marks(key.marks))
        }
        _ => None,
    }
}

/// An element of a list (with its element type) or a tuple (with those of its elements).
fn sequence(value: &Value, key: &Value, list: Option<&Type>, tuple: &[Type]) -> Result<Value, Refusal> {
    let Some(number) = key.as_number() else {
        return Ok(by_unknown_key(value, key, list.cloned().unwrap_or(Type::Dynamic)));
    };
    let items = value.as_slice();
    let at = whole(number);
    if let (Some(element), None) = (list, items) {
        return Ok(unknown_part(value, element.clone(), &step_text(key)));
    }
    if let Some(child) = at.and_then(|at| items.and_then(|items| items.get(at))) {
        return Ok(inside(value, child).with_marks(key.marks));
    }
    if let (Some(ty), None) = (at.and_then(|at| tuple.get(at)), items) {
        return Ok(unknown_part(value, ty.clone(), &step_text(key)).with_marks(key.marks));
    }
    let why = if !number.is_whole() {
        ": indexing a sequence requires a whole number, but the given index has a fractional part."
    } else if number.sign() < 0 {
        ": a negative number is not a valid index for a sequence."
    } else {
        match items.map(<[_]>::len) {
            _ if !value.marks.is_empty() => ".",
            Some(0) => ": the collection has no elements.",
            Some(_) => ": the given index is greater than or equal to the length of the collection.",
            None => ".",
        }
    };
    Err((INVALID_INDEX, format!("{NOT_AN_ELEMENT}{why}")))
}

/// A known part of a known value: with the marks of the whole, and its origin when it has none itself.
fn inside(whole: &Value, part: &Value) -> Value {
    let mut part = part.clone().with_marks(whole.marks);
    if part.origin.at.is_none() {
        part.origin = whole.origin.clone();
    }
    part
}

/// A part of an unknown value. Part of an attribute that the provider computes is such an attribute.
fn unknown_part(whole: &Value, ty: Type, step: &str) -> Value {
    let reason = match whole.unknown_reason() {
        Some(Reason::Computed { address, path, derived: false }) => {
            Reason::Computed { address, path: longer(&path, step), derived: false }
        }
        Some(Reason::Data { address, path, derived: false, why }) => {
            Reason::Data { address, path: longer(&path, step), derived: false, why }
        }
        Some(reason) => reason,
        None => Reason::Failed,
    };
    Value::unknown(ty, reason).with_marks(whole.marks).with_origin(whole.origin.clone())
}

fn longer(path: &str, step: &str) -> Str {
    let step = if path.is_empty() { step.trim_start_matches('.') } else { step };
    format!("{path}{step}").into()
}

fn by_unknown_key(whole: &Value, key: &Value, ty: Type) -> Value {
    let reason = key.unknown_reason().or_else(|| whole.unknown_reason()).unwrap_or(Reason::Failed);
    let origin = if key.origin.at.is_some() { &key.origin } else { &whole.origin };
    Value::unknown(ty, reason.derived())
        .with_marks(Marks::NONE.and(whole.marks))
        .with_origin(Origin::clone(origin))
}

/// A key as it stands in brackets.
fn step_text(key: &Value) -> String {
    match &key.kind {
        Kind::String(s) => format!("[{}]", crate::terraform::address::quote(s)),
        Kind::Number(n) => format!("[{n}]"),
        _ => "[...]".to_owned(),
    }
}
