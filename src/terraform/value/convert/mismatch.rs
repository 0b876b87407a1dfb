//! Why a type cannot become another, in Terraform's words.

use super::is_convertible;
use crate::terraform::value::text::quote_go;
use crate::terraform::value::{ObjectType, Type};

/// Says what keeps `got` from becoming `want`. Only meaningful after a conversion was refused.
pub fn mismatch(got: &Type, want: &Type) -> String {
    let required = || format!("{} required", want.friendly_constraint_name());
    match (got, want) {
        (Type::Object(got), Type::Object(want)) => objects(got, want),
        (Type::Tuple(_), Type::List(t)) if **t == Type::Dynamic => {
            "all list elements must have the same type".into()
        }
        (Type::Tuple(_), Type::Set(t)) if **t == Type::Dynamic => {
            "all set elements must have the same type".into()
        }
        (Type::Object(_), Type::Map(t)) if **t == Type::Dynamic => {
            "all map elements must have the same type".into()
        }
        (Type::Tuple(members), Type::List(want) | Type::Set(want)) => {
            let named = members.iter().enumerate().map(|(i, t)| (i.to_string(), t));
            elements(named, want)
        }
        (Type::Object(object), Type::Map(want)) => {
            elements(object.attributes.iter().map(|(k, t)| (quote_go(k), t)), want)
        }
        (Type::List(got) | Type::Set(got), Type::List(element)) => {
            format!("incorrect list element type: {}", mismatch(got, element))
        }
        (Type::List(got) | Type::Set(got), Type::Set(element)) => {
            format!("incorrect set element type: {}", mismatch(got, element))
        }
        (Type::Map(got), Type::Map(element)) => {
            format!("incorrect map element type: {}", mismatch(got, element))
        }
        _ => required(),
    }
}

fn elements<'a>(named: impl Iterator<Item = (String, &'a Type)>, want: &Type) -> String {
    for (name, got) in named {
        if got != want && !is_convertible(got, want, true) {
            return format!("element {name}: {}", mismatch(got, want));
        }
    }
    format!("all elements must be {}", want.friendly_constraint_name())
}

fn objects(got: &ObjectType, want: &ObjectType) -> String {
    let missing: Vec<String> = want
        .attributes
        .keys()
        .filter(|name| !got.attributes.contains_key(*name) && !want.optional.contains(*name))
        .map(|name| quote_go(name))
        .collect();
    match &missing[..] {
        [] => {}
        [one] => return format!("attribute {one} is required"),
        [one, two] => return format!("attributes {one} and {two} are required"),
        [rest @ .., last] => return format!("attributes {}, and {last} are required", rest.join(", ")),
    }
    // What cannot be converted at all is worse than what can be converted but not safely.
    for allow_unsafe in [true, false] {
        for (name, want) in &want.attributes {
            if let Some(got) = got.attributes.get(name)
                && got != want
                && !is_convertible(got, want, allow_unsafe)
            {
                return format!("attribute {}: {}", quote_go(name), mismatch(got, want));
            }
        }
    }
    "incorrect object attributes".into()
}
