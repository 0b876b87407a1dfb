//! Writes `tests/data/sarif/schema.json`, by which tests judge the SARIF that trueup prints.
//!
//! ```text
//! cargo run --example build-sarif-schema -- sarif-schema-2.1.0.json
//! ```
//!
//! The argument is the schema that OASIS publishes (SARIF 2.1.0 Errata 01,
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json>). What is kept
//! are its facts: members, types, words, bounds and references. Titles and descriptions are left out, and each
//! definition stands on a line of its own.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value as Json};

fn main() -> Result<(), Box<dyn Error>> {
    let source = std::env::args_os().nth(1).ok_or("usage: build-sarif-schema SCHEMA.json")?;
    let Json::Object(mut schema) = facts(serde_json::from_slice(&std::fs::read(source)?)?) else {
        return Err("the schema is no object".into());
    };
    let Some(Json::Object(definitions)) = schema.remove("definitions") else {
        return Err("the schema has no definitions".into());
    };
    let mut text = String::from("{\n");
    for (name, value) in &schema {
        writeln!(text, "{}: {value},", Json::from(name.as_str()))?;
    }
    let lines: Vec<String> =
        definitions.iter().map(|(name, value)| format!("{}: {value}", Json::from(name.as_str()))).collect();
    writeln!(text, "\"definitions\": {{\n{}\n}}\n}}", lines.join(",\n"))?;
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sarif/schema.json");
    std::fs::create_dir_all(target.parent().ok_or("no folder")?)?;
    Ok(std::fs::write(target, text)?)
}

/// The schema without the keywords that only a person reads. (A member may be *called* `description`: then an
/// object stands under it.)
fn facts(schema: Json) -> Json {
    let prose =
        |name: &str, value: &Json| matches!(name, "title" | "description" | "$comment") && value.is_string();
    match schema {
        Json::Object(members) => {
            let kept = members.into_iter().filter(|(name, value)| !prose(name, value));
            Json::Object(kept.map(|(name, value)| (name, facts(value))).collect::<Map<_, _>>())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(facts).collect()),
        other => other,
    }
}
