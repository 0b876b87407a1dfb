//! The translation from Terraform to ARM documents.

mod cases;
mod differs;
mod hostile;
mod law;
mod majors;
mod recorded;

use std::sync::Arc;

use camino::Utf8Path;
use serde_json::{Value as Json, json};
use trueup::azure::catalogue::{
    self, AttrType, Attribute, Compare, Config, Elem, Element, Reader, ResourceType,
};
use trueup::azure::estate::{Document, Estate};
use trueup::azure::{Account, json as arm_json, translate};
use trueup::terraform::address::{Address, InstanceKey, Mode, ModulePath};
use trueup::terraform::configuration::{Input, Options, evaluate};
use trueup::terraform::evaluation::{Evaluation, Instance, Provider};
use trueup::terraform::source::SourceMap;
use trueup::terraform::value::{Reason, Type, Value};

const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";

/// An address from its text, such as `module.net["a"].data.azurerm_subnet.this[0]`.
fn address(text: &str) -> Address {
    let mut steps = steps(text).into_iter().peekable();
    let mut module = ModulePath::default();
    while steps.next_if(|(name, _)| name == "module").is_some() {
        let (name, key) = steps.next().unwrap();
        module = module.child(name.as_str().into(), key);
    }
    let mode = match steps.next_if(|(name, _)| name == "data") {
        Some(_) => Mode::Data,
        None => Mode::Managed,
    };
    let ((type_name, _), (name, key)) = (steps.next().unwrap(), steps.next().unwrap());
    Address { module, mode, type_name: type_name.into(), name: name.into(), key, root: None }
}

/// The names of a dotted text with their index or key.
fn steps(text: &str) -> Vec<(String, Option<InstanceKey>)> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let mut key = None;
        if let Some(inner) = rest.strip_prefix("[\"") {
            let (text, after) = inner.split_once("\"]").unwrap();
            key = Some(InstanceKey::Key(text.into()));
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('[') {
            let (text, after) = inner.split_once(']').unwrap();
            key = Some(InstanceKey::Index(text.parse().unwrap()));
            rest = after;
        }
        out.push((name, key));
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    out
}

/// A value from JSON; `{"$ref": "type.name.attribute"}` is that attribute, known after apply.
fn value(json: &Json) -> Value {
    match json {
        Json::Object(o) if o.contains_key("$ref") => {
            let text = o["$ref"].as_str().unwrap();
            // The path is what follows the resource's name.
            let at = text.rfind(".id").unwrap_or_else(|| {
                let names = if text.starts_with("data.") { 3 } else { 2 };
                text.match_indices('.').nth(names - 1).unwrap().0
            });
            let (address, path) = (Arc::new(self::address(&text[..at])), (&text[at + 1..]).into());
            let reason = match address.mode {
                Mode::Data => Reason::Data { address, path, derived: false, why: None },
                _ => Reason::Computed { address, path, derived: false },
            };
            Value::unknown(Type::String, reason)
        }
        Json::Object(o) => Value::object(o.iter().map(|(k, v)| (k.as_str(), value(v)))),
        Json::Array(items) => Value::tuple(items.iter().map(value).collect()),
        other => arm_json::value(other),
    }
}

/// An evaluation of these instances, `(address, config)`.
fn evaluation(major: u32, instances: &[(&str, Json)]) -> Evaluation {
    let mut sources = SourceMap::default();
    let file = sources.add("main.tf", "");
    let block = trueup::terraform::source::Span { file, start: 0, end: 0 };
    let instance = |(at, config): &(&str, Json)| Instance {
        address: address(at),
        provider: if at.contains("azapi_") { "azapi" } else { "azurerm" }.into(),
        config: value(config),
        planned: value(config),
        block,
        calls: Arc::default(),
        lifecycle: Arc::default(),
    };
    let provider = Provider { major: Some(major), ..Provider::default() };
    Evaluation {
        sources,
        instances: instances.iter().map(instance).collect(),
        providers: [("azurerm".into(), provider)].into(),
        ..Evaluation::default()
    }
}

fn estate(major: u32, instances: &[(&str, Json)]) -> Estate {
    let account = Account { subscription: Some(SUBSCRIPTION.into()), tenant: None };
    translate(&evaluation(major, instances), &account)
}

fn id(rest: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{rest}")
}

/// The body of a document as JSON text, unknown values as `(unknown: why)`.
fn body(document: &Document) -> Json {
    json_of(&document.body)
}

fn json_of(value: &Value) -> Json {
    if let Some(unknown) = value.as_unknown() {
        return Json::String(format!("(unknown: {})", unknown.reason));
    }
    if let Some(items) = value.as_slice() {
        return items.iter().map(json_of).collect();
    }
    if let Some(members) = value.as_map() {
        return Json::Object(members.iter().map(|(k, v)| (k.to_string(), json_of(v))).collect());
    }
    match value.as_number() {
        Some(n) => n.to_i64().map_or_else(|| json!(n.to_f64()), |i| json!(i)),
        None => value.as_str().map_or_else(|| value.as_bool().map_or(Json::Null, Json::Bool), |s| json!(s)),
    }
}
