//! Writes the embedded provider schemas, `src/terraform/schema/data/`.
//!
//! ```text
//! cargo run --example build-schemas -- SOURCE_DIR
//! ```
//!
//! `SOURCE_DIR` holds files `PROVIDER.json.xz` or `PROVIDER-VERSION.json.xz`: each is one entry of
//! `provider_schemas` of `terraform providers schema -json` (descriptions may be left out), packed
//! with xz. Its optional file `computed-blocks.json` maps resource types of azurerm to the paths of
//! nested blocks that the provider computes when the configuration leaves them out, which the
//! published schema cannot say. Providers of which there is no such file, and arguments that are
//! newer than one, are in `tools/schema-additions.json`, in the same form. Some sources lost the member
//! `description` of object types together with the texts; `tools/object-descriptions.json` lists, for
//! azurerm 4, the arguments whose objects have it, by the path of arguments, blocks and members.
//!
//! Also writes `counts.txt`: per file the number of resources, data sources, ephemeral resources,
//! provider configurations, blocks and arguments, counted in the source. A test compares.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::{Map, Value};
use trueup::terraform::schema::encoding::{Schemas, encode};
use trueup::terraform::schema::{Attribute, Block, NestedAttribute, NestedBlock, Nesting};
use trueup::terraform::value::Type;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The tables of a source file, in the order of [`Schemas::tables`].
const TABLES: [&str; 3] = ["resource_schemas", "data_source_schemas", "ephemeral_resource_schemas"];

fn main() -> Result<()> {
    let source = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: build-schemas SOURCE_DIR")?);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = root.join("src/terraform/schema/data");
    let additions = read_json(&root.join("tools/schema-additions.json"))?;
    let descriptions = read_json(&root.join("tools/object-descriptions.json"))?;
    let computed = read_json(&source.join("computed-blocks.json"))?;

    let mut files: BTreeMap<(String, u32), Value> = BTreeMap::new();
    for entry in fs::read_dir(&source)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".json.xz") else { continue };
        let (provider, version) = name.split_once('-').unwrap_or((name, "0"));
        let major = version.split('.').next().unwrap_or("0").parse()?;
        files.insert((provider.to_owned(), major), read_xz(&path)?);
    }
    for provider in additions.as_object().into_iter().flat_map(Map::keys) {
        if !files.keys().any(|(p, _)| p == provider) {
            files.insert((provider.clone(), 0), Value::Object(Map::new()));
        }
    }
    if let Some(helm) = files.remove(&("helm".to_owned(), 0)) {
        files.insert(("helm".to_owned(), 2), helm_with_blocks(helm.clone()));
        files.insert(("helm".to_owned(), 3), helm);
    }

    let mut counts = String::new();
    for ((provider, major), mut json) in files {
        if let Some(extra) = additions.get(&provider) {
            add(&mut json, extra);
        }
        if provider == "azurerm" {
            mark_computed_blocks(&mut json, &computed);
            restore_descriptions(&mut json, &descriptions);
        }
        let mut schemas = Schemas::default();
        let mut total = (0, 0);
        for (table, key) in schemas.tables.iter_mut().zip(TABLES) {
            for (name, schema) in entries(&json, key) {
                total = sum(total, count(&schema["block"]));
                table.insert(name.as_str().into(), Arc::new(block(&schema["block"])?));
            }
        }
        let config = &json["provider"]["block"];
        if config.as_object().is_some_and(|b| !b.is_empty()) {
            total = sum(total, count(config));
            schemas.tables[3].insert("".into(), Arc::new(block(config)?));
        }
        let name = if major == 0 { provider } else { format!("{provider}-{major}") };
        let bytes = encode(&schemas);
        fs::write(target.join(format!("{name}.bin")), &bytes)?;
        let [r, d, e, p] = schemas.tables.each_ref().map(BTreeMap::len);
        counts += &format!("{name} {r} {d} {e} {p} {} {}\n", total.0, total.1);
    }
    fs::write(target.join("counts.txt"), counts)?;
    Ok(())
}

fn read_json(path: &Path) -> Result<Value> {
    Ok(serde_json::from_slice(&fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?)?)
}

fn read_xz(path: &Path) -> Result<Value> {
    let output = Command::new("xz").arg("-dc").arg(path).output()?;
    if !output.status.success() {
        return Err(format!("xz -dc {}: {}", path.display(), output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn entries<'a>(json: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    json[key].as_object().into_iter().flatten()
}

fn flag(json: &Value, key: &str) -> bool {
    json[key].as_bool().unwrap_or(false)
}

/// Merges objects; what `json` has already wins.
fn add(json: &mut Value, extra: &Value) {
    let (Some(object), Some(extra)) = (json.as_object_mut(), extra.as_object()) else { return };
    for (key, value) in extra {
        match object.get_mut(key) {
            Some(there) => add(there, value),
            None => drop(object.insert(key.clone(), value.clone())),
        }
    }
}

fn mark_computed_blocks(json: &mut Value, computed: &Value) {
    for (resource, paths) in computed.as_object().into_iter().flatten() {
        for path in paths.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let pointer = path.replace('.', "/block/block_types/");
            let pointer = format!("/resource_schemas/{resource}/block/block_types/{pointer}");
            if let Some(block) = json.pointer_mut(&pointer).and_then(Value::as_object_mut) {
                block.insert("computed".to_owned(), Value::Bool(true));
            }
        }
    }
}

/// Gives object types back their member `description`, where the path leads to one.
fn restore_descriptions(json: &mut Value, paths: &Value) {
    for table in TABLES {
        for (name, paths) in entries(paths, table) {
            for path in paths.as_array().into_iter().flatten().filter_map(Value::as_str) {
                if let Some(block) = json.pointer_mut(&format!("/{table}/{name}/block")) {
                    let steps: Vec<&str> = path.split('.').collect();
                    restore_description(block, &steps);
                }
            }
        }
    }
}

/// Follows a path from a block or a type.
fn restore_description(at: &mut Value, path: &[&str]) {
    if at[0].as_str().is_some_and(|kind| ["list", "set", "map"].contains(&kind)) {
        return restore_description(&mut at[1], path);
    }
    let Some((step, rest)) = path.split_first() else {
        if let Some(members) = at[1].as_object_mut() {
            members.insert("description".to_owned(), "string".into());
        }
        return;
    };
    let block = format!("/block_types/{step}/block");
    let attribute = format!("/attributes/{step}/type");
    let member = format!("/1/{step}");
    if let Some(pointer) = [block, attribute, member].iter().find(|p| at.pointer(p).is_some())
        && let Some(next) = at.pointer_mut(pointer)
    {
        restore_description(next, rest);
    }
}

/// Version 2 of the helm provider has nested blocks where version 3 has nested attributes.
fn helm_with_blocks(mut json: Value) -> Value {
    for key in TABLES {
        for schema in json[key].as_object_mut().into_iter().flat_map(Map::values_mut) {
            let Some(block) = schema["block"].as_object_mut() else { continue };
            let mut blocks = Map::new();
            if let Some(attributes) = block.get_mut("attributes").and_then(Value::as_object_mut) {
                attributes.retain(|name, attribute| {
                    let nested = &attribute["nested_type"];
                    if nested.is_null() || (flag(attribute, "computed") && !flag(attribute, "optional")) {
                        return true;
                    }
                    let single = nested["nesting_mode"].as_str().unwrap_or("single") == "single";
                    let mode = if single { Value::from("list") } else { nested["nesting_mode"].clone() };
                    let max = if single { 1 } else { 0 };
                    let inner = serde_json::json!({"attributes": nested["attributes"]});
                    let json = serde_json::json!({"nesting_mode": mode, "max_items": max, "block": inner});
                    blocks.insert(name.clone(), json);
                    false
                });
            }
            block.insert("block_types".to_owned(), Value::Object(blocks));
        }
    }
    json
}

/// Blocks and arguments, in the source.
fn count(json: &Value) -> (usize, usize) {
    let attributes = json["attributes"].as_object().into_iter().flat_map(Map::values);
    let nested = attributes.clone().map(|a| &a["nested_type"]).filter(|n| !n.is_null());
    let blocks = json["block_types"].as_object().into_iter().flat_map(Map::values).map(|b| &b["block"]);
    nested.chain(blocks).fold((1, attributes.count()), |total, inner| sum(total, count(inner)))
}

fn sum(a: (usize, usize), b: (usize, usize)) -> (usize, usize) {
    (a.0 + b.0, a.1 + b.1)
}

fn block(json: &Value) -> Result<Block> {
    let mut block = Block { deprecated: flag(json, "deprecated"), ..Block::default() };
    for (name, json) in entries(json, "attributes") {
        block.attributes.push(attribute(name, json)?);
    }
    for (name, json) in entries(json, "block_types") {
        let number = |key: &str| json[key].as_u64().unwrap_or(0).try_into();
        block.blocks.push(NestedBlock {
            name: name.as_str().into(),
            nesting: nesting(json)?,
            min: number("min_items")?,
            max: number("max_items")?,
            computed: flag(json, "computed"),
            block: Arc::new(self::block(&json["block"])?),
        });
    }
    block.attributes.sort_by(|a, b| a.name.cmp(&b.name));
    block.blocks.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(block)
}

fn attribute(name: &str, json: &Value) -> Result<Attribute> {
    let nested = match &json["nested_type"] {
        Value::Null => None,
        nested => {
            Some(Arc::new(NestedAttribute { nesting: nesting(nested)?, block: Arc::new(block(nested)?) }))
        }
    };
    Ok(Attribute {
        name: name.into(),
        ty: nested.as_ref().map_or_else(|| ty(&json["type"]), |n| Ok(n.constraint_type()))?,
        required: flag(json, "required"),
        optional: flag(json, "optional"),
        computed: flag(json, "computed"),
        sensitive: flag(json, "sensitive"),
        write_only: flag(json, "write_only"),
        deprecated: flag(json, "deprecated"),
        nested,
    })
}

fn nesting(json: &Value) -> Result<Nesting> {
    Ok(match json["nesting_mode"].as_str() {
        Some("single") | None => Nesting::Single,
        Some("group") => Nesting::Group,
        Some("list") => Nesting::List,
        Some("set") => Nesting::Set,
        Some("map") => Nesting::Map,
        Some(other) => return Err(format!("nesting mode {other}").into()),
    })
}

fn ty(json: &Value) -> Result<Type> {
    let inner = || ty(&json[1]);
    Ok(match json.as_str().or_else(|| json[0].as_str()) {
        Some("dynamic") => Type::Dynamic,
        Some("bool") => Type::Bool,
        Some("number") => Type::Number,
        Some("string") => Type::String,
        Some("list") => Type::list(inner()?),
        Some("set") => Type::set(inner()?),
        Some("map") => Type::map(inner()?),
        Some("tuple") => {
            Type::Tuple(Arc::new(json[1].as_array().into_iter().flatten().map(ty).collect::<Result<_>>()?))
        }
        Some("object") => {
            let members = json[1].as_object().into_iter().flatten();
            let members = members.map(|(k, v)| Ok((k.as_str().into(), ty(v)?)));
            Type::object(members.collect::<Result<Vec<_>>>()?)
        }
        _ => return Err(format!("type {json}").into()),
    })
}
