//! Rules hold for azapi and for what is live: the examples of rules, written in the words of ARM and given as
//! Azure answers, must get the verdicts that they get in azurerm's words.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};
use trueup::azure::estate::Document;
use trueup::terraform::value::json::known_json;

use super::*;

/// How many rules must hold in each of the forms.
const LEAST: usize = 40;

/// The documents of an example as Azure would answer; what is known only after apply is left out.
fn documents(root: &Root) -> Vec<Json> {
    let plain = |d: &&Document| d.declared.is_some();
    root.estate.iter().filter(plain).map(|d| known(known_json(&d.body).unwrap_or(Json::Null), d)).collect()
}

fn known(body: Json, document: &Document) -> Json {
    let mut body = match without_null(body) {
        Json::Object(members) => members,
        _ => Map::new(),
    };
    body.insert("id".into(), json!(document.id.as_str()));
    body.insert("type".into(), json!(document.arm_type));
    body.entry("name").or_insert(json!(document.name()));
    Json::Object(body)
}

fn without_null(value: Json) -> Json {
    match value {
        Json::Object(members) => {
            let kept = members.into_iter().filter(|(_, v)| !v.is_null());
            Json::Object(kept.map(|(k, v)| (k, without_null(v))).collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(without_null).collect()),
        other => other,
    }
}

/// The same documents as azapi resources.
fn azapi(documents: &[Json]) -> String {
    let mut out = String::new();
    for (at, document) in documents.iter().enumerate() {
        let id = document["id"].as_str().unwrap();
        let Some((parent, name)) = parent_and_name(id) else { continue };
        let mut body = Map::new();
        for (key, value) in document.as_object().unwrap() {
            if !["id", "type", "name", "location", "tags", "identity"].contains(&key.as_str()) {
                body.insert(key.clone(), value.clone());
            }
        }
        let text = |value: &Json| value.to_string().replace("${", "$${").replace("%{", "%%{");
        let mut lines = format!(
            "  type      = \"{}@2025-01-01\"\n  name      = {}\n  parent_id = {}\n",
            document["type"].as_str().unwrap(),
            text(&json!(name)),
            text(&json!(parent))
        );
        for key in ["location", "tags"].iter().filter(|k| document.get(**k).is_some()) {
            lines += &format!("  {key} = {}\n", text(&document[*key]));
        }
        if let Some(kind) = document["identity"]["type"].as_str() {
            let ids = document["identity"]["userAssignedIdentities"].as_object();
            let ids: Vec<&String> = ids.into_iter().flat_map(|m| m.keys()).collect();
            let ids =
                if ids.is_empty() { String::new() } else { format!("    identity_ids = {}\n", json!(ids)) };
            lines += &format!("  identity {{\n    type = {}\n{ids}  }}\n", json!(kind));
        }
        lines += &format!("  body = {}\n", text(&Json::Object(body)));
        out += &format!("resource \"azapi_resource\" \"r{at}\" {{\n{lines}}}\n\n");
    }
    out
}

/// `/subscriptions/s/resourceGroups/rg` and `n` of `.../providers/P/t/n`; the resource above for a child.
fn parent_and_name(id: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = id.split('/').collect();
    let at = parts.iter().rposition(|p| p.eq_ignore_ascii_case("providers"))?;
    let own = parts.len() - at - 2;
    let end = if own == 2 { at } else { parts.len() - 2 };
    Some((parts[..end].join("/"), (*parts.last()?).to_owned()))
}

/// True when a rule tells the bad example from the good one in a form.
fn tells(rule: &dyn rules::Rule, form: &dyn Fn(&str) -> Option<Root>) -> bool {
    let meta = rule.meta();
    let words = |text: &str| -> Option<BTreeSet<&'static str>> {
        let root = form(text)?;
        Some(root.with(|cx| rules::judge(cx, rule)).iter().map(|o| o.verdict.word()).collect())
    };
    let (Some(bad), Some(good)) = (words(meta.bad), words(meta.good)) else { return false };
    bad.contains("fail") && !good.contains("fail") && good.contains("pass")
}

/// Examples in one piece of code; others have forms of their own.
fn plain(text: &str) -> Option<Root> {
    let other = ["# file ", "# before\n", "# live\n"].iter().any(|mark| text.contains(mark));
    (!other).then(|| root(text))
}

#[test]
fn rules_hold_for_azapi_and_for_what_is_live() {
    let as_azapi = |text: &str| {
        let documents = documents(&plain(text)?);
        (!documents.is_empty()).then(|| root(&azapi(&documents)))
    };
    let as_live = |text: &str| {
        let documents = documents(&plain(text)?);
        let live = Some(Estate::from_documents(&documents));
        (!documents.is_empty()).then(|| Root { live, ..root("locals {}\n") })
    };
    let (mut of_azapi, mut of_live, mut of_both) = (0, 0, Vec::new());
    for rule in rules::all() {
        let found = (tells(*rule, &as_azapi), tells(*rule, &as_live));
        of_azapi += usize::from(found.0);
        of_live += usize::from(found.1);
        if found == (true, true) {
            of_both.push(rule.meta().id);
        }
    }
    say!(
        "rules that hold in azapi's form: {of_azapi}; for what is live: {of_live}; in both: {}",
        of_both.len()
    );
    assert!(of_both.len() >= LEAST, "{of_both:?}");
    // One of each kind: an attribute, a pool, a rule with logic, a graph.
    for id in ["TU-ACR-001", "TU-AKS-031", "TU-NSG-002", "TU-KV-001", "TU-X-006"] {
        assert!(of_both.contains(&id), "{id}: {of_both:?}");
    }
}
