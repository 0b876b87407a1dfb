//! What `terraform show -json` prints of a plan or of a state.
//!
//! Format: <https://developer.hashicorp.com/terraform/internals/json-format>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::references::Configuration;
use super::{File, Record, RecordedOutput, Standing, short_source};
use crate::terraform::address::{Address, InstanceKey, Mode, ModulePath};
use crate::terraform::evaluation::CheckStatus;
use crate::terraform::value::convert::convert;
use crate::terraform::value::json::{from_json, type_from_json};
use crate::terraform::value::{Reason, Str, Type, Value};

/// Which form a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plan,
    ShownState,
    StateFile,
}

/// The members that tell the forms apart.
#[derive(Deserialize)]
struct Head<'t> {
    version: Option<Json>,
    format_version: Option<String>,
    #[serde(borrow)]
    resource_changes: Option<&'t RawValue>,
    #[serde(borrow)]
    planned_values: Option<&'t RawValue>,
    #[serde(borrow)]
    values: Option<&'t RawValue>,
}

/// The form of a file.
pub(super) fn kind(text: &str) -> Result<Kind, String> {
    let head: Head<'_> = serde_json::from_str(text).map_err(|e| wrong(&e))?;
    let plan = head.resource_changes.is_some() || head.planned_values.is_some();
    match (&head.format_version, head.version) {
        (Some(version), _) if !matches!(version.split('.').next(), Some("0" | "1")) => {
            Err(format!("version {version} of Terraform's JSON is not known; 0.x and 1.x are"))
        }
        (Some(_), _) if plan => Ok(Kind::Plan),
        (Some(_), _) if head.values.is_some() => Ok(Kind::ShownState),
        (None, Some(version)) if version == 4 => Ok(Kind::StateFile),
        (None, Some(version)) => Err(format!("state version {version} is not known; 4 is")),
        // `terraform show -json` of an empty state.
        (Some(_), _) => Ok(Kind::ShownState),
        (None, None) => Err("this is neither a plan (`terraform show -json`) nor a state file".to_owned()),
    }
}

/// What serde says, in words for the user.
pub(super) fn wrong(error: &serde_json::Error) -> String {
    format!("this is not the JSON of a plan or state: {error}")
}

#[derive(Deserialize)]
struct Plan<'t> {
    #[serde(borrow, default)]
    resource_changes: Vec<&'t RawValue>,
    #[serde(default)]
    output_changes: BTreeMap<String, Change>,
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    #[serde(borrow)]
    prior_state: Option<Shown<'t>>,
    #[serde(default)]
    configuration: Json,
    #[serde(default)]
    checks: Vec<Check>,
    #[serde(default)]
    errored: bool,
}

#[derive(Deserialize)]
struct Shown<'t> {
    #[serde(borrow)]
    values: Option<Values<'t>>,
}

#[derive(Deserialize)]
struct Values<'t> {
    #[serde(default)]
    outputs: BTreeMap<String, ShownOutput>,
    #[serde(borrow)]
    root_module: Option<Module<'t>>,
}

#[derive(Deserialize)]
struct ShownOutput {
    #[serde(default)]
    value: Json,
    #[serde(rename = "type")]
    ty: Option<Json>,
    #[serde(default)]
    sensitive: bool,
}

/// Modules are nested no deeper than the JSON parser goes.
#[derive(Deserialize)]
struct Module<'t> {
    #[serde(borrow, default)]
    resources: Vec<&'t RawValue>,
    #[serde(borrow, default)]
    child_modules: Vec<Module<'t>>,
}

#[derive(Deserialize)]
struct Variable {
    #[serde(default)]
    value: Json,
}

#[derive(Deserialize)]
struct Resource {
    address: String,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    module_address: String,
    #[serde(rename = "type", default)]
    type_name: String,
    #[serde(default)]
    name: String,
    index: Option<Json>,
    #[serde(default)]
    provider_name: String,
    deposed: Option<String>,
    deposed_key: Option<String>,
    #[serde(default)]
    tainted: bool,
    change: Option<Change>,
    #[serde(default)]
    values: Json,
    #[serde(default)]
    sensitive_values: Json,
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    after: Json,
    #[serde(default)]
    after_unknown: Json,
    #[serde(default)]
    after_sensitive: Json,
    importing: Option<Importing>,
}

#[derive(Deserialize)]
struct Importing {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Check {
    #[serde(default)]
    instances: Vec<CheckedInstance>,
}

#[derive(Deserialize)]
struct CheckedInstance {
    #[serde(default)]
    address: Json,
    #[serde(default)]
    status: String,
}

impl Resource {
    fn address(&self) -> Option<Address> {
        Address::parse(&self.address).or_else(|| {
            let mode = match self.mode.as_str() {
                "managed" => Mode::Managed,
                "data" => Mode::Data,
                _ => return None,
            };
            let key = match self.index.as_ref() {
                None | Some(Json::Null) => None,
                Some(index) => Some(instance_key(index)?),
            };
            let module = ModulePath::parse(&self.module_address)?;
            let (type_name, name) = (self.type_name.as_str().into(), self.name.as_str().into());
            Some(Address { module, mode, type_name, name, key, root: None })
        })
    }
}

/// An instance key as JSON has it.
pub(super) fn instance_key(json: &Json) -> Option<InstanceKey> {
    match json {
        Json::Number(n) => n.as_u64().map(InstanceKey::Index),
        Json::String(key) => Some(InstanceKey::Key(key.as_str().into())),
        _ => None,
    }
}

/// Where a part of a text begins.
pub(super) fn offset(text: &str, part: &RawValue) -> usize {
    (part.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// Reads a plan.
pub(super) fn read(text: &str) -> Result<File, String> {
    let plan: Plan<'_> = serde_json::from_str(text).map_err(|e| wrong(&e))?;
    let mut file = File { configuration: Configuration::new(plan.configuration), ..File::default() };
    for raw in plan.resource_changes {
        let resource: Resource = serde_json::from_str(raw.get()).map_err(|e| wrong(&e))?;
        let (address, change) = (resource.address(), &resource.change);
        let (Some(address), Some(change)) = (address, change) else {
            file.gaps.push(format!("The plan has a resource that cannot be read: {}", resource.address));
            continue;
        };
        let goes = |action: &String| matches!(action.as_str(), "delete" | "forget");
        let gone = change.actions.iter().all(goes) && !change.actions.is_empty();
        if gone || resource.deposed.is_some() || change.after.is_null() && change.after_unknown.is_null() {
            continue;
        }
        if let Some(Importing { id: Some(id) }) = &change.importing {
            file.imports.insert(address.to_string(), id.as_str().into());
        }
        let Some(Change { after, after_unknown, after_sensitive, .. }) = resource.change else { continue };
        file.records.push(Record {
            provider: file.configuration.provider_of(&address),
            address,
            source: short_source(&resource.provider_name).to_owned(),
            values: after,
            unknown: after_unknown,
            sensitive: after_sensitive,
            offset: offset(text, raw),
            standing: Standing::default(),
        });
    }
    if let Some(values) = plan.prior_state.and_then(|s| s.values) {
        // What was read while planning; resources of the prior state are in the changes.
        let read = |address: &Address| address.mode == Mode::Data;
        let planned = |file: &File, a: &Address| file.records.iter().any(|r| r.address == *a);
        let mut prior = File { configuration: file.configuration, ..File::default() };
        shown(text, values.root_module, &mut prior, &read)?;
        file.configuration = std::mem::take(&mut prior.configuration);
        let fresh: Vec<Record> = prior.records.into_iter().filter(|r| !planned(&file, &r.address)).collect();
        file.records.extend(fresh);
        file.gaps.extend(prior.gaps);
    }
    for (name, change) in plan.output_changes {
        if change.actions.iter().any(|a| a == "delete") {
            continue;
        }
        let sensitive = change.after_sensitive == Json::Bool(true);
        let value = output(&name, &change);
        file.outputs.insert(name.as_str().into(), RecordedOutput { value, sensitive });
    }
    file.variables =
        plan.variables.into_iter().map(|(n, v)| (n.as_str().into(), from_json(&v.value))).collect();
    for instance in plan.checks.into_iter().flat_map(|c| c.instances) {
        let Some(address) = instance.address.get("to_display").and_then(Json::as_str) else { continue };
        let status = match instance.status.as_str() {
            "pass" => CheckStatus::Pass,
            "fail" => CheckStatus::Fail,
            "error" => CheckStatus::Error,
            _ => CheckStatus::Unknown,
        };
        file.checks.insert(address.to_owned(), status);
    }
    if plan.errored {
        file.gaps.push("Terraform could not finish the plan".to_owned());
    }
    Ok(file)
}

/// The value of an output: without a type when a part of it is not known.
fn output(name: &str, change: &Change) -> Value {
    fn below(value: &Json, unknown: &Json, reason: &Reason) -> Value {
        match (value, unknown) {
            (_, Json::Bool(true)) => Value::unknown(Type::Dynamic, reason.clone()),
            (Json::Array(items), Json::Array(open)) => {
                let open = |i: usize| open.get(i).unwrap_or(&Json::Null);
                Value::tuple(items.iter().enumerate().map(|(i, v)| below(v, open(i), reason)).collect())
            }
            (Json::Object(_) | Json::Null, Json::Object(open)) => {
                let known = value.as_object().into_iter().flatten();
                let mut members: BTreeMap<Str, Value> = known
                    .map(|(k, v)| (k.as_str().into(), below(v, open.get(k).unwrap_or(&Json::Null), reason)))
                    .collect();
                for (k, open) in open {
                    if !members.contains_key(k.as_str()) {
                        members.insert(k.as_str().into(), below(&Json::Null, open, reason));
                    }
                }
                Value::object(members)
            }
            (value, _) => from_json(value),
        }
    }
    let reason = Reason::Other(format!("output.{name} is known only after apply").into());
    below(&change.after, &change.after_unknown, &reason)
}

/// Reads a shown state.
pub(super) fn read_state(text: &str) -> Result<File, String> {
    let state: Shown<'_> = serde_json::from_str(text).map_err(|e| wrong(&e))?;
    let mut file = File { applied: true, ..File::default() };
    if let Some(values) = state.values {
        for (name, output) in values.outputs {
            let value = typed(&output.value, output.ty.as_ref());
            file.outputs.insert(name.as_str().into(), RecordedOutput { value, sensitive: output.sensitive });
        }
        shown(text, values.root_module, &mut file, &|_| true)?;
    }
    Ok(file)
}

/// A JSON value in the type that is given with it.
pub(super) fn typed(value: &Json, ty: Option<&Json>) -> Value {
    let value = from_json(value);
    match ty.and_then(type_from_json).and_then(|ty| convert(value.clone(), &ty).ok()) {
        Some(typed) => typed,
        None => value,
    }
}

/// Gathers the resources of a shown state.
fn shown(
    text: &str,
    root: Option<Module<'_>>,
    file: &mut File,
    wanted: &dyn Fn(&Address) -> bool,
) -> Result<(), String> {
    let mut open: Vec<Module<'_>> = root.into_iter().collect();
    while let Some(module) = open.pop() {
        open.extend(module.child_modules);
        for raw in module.resources {
            let resource: Resource = serde_json::from_str(raw.get()).map_err(|e| wrong(&e))?;
            let Some(address) = resource.address() else {
                file.gaps.push(format!("The state has a resource that cannot be read: {}", resource.address));
                continue;
            };
            if !wanted(&address) {
                continue;
            }
            file.records.push(Record {
                provider: file.configuration.provider_of(&address),
                address,
                source: short_source(&resource.provider_name).to_owned(),
                values: resource.values,
                unknown: Json::Null,
                sensitive: resource.sensitive_values,
                offset: offset(text, raw),
                standing: Standing {
                    deposed: resource.deposed_key.as_deref().map(Str::from),
                    tainted: resource.tainted,
                    create_before_destroy: false,
                },
            });
        }
    }
    Ok(())
}
