//! The catalogue against the schemas of each major: how the provider takes an attribute decides what its absence from
//! the code means.

use trueup::terraform::schema::{self, Block};
use trueup::terraform::value::Type;

use super::*;

/// How a schema takes what stands at a dotted path; nothing where it has no such thing.
fn taken(block: &Block, path: &str) -> Option<Config> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let config = |required, optional, computed| match (required, optional, computed) {
        (true, ..) => Config::Required,
        (_, true, true) => Config::OptionalComputed,
        (_, true, false) => Config::Optional,
        _ => Config::Computed,
    };
    match (block.nested(name), block.attribute(name), rest) {
        (Some(nested), _, Some(rest)) => taken(&nested.block, rest),
        // Of a block the schema says how many there are, and not whether one may be computed.
        (Some(nested), _, None) if nested.min > 0 => Some(Config::Required),
        (_, Some(attribute), None) => {
            Some(config(attribute.required, attribute.optional, attribute.computed))
        }
        _ => None,
    }
}

/// True when a schema has what stands at a dotted path, also in the type of an argument.
fn has(block: &Block, path: &str) -> bool {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let mut ty = match (block.nested(name), block.attribute(name), rest) {
        (Some(nested), _, Some(rest)) => return has(&nested.block, rest),
        (_, Some(attribute), Some(_)) => attribute.value_type(),
        (nested, attribute, _) => return nested.is_some() || attribute.is_some(),
    };
    let mut rest = rest;
    while let Some(path) = rest {
        while let Some(element) = ty.element().cloned() {
            ty = element;
        }
        let (name, below) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let Type::Object(object) = &ty else { return false };
        let Some(member) = object.attributes.get(name).cloned() else { return false };
        (ty, rest) = (member, below);
    }
    true
}

/// The path with its first steps under the name that an older major has for them.
fn older(ty: &ResourceType, path: &str) -> Vec<String> {
    let below = |new: &str| path == new || path.strip_prefix(new).is_some_and(|rest| rest.starts_with('.'));
    let aliases = ty.aliases.iter().filter(|a| a.new.is_some_and(below));
    aliases.map(|a| format!("{}{}", a.old, &path[a.new.unwrap().len()..])).collect()
}

/// The schema says computed, and the provider's CustomizeDiff sets `true` where the code says nothing.
const SET_BY_CODE: (&str, &str, u32) = ("azurerm_log_analytics_workspace", "local_authentication_enabled", 4);

#[test]
fn each_major_takes_an_attribute_as_its_schema_says() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for ty in catalogue::names().filter_map(catalogue::resource) {
        for major in [3, 4, 5] {
            let Some(schema) = schema::catalogue::resource("hashicorp/azurerm", Some(major), ty.name) else {
                continue;
            };
            for attribute in &ty.attributes {
                let names = [vec![attribute.path.to_owned()], older(ty, attribute.path)].concat();
                let Some(theirs) = names.iter().find_map(|n| taken(&schema, n)) else { continue };
                checked += 1;
                let ours = attribute.config_in(major);
                let by_code = (ty.name, attribute.path, major) == SET_BY_CODE;
                if ours != theirs && !by_code {
                    wrong.push(format!(
                        "{} {} in {major}: {} here, {} in the schema",
                        ty.name,
                        attribute.path,
                        ours.word(),
                        theirs.word()
                    ));
                }
            }
        }
    }
    say!("schemas: {} of {checked} attributes taken as each major takes them", checked - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_attribute_of_a_schema_is_forgotten() {
    let mut wrong = Vec::new();
    for ty in catalogue::names().filter_map(catalogue::resource).filter(|t| !t.partial) {
        for major in [3, 4, 5] {
            let Some(schema) = schema::catalogue::resource("hashicorp/azurerm", Some(major), ty.name) else {
                continue;
            };
            let mut all = Vec::new();
            paths(&schema, "", &mut all);
            for path in all {
                let known = ty.attribute(&path).is_some()
                    || ty.aliases.iter().any(|a| path == a.old || path.starts_with(&format!("{}.", a.old)))
                    || ty.only_in_4.contains(&&*path);
                if !known && path != "id" && !path.starts_with("timeouts") {
                    wrong.push(format!("{} {path} in {major}", ty.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All dotted paths of a schema.
fn paths(block: &Block, above: &str, out: &mut Vec<String>) {
    let join = |name: &str| if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
    out.extend(block.attributes.iter().map(|a| join(&a.name)));
    for nested in &block.blocks {
        out.push(join(&nested.name));
        paths(&nested.block, &join(&nested.name), out);
    }
}

#[test]
fn no_attribute_is_invented() {
    let mut wrong = Vec::new();
    for ty in catalogue::names().filter_map(catalogue::resource) {
        let schemas: Vec<_> = [3, 4, 5]
            .into_iter()
            .filter_map(|major| schema::catalogue::resource("hashicorp/azurerm", Some(major), ty.name))
            .collect();
        for attribute in &ty.attributes {
            if !schemas.iter().any(|s| has(s, attribute.path)) {
                wrong.push(format!("{} {}", ty.name, attribute.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
