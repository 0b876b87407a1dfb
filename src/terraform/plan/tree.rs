//! A value as a plan shows it: what is known of it, and the shape of what is unknown or sensitive.
//! The three walks follow `omitUnknowns`, `unknownAsBool` and `SensitiveAsBool` of Terraform.

use serde_json::{Map, Value as Json, json};

use crate::terraform::value::{Kind, Number, Type, Value};

/// What becomes of sensitive values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// They are replaced by the text `(sensitive value)`.
    Hidden,
    /// They stand in the plan, as in Terraform's own.
    Shown,
}

/// What is shown in place of a sensitive value.
const HIDDEN: &str = "(sensitive value)";

/// What is known of a value: unknown attributes and entries are left out, unknown elements are null.
/// Nothing for an unknown value.
pub fn known_json(value: &Value, secrets: Secrets) -> Option<Json> {
    let hide = secrets == Secrets::Hidden && value.marks.sensitive;
    Some(match &value.kind {
        Kind::Unknown(_) => return None,
        Kind::Null(_) => Json::Null,
        _ if hide => HIDDEN.into(),
        Kind::Bool(v) => (*v).into(),
        Kind::Number(v) => number(v),
        Kind::String(v) => (&**v).into(),
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => {
            v.iter().map(|v| known_json(v, secrets).unwrap_or_default()).collect()
        }
        Kind::Map(_, m) | Kind::Object(m) => {
            let known = m.iter().filter_map(|(k, v)| Some((k.to_string(), known_json(v, secrets)?)));
            Json::Object(known.collect())
        }
    })
}

/// `true` for unknown parts; `false` for known ones, which objects and maps leave out.
pub fn unknown_json(value: &Value) -> Json {
    match &value.kind {
        Kind::Unknown(_) => true.into(),
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => v.iter().map(unknown_json).collect(),
        Kind::Map(_, m) | Kind::Object(m) => object(m.iter().map(|(k, v)| (k, unknown_json(v)))),
        _ => false.into(),
    }
}

/// `true` for sensitive parts; `false` for others, which objects and maps leave out.
pub(in crate::terraform) fn sensitive_json(value: &Value) -> Json {
    if value.marks.sensitive {
        return true.into();
    }
    match &value.kind {
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => v.iter().map(sensitive_json).collect(),
        Kind::Map(_, m) | Kind::Object(m) => object(m.iter().map(|(k, v)| (k, sensitive_json(v)))),
        // Of what is in an unknown collection nothing can be said.
        Kind::Unknown(unknown) => match unknown.ty {
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => json!([]),
            Type::Map(_) | Type::Object(_) => json!({}),
            _ => false.into(),
        },
        _ => false.into(),
    }
}

/// A type as plans write it: `"string"`, `["list", "string"]`, `["object", {...}]`.
pub(super) fn type_json(ty: &Type) -> Json {
    match ty {
        Type::Dynamic => "dynamic".into(),
        Type::Bool => "bool".into(),
        Type::Number => "number".into(),
        Type::String => "string".into(),
        Type::List(t) => json!(["list", type_json(t)]),
        Type::Set(t) => json!(["set", type_json(t)]),
        Type::Map(t) => json!(["map", type_json(t)]),
        Type::Tuple(types) => json!(["tuple", types.iter().map(type_json).collect::<Json>()]),
        Type::Object(o) => {
            let attributes: Map<_, _> =
                o.attributes.iter().map(|(k, t)| (k.to_string(), type_json(t))).collect();
            json!(["object", attributes])
        }
    }
}

fn object<K: ToString>(entries: impl Iterator<Item = (K, Json)>) -> Json {
    Json::Object(entries.filter(|(_, v)| *v != Json::Bool(false)).map(|(k, v)| (k.to_string(), v)).collect())
}

/// The digits Terraform prints; infinities have no JSON form and Terraform refuses them.
fn number(number: &Number) -> Json {
    number.to_json_text().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}
