//! Values as the JSON of a plan (`terraform show -json`): the known part, and trees of what is
//! unknown and what is sensitive; and values and types read from JSON.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Number as JsonNumber, Value as Json};

use super::{Kind, Number, Str, Type, Value};

/// How deep a type may be nested.
const MAX_TYPE: usize = 64;

/// A JSON value as a value: arrays are tuples, objects are objects. How deep it may be nested is
/// bounded by the JSON parser.
pub fn from_json(json: &Json) -> Value {
    Reader::default().value(json)
}

/// Reads many values that are alike, such as documents: they share the names of their members.
#[derive(Default)]
pub struct Reader {
    names: HashSet<Str>,
}

impl Reader {
    /// The value of JSON, as [`from_json`] gives it.
    pub fn value(&mut self, json: &Json) -> Value {
        match json {
            Json::Null => Value::null(),
            Json::Bool(b) => (*b).into(),
            Json::Number(n) => Number::parse(&n.to_string()).map_or_else(Value::null, Value::from),
            Json::String(s) => s.as_str().into(),
            Json::Array(items) => Value::tuple(items.iter().map(|item| self.value(item)).collect()),
            Json::Object(members) => {
                Value::object(members.iter().map(|(name, value)| (self.name(name), self.value(value))))
            }
        }
    }

    fn name(&mut self, text: &str) -> Str {
        if let Some(known) = self.names.get(text) {
            return known.clone();
        }
        let name: Str = text.into();
        self.names.insert(name.clone());
        name
    }
}

/// A type as plans and states write it: `"string"`, `["list", "string"]`, `["object", {...}]`.
pub fn type_from_json(json: &Json) -> Option<Type> {
    type_below(json, MAX_TYPE)
}

fn type_below(json: &Json, depth: usize) -> Option<Type> {
    let depth = depth.checked_sub(1)?;
    match json {
        Json::String(name) => match name.as_str() {
            "string" => Some(Type::String),
            "number" => Some(Type::Number),
            "bool" => Some(Type::Bool),
            "dynamic" => Some(Type::Dynamic),
            _ => None,
        },
        Json::Array(parts) => {
            let [Json::String(kind), inner, ..] = parts.as_slice() else { return None };
            match (kind.as_str(), inner) {
                ("list", inner) => type_below(inner, depth).map(Type::list),
                ("set", inner) => type_below(inner, depth).map(Type::set),
                ("map", inner) => type_below(inner, depth).map(Type::map),
                ("tuple", Json::Array(items)) => {
                    let types: Option<Vec<Type>> = items.iter().map(|i| type_below(i, depth)).collect();
                    Some(Type::Tuple(Arc::new(types?)))
                }
                ("object", Json::Object(members)) => {
                    let member = |(name, ty): (&String, &Json)| -> Option<(Str, Type)> {
                        Some((name.as_str().into(), type_below(ty, depth)?))
                    };
                    members.iter().map(member).collect::<Option<Vec<_>>>().map(Type::object)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// A value that JSON cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot serialize infinity as JSON")]
pub struct NotJson;

/// The known part of a value. Unknown attributes and map entries are left out; unknown members of
/// lists, sets and tuples are null; a wholly unknown value is null. Marks are ignored.
pub fn known_json(value: &Value) -> Result<Json, NotJson> {
    Ok(match &value.kind {
        Kind::Unknown(_) | Kind::Null(_) => Json::Null,
        Kind::Bool(b) => Json::Bool(*b),
        Kind::Number(n) => {
            let number = n.to_json_text().and_then(|text| text.parse::<JsonNumber>().ok());
            Json::Number(number.ok_or(NotJson)?)
        }
        Kind::String(s) => Json::String(s.to_string()),
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => {
            Json::Array(v.iter().map(known_json).collect::<Result<_, _>>()?)
        }
        Kind::Map(_, m) | Kind::Object(m) => {
            let known = m.iter().filter(|(_, v)| !v.is_unknown());
            let entries = known.map(|(k, v)| Ok((k.to_string(), known_json(v)?)));
            Json::Object(entries.collect::<Result<_, _>>()?)
        }
    })
}

/// `true` for an unknown value, `false` for a wholly known one; else a tree shaped like the value
/// with `true` where a part is unknown (known attributes left out, known members `false`).
pub fn unknown_json(value: &Value) -> Json {
    tree(value, &|v| v.is_unknown())
}

/// The same for the sensitive mark.
pub fn sensitive_json(value: &Value) -> Json {
    tree(value, &|v| v.marks.sensitive)
}

/// True when the tree has a `true` anywhere.
pub fn is_any(tree: &Json) -> bool {
    *tree != Json::Bool(false)
}

fn tree(value: &Value, test: &dyn Fn(&Value) -> bool) -> Json {
    if test(value) {
        return Json::Bool(true);
    }
    match &value.kind {
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => {
            let members: Vec<Json> = v.iter().map(|v| tree(v, test)).collect();
            if members.iter().any(is_any) { Json::Array(members) } else { Json::Bool(false) }
        }
        Kind::Map(_, m) | Kind::Object(m) => {
            let parts = m.iter().map(|(k, v)| (k.to_string(), tree(v, test)));
            let parts: Map<String, Json> = parts.filter(|(_, part)| is_any(part)).collect();
            if parts.is_empty() { Json::Bool(false) } else { Json::Object(parts) }
        }
        _ => Json::Bool(false),
    }
}
