//! ARM documents from JSON.

use serde_json::Value as Json;

use crate::terraform::value::{Kind, Number, Value};

/// A JSON value as a value: arrays are tuples, objects are objects. How deep it may be nested is
/// bounded by the JSON parser.
pub fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::null(),
        Json::Bool(b) => (*b).into(),
        Json::Number(n) => match Number::parse(&n.to_string()) {
            Some(number) => Kind::Number(number).into(),
            None => Value::null(),
        },
        Json::String(s) => s.as_str().into(),
        Json::Array(items) => Value::tuple(items.iter().map(value).collect()),
        Json::Object(members) => Value::object(members.iter().map(|(k, v)| (k.as_str(), value(v)))),
    }
}
