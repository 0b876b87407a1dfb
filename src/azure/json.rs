//! ARM documents between JSON and [`Value`].

use serde_json::Value as Json;

use crate::terraform::value::{Reason, Type, Value};

/// A JSON value as a value: arrays are tuples, objects are objects.
pub fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::null(),
        Json::Bool(b) => (*b).into(),
        Json::Number(n) => number(n),
        Json::String(s) => s.as_str().into(),
        Json::Array(items) => Value::tuple(items.iter().map(value).collect()),
        Json::Object(members) => Value::object(members.iter().map(|(k, v)| (k.as_str(), value(v)))),
    }
}

fn number(n: &serde_json::Number) -> Value {
    if let Some(v) = n.as_i64() {
        return v.into();
    }
    let whole = n.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15);
    match whole {
        Some(f) => (f as i64).into(),
        None => Value::unknown(Type::Number, Reason::Other("a fraction".into())),
    }
}
