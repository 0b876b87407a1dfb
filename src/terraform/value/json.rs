//! Values as the JSON of a plan (`terraform show -json`): the known part, and trees of what is
//! unknown and what is sensitive.

use serde_json::{Map, Number as JsonNumber, Value as Json};

use super::{Kind, Value};

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
