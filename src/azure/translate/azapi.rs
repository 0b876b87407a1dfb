//! azapi: its bodies are ARM documents already.

use serde_json::Value as Json;

use super::references::References;
use super::{declared, finish, insert};
use crate::azure::document::{set, set_path, usual_spelling};
use crate::azure::estate::{Association, Document, Estate, UNKNOWN_SUBSCRIPTION};
use crate::azure::id::ResourceId;
use crate::azure::json;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::Value;

/// Declares a document.
pub(super) const RESOURCE: &str = "azapi_resource";
/// Changes one.
pub(super) const UPDATE: &str = "azapi_update_resource";

/// What bodies set at the top, beside what azapi has arguments for.
const MEMBERS: [&str; 6] = ["extendedLocation", "kind", "managedBy", "properties", "sku", "zones"];

/// How deep bodies are merged.
const MAX_DEPTH: u32 = 64;

/// What the configuration sets at the top, references answered.
fn argument(instance: &Instance, references: &References<'_>, name: &str) -> Option<Value> {
    let value = instance.config.get(name).or_else(|| instance.planned.get(name))?;
    (!value.is_null()).then(|| references.resolve(value))
}

/// The id of an azapi resource, or of the one it reads or changes.
pub(super) fn id(instance: &Instance, references: &References<'_>) -> Option<ResourceId> {
    let known = |name: &str| {
        let value = argument(instance, references, name)?;
        value.as_str().filter(|s| !s.is_empty()).map(str::to_owned)
    };
    if let Some(id) = known("resource_id") {
        return Some(ResourceId::new(id));
    }
    let ty = known("type")?;
    let arm_type = ty.split('@').next().unwrap_or(&ty);
    let placeholder = format!("<{}>", instance.address);
    let name = known("name").unwrap_or_else(|| placeholder.clone());
    let subscription = references.subscription(instance).unwrap_or(UNKNOWN_SUBSCRIPTION);
    if arm_type.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") {
        let parent = known("parent_id").unwrap_or_else(|| format!("/subscriptions/{subscription}"));
        return Some(ResourceId::new(format!("{}/resourceGroups/{name}", parent.trim_end_matches('/'))));
    }
    let (above, last) = arm_type.rsplit_once('/')?;
    let Some(parent) = known("parent_id") else {
        let group = format!("/subscriptions/{subscription}/resourceGroups/{placeholder}");
        let mut id = format!("{group}/providers/{}", above.split('/').next().unwrap_or(above));
        for segment in above.split('/').skip(1) {
            id.push_str(&format!("/{segment}/{placeholder}"));
        }
        return Some(ResourceId::new(format!("{id}/{last}/{name}")));
    };
    let parent = ResourceId::new(parent);
    let below = parent.arm_type().is_some_and(|t| t.eq_ignore_ascii_case(above));
    Some(ResourceId::new(match below {
        true => format!("{parent}/{last}/{name}"),
        false => format!("{}/providers/{arm_type}/{name}", parent.as_str().trim_end_matches('/')),
    }))
}

/// The body: an object, or JSON text as azapi 1.x has it.
fn body(instance: &Instance, references: &References<'_>) -> Value {
    let Some(body) = argument(instance, references, "body") else { return Value::object::<&str>([]) };
    let parsed = body.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
    match parsed {
        Some(parsed) => {
            let marks = body.marks;
            json::value(&parsed).with_origin(body.origin.clone()).with_marks(marks)
        }
        None if body.as_map().is_some() => body,
        // Text that is not known may set anything.
        None if body.is_unknown() => Value::object(MEMBERS.map(|name| (name, body.clone()))),
        None => Value::object::<&str>([]),
    }
}

/// The document of an `azapi_resource`.
pub(super) fn document(instance: &Instance, references: &References<'_>) -> Option<Document> {
    let id = references.id(instance)?;
    let ty = argument(instance, references, "type")?;
    let arm_type = usual_spelling(ty.as_str()?.split('@').next()?.to_owned());
    let mut body = body(instance, references);
    for name in ["location", "tags"] {
        if let Some(value) = argument(instance, references, name) {
            set(&mut body, name, value);
        }
    }
    if let Some(identity) = argument(instance, references, "identity") {
        let block = identity.as_slice().and_then(<[Value]>::first).unwrap_or(&identity);
        if let Some(kind) = block.get("type").filter(|v| !v.is_null()) {
            set_path(&mut body, "identity.type", kind.clone());
        }
        if let Some(ids) = block.get("identity_ids").and_then(Value::as_slice).filter(|i| !i.is_empty()) {
            let open = ids.iter().find(|i| i.is_unknown()).cloned();
            let known =
                || Value::object(ids.iter().filter_map(|i| Some((i.as_str()?, Value::object::<&str>([])))));
            set_path(&mut body, "identity.userAssignedIdentities", open.unwrap_or_else(known));
        }
    }
    let name = argument(instance, references, "name").unwrap_or_else(|| id.name().into());
    super::write::head(&mut body, &id, &arm_type, name);
    Some(Document::new(id, arm_type, body, Some(declared(instance, 0, Value::null()))))
}

/// Merges the body of an `azapi_update_resource` into the document it changes.
pub(super) fn update(estate: &mut Estate, instance: &Instance, references: &References<'_>) {
    let host = references.id(instance);
    let declared = declared(instance, 0, body(instance, references));
    if let Some(host) = &host {
        merge(estate, host, &declared.attributes);
    }
    estate.associations.push(Association { host, declared });
}

/// Merges a body into a document, where the estate has it.
pub(super) fn merge(estate: &mut Estate, host: &ResourceId, patch: &Value) {
    if let Some(document) = estate.by_id(host) {
        let mut document = document.clone();
        finish::merge(&mut document.body, patch, MAX_DEPTH);
        insert(estate, document);
    }
}
