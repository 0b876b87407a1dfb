//! State files, format 4.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use super::plan::{instance_key, offset, typed, wrong};
use super::values::unwrapped;
use super::{File, Record, RecordedOutput, Standing, short_source};
use crate::terraform::address::{Address, Mode, ModulePath};
use crate::terraform::value::Str;

#[derive(Deserialize)]
struct State<'t> {
    version: u64,
    #[serde(default)]
    outputs: BTreeMap<String, StateOutput>,
    #[serde(borrow, default)]
    resources: Vec<Resource<'t>>,
}

#[derive(Deserialize)]
struct StateOutput {
    #[serde(default)]
    value: Json,
    #[serde(rename = "type")]
    ty: Option<Json>,
    #[serde(default)]
    sensitive: bool,
}

#[derive(Deserialize)]
struct Resource<'t> {
    #[serde(default)]
    module: String,
    mode: String,
    #[serde(rename = "type")]
    type_name: String,
    name: String,
    #[serde(default)]
    provider: String,
    #[serde(borrow, default)]
    instances: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Instance {
    index_key: Option<Json>,
    deposed: Option<String>,
    status: Option<String>,
    #[serde(default)]
    create_before_destroy: bool,
    attributes: Option<Json>,
    #[serde(default)]
    sensitive_attributes: Vec<Json>,
}

/// The outputs of a state file; an error in words.
pub fn outputs(bytes: &[u8]) -> Result<BTreeMap<Str, RecordedOutput>, String> {
    let state: State<'_> = serde_json::from_slice(bytes).map_err(|e| wrong(&e))?;
    match state.version {
        4 => Ok(recorded(state.outputs)),
        version => Err(format!("state version {version} is not known; 4 is")),
    }
}

fn recorded(outputs: BTreeMap<String, StateOutput>) -> BTreeMap<Str, RecordedOutput> {
    let output = |(name, o): (String, StateOutput)| {
        let value = typed(&o.value, o.ty.as_ref());
        (name.as_str().into(), RecordedOutput { value, sensitive: o.sensitive })
    };
    outputs.into_iter().map(output).collect()
}

/// Reads a state file.
pub(super) fn read(text: &str) -> Result<File, String> {
    let state: State<'_> = serde_json::from_str(text).map_err(|e| wrong(&e))?;
    let mut file = File { outputs: recorded(state.outputs), applied: true, wrapped: true, ..File::default() };
    for resource in state.resources {
        let (source, provider) = provider(&resource.provider);
        let mode = match resource.mode.as_str() {
            "managed" => Mode::Managed,
            "data" => Mode::Data,
            _ => continue,
        };
        for raw in resource.instances {
            let instance: Instance = serde_json::from_str(raw.get()).map_err(|e| wrong(&e))?;
            let standing = Standing {
                deposed: instance.deposed.as_deref().map(Str::from),
                tainted: instance.status.as_deref() == Some("tainted"),
                create_before_destroy: instance.create_before_destroy,
            };
            let key = match instance.index_key.as_ref() {
                None | Some(Json::Null) => Some(None),
                Some(key) => instance_key(key).map(Some),
            };
            let (Some(key), Some(module), Some(values)) =
                (key, ModulePath::parse(&resource.module), instance.attributes)
            else {
                let name = format!("{}.{}", resource.type_name, resource.name);
                file.gaps.push(format!("The state has a resource that cannot be read: {name}"));
                continue;
            };
            let (type_name, name) = (resource.type_name.as_str().into(), resource.name.as_str().into());
            file.records.push(Record {
                address: Address { module, mode, type_name, name, key, root: None },
                source: source.clone(),
                provider: provider.clone(),
                sensitive: sensitive(&instance.sensitive_attributes, &values),
                values,
                unknown: Json::Null,
                offset: offset(text, raw),
                standing,
            });
        }
    }
    Ok(file)
}

/// Source and name of `module.a.provider["registry.terraform.io/hashicorp/azurerm"].hub`.
fn provider(text: &str) -> (String, Option<Str>) {
    let Some((_, rest)) = text.split_once("provider[\"") else { return (String::new(), None) };
    let (source, alias) = rest.split_once("\"]").unwrap_or((rest, ""));
    let local = source.rsplit('/').next().unwrap_or(source);
    let name = match alias.strip_prefix('.') {
        Some(alias) => format!("{local}.{alias}"),
        None => local.to_owned(),
    };
    (short_source(source).to_owned(), Some(name.as_str().into()))
}

/// How deep a sensitive part may stand.
const MAX_PATH: usize = 32;

/// The tree of what is sensitive, from paths such as `[{"type": "get_attr", "value": "secret"}]`.
fn sensitive(paths: &[Json], values: &Json) -> Json {
    let mut tree = Json::Object(Map::new());
    for path in paths {
        let steps = path.as_array().map(Vec::as_slice).unwrap_or_default();
        mark(&mut tree, values, steps.get(..steps.len().min(MAX_PATH)).unwrap_or_default());
    }
    tree
}

fn mark(tree: &mut Json, values: &Json, steps: &[Json]) {
    let values = unwrapped(values).map_or(values, |(inner, _)| inner);
    let Some((step, rest)) = steps.split_first() else {
        *tree = true.into();
        return;
    };
    if *tree == Json::Bool(true) {
        return;
    }
    // An index is `{"type": "index", "value": {"value": 0, "type": "number"}}`.
    let value = step.get("value").unwrap_or(&Json::Null);
    let value = value.get("value").unwrap_or(value);
    match (value, values) {
        (Json::String(name), Json::Object(members)) => {
            if !tree.is_object() {
                *tree = Json::Object(Map::new());
            }
            if let (Json::Object(tree), Some(inner)) = (tree, members.get(name)) {
                mark(tree.entry(name.as_str()).or_insert(Json::Null), inner, rest);
            }
        }
        (Json::Number(at), Json::Array(items)) => {
            if !tree.is_array() {
                *tree = Json::Array(vec![Json::Null; items.len()]);
            }
            let at = at.as_u64().and_then(|at| usize::try_from(at).ok());
            if let (Json::Array(tree), Some(at)) = (tree, at)
                && let (Some(slot), Some(inner)) = (tree.get_mut(at), items.get(at))
            {
                mark(slot, inner, rest);
            }
        }
        // A member of a set: which one is told by its value; all of them are as sensitive.
        (_, Json::Array(_)) => *tree = true.into(),
        _ => {}
    }
}
