//! Writes the first edition of the catalogue from a mapping in JSON.
//!
//!     cargo run --example build-catalogue -- MAPPING.json
//!
//! One file per resource type below `src/azure/catalogue/types/`, in the encoding of
//! `src/azure/catalogue/decode.rs`. The files are meant to be edited by hand afterwards; running
//! this again overwrites them.

#![allow(clippy::print_stdout)]

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value};

/// Fields of a type that are one line of text each; lists give one line per member.
const HEADERS: &[(&str, &str)] = &[
    ("arm_type", "arm_type"),
    ("api_version", "api_version"),
    ("id", "id"),
    ("list", "list"),
    ("resource_graph", "resource_graph"),
    ("provider_refresh_calls", "refresh"),
    ("extra_reads", "extra_read"),
    ("rotates_node_pool", "rotates"),
    ("not_readable", "not_readable"),
    ("self_changing", "self_changing"),
    ("provider_blind_spots", "blind_spot"),
    ("defined_two_ways", "two_ways"),
    ("conditional_force_new", "replaces_when"),
    ("only_in_4x_schema", "only_in_4"),
];

/// Fields of an attribute that stand on its own line, as a word or as `key=value`.
const SHORT: &[&str] = &["default", "since"];

/// Fields of an attribute that get an indented line, in this order.
const LONG: &[&str] = &[
    "arm_fallback",
    "arm_absent",
    "arm_null_values",
    "arm_valid_when",
    "drop_when",
    "present_when",
    "compare_when",
    "config_by_major",
    "when_absent",
    "default_by_major",
    "service_fills",
    "expected_when",
    "force_new_when",
    "force_new_unless",
    "ignore_extra",
    "ignore_keys",
    "note",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = std::env::args().nth(1).ok_or("usage: build_catalogue MAPPING.json")?;
    let mapping: Value = serde_json::from_str(&std::fs::read_to_string(source)?)?;
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/azure/catalogue/types");
    std::fs::create_dir_all(&dir)?;
    let types = mapping["resources"].as_object().ok_or("no resources")?;
    for (name, entry) in types {
        std::fs::write(dir.join(format!("{name}.txt")), resource(entry)?)?;
    }
    // Roles are added to the table, which holds more than the mapping knows.
    let table = dir.join("../../roles.txt");
    let mut roles = std::fs::read_to_string(&table).unwrap_or_default();
    let built_in = mapping["meta"]["built_in_roles"].as_object().ok_or("no roles")?;
    for (name, guid) in built_in {
        let line = format!("{} {name}\n", guid.as_str().unwrap_or_default());
        if !roles.contains(&line) {
            roles.push_str(&line);
        }
    }
    std::fs::write(table, roles)?;
    println!("{} types, {} roles", types.len(), built_in.len());
    Ok(())
}

fn resource(entry: &Value) -> Result<String, Box<dyn std::error::Error>> {
    let mut out = String::new();
    for (field, word) in HEADERS {
        for line in texts(&entry[*field]) {
            writeln!(out, "{word} {line}")?;
        }
    }
    if entry["synthetic"].is_object() {
        writeln!(out, "synthetic {}", entry["synthetic"])?;
    }
    for (version, lines) in entry["renames"].as_object().unwrap_or(&Map::new()) {
        for line in texts(lines) {
            writeln!(out, "renamed {version} {line}")?;
        }
    }
    for (old, alias) in entry["aliases"].as_object().unwrap_or(&Map::new()) {
        let text = |field: &str| alias[field].as_str().unwrap_or("-").to_owned();
        let major = text("removed_in");
        let major = major.split('.').next().unwrap_or("-");
        let note = alias["note"].as_str().map(|n| format!("  # {n}")).unwrap_or_default();
        writeln!(out, "alias {old} {} {major} {}{note}", text("new"), text("transform"))?;
    }
    writeln!(out, "attributes")?;
    for (path, attribute) in entry["attributes"].as_object().ok_or("no attributes")? {
        attribute_lines(&mut out, path, attribute)?;
    }
    Ok(out)
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(s) => vec![s.clone()],
        Value::Array(items) => items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

fn attribute_lines(out: &mut String, path: &str, a: &Value) -> Result<(), Box<dyn std::error::Error>> {
    let text = |field: &str| a[field].as_str().unwrap_or("-");
    let ty = match a["elem"].as_str() {
        Some(elem) => format!("{}({elem})", text("type")),
        None => text("type").to_owned(),
    };
    write!(out, "{path} {ty} {} {} {}", text("config"), text("compare"), text("arm"))?;
    for flag in ["force_new", "write_only", "sensitive"] {
        if a[flag] == true {
            write!(out, " {flag}")?;
        }
    }
    for (field, word) in [("readable", "unreadable"), ("provider_reads", "never_read_back")] {
        if a[field] == false {
            write!(out, " {word}")?;
        }
    }
    for (field, word) in [("provider_strict", "strict"), ("key", "key")] {
        if a[field].is_array() {
            write!(out, " {word}={}", texts(&a[field]).join(","))?;
        }
    }
    if let Some(by) = a["provider_sorts_by"].as_str() {
        write!(out, " sorts_by={by}")?;
    }
    let mut long = Vec::new();
    for field in SHORT {
        let Some(value) = a.get(*field).filter(|v| **v != "4 or earlier") else { continue };
        match value.as_str().filter(|_| *field == "since") {
            Some(version) => write!(out, " since={version}")?,
            None if value.to_string().contains(' ') => long.push(*field),
            None => write!(out, " {field}={value}")?,
        }
    }
    writeln!(out)?;
    for field in LONG.iter().copied().chain(long) {
        let Some(value) = a.get(field) else { continue };
        match value {
            Value::String(s) if matches!(field, "arm_fallback" | "note") => writeln!(out, "    {field} {s}")?,
            // What follows from `config` and `default` is not repeated.
            Value::String(s) if field == "when_absent" => {
                let usual = match (text("config"), a.get("default").is_some()) {
                    ("optional_computed", _) => "unmanaged",
                    ("optional", true) => "default",
                    ("optional", false) => "zero",
                    _ => "",
                };
                if s != usual {
                    writeln!(out, "    {field} {s}")?;
                }
            }
            value => writeln!(out, "    {field} {value}")?,
        }
    }
    Ok(())
}
