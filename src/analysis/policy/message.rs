//! What a rule gives, as findings.

use std::collections::HashMap;
use std::sync::LazyLock;

use camino::Utf8Path;
use regex::Regex;
use serde_json::{Map, Value as Json};

use super::{Fault, Kind, RuleName};
use crate::analysis::finding::{Facet, Finding, Severity};
use crate::terraform::address::without_keys;
use crate::terraform::evaluation::Evaluation;
use crate::terraform::source::Span;

/// Members of a message that may hold the address of a resource, also below `details`.
const ADDRESS: [&str; 3] = ["address", "resource_address", "resource"];

/// Members that may say what to do.
const REMEDY: [&str; 3] = ["remediation", "remedy", "fix"];

/// Text that may be an address.
static SHAPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let key = r#"(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?"#;
    let name = r"[A-Za-z_][\w-]*";
    Regex::new(&format!(r"(?:module\.{name}{key}\.)*(?:data\.)?{name}\.{name}{key}")).ok()
});

/// The resources of an evaluation by address.
pub(super) struct Addresses {
    blocks: HashMap<String, Option<Span>>,
}

impl Addresses {
    /// Those that are there and those that go.
    pub(super) fn of(evaluation: &Evaluation) -> Addresses {
        let mut blocks = HashMap::new();
        for instance in &evaluation.instances {
            let address = instance.address.to_string();
            blocks.entry(without_keys(&address).into_owned()).or_insert(Some(instance.block));
            blocks.insert(address, Some(instance.block));
        }
        for gone in evaluation.changes.iter().flat_map(|c| &c.gone) {
            blocks.entry(gone.address.to_string()).or_insert(None);
        }
        Addresses { blocks }
    }

    /// The address that metadata names, else the first in the text.
    fn named(&self, text: &str, metadata: &Map<String, Json>) -> (String, Option<Span>) {
        let below = metadata.get("details").and_then(Json::as_object);
        let members = [Some(metadata), below].into_iter().flatten();
        let given = members.flat_map(|m| ADDRESS.iter().filter_map(|name| m.get(*name)));
        let given = given.filter_map(|v| v.as_str().or_else(|| v.get("address")?.as_str()));
        let shapes = SHAPE.iter().flat_map(|shape| shape.find_iter(text)).map(|m| m.as_str());
        let found = given.chain(shapes).find_map(|a| Some((a.to_owned(), *self.blocks.get(a)?)));
        found.unwrap_or_default()
    }
}

/// The findings of a rule.
pub(super) fn findings(
    rule: &RuleName,
    value: &Json,
    file: &Utf8Path,
    addresses: &Addresses,
) -> Result<Vec<Finding>, Fault> {
    let wrong = |what: &str| {
        let message = format!(
            "the rule {}.{} gives {what}; it must give a set of messages: strings, or objects with msg",
            rule.namespace, rule.name
        );
        Err(Fault::in_file(file, message))
    };
    let messages = match value {
        Json::Array(messages) => messages,
        // A rule that does not hold, as some write it.
        Json::Bool(false) | Json::Null => return Ok(Vec::new()),
        Json::Object(members) if members.is_empty() => return Ok(Vec::new()),
        Json::Bool(true) => return wrong("true and no message"),
        Json::Object(_) => return wrong("an object (in Rego 1 a set is written `contains msg if`)"),
        _ => return wrong("a single value"),
    };
    let mut found = Vec::new();
    for message in messages {
        let (text, metadata) = match message {
            Json::String(text) => (text.as_str(), Map::new()),
            Json::Object(members) => match members.get("msg").and_then(Json::as_str) {
                Some(text) => (text, members.clone()),
                None => return wrong("an object without the string msg"),
            },
            _ => return wrong("a message that is neither a string nor an object"),
        };
        found.push(finding(rule, text, &metadata, file, addresses));
    }
    Ok(found)
}

fn finding(
    rule: &RuleName,
    text: &str,
    metadata: &Map<String, Json>,
    file: &Utf8Path,
    addresses: &Addresses,
) -> Finding {
    let member = |names: &[&str]| names.iter().find_map(|n| metadata.get(*n)?.as_str()).map(str::to_owned);
    let (address, span) = addresses.named(text, metadata);
    let usual = match Kind::of(&rule.name) {
        Some(Kind::Warn) => Severity::Medium,
        _ => Severity::High,
    };
    Finding {
        code: format!("policy:{}.{}", rule.namespace, rule.name).into(),
        name: rule.name.replace('_', "-").into(),
        severity: member(&["severity"]).and_then(|word| severity(&word)).unwrap_or(usual),
        facet: Facet::Security,
        address: address.into(),
        title: text.trim().to_owned(),
        consequence: member(&["description"]).unwrap_or_default().into(),
        formula: String::new(),
        remedies: member(&REMEDY).map(Into::into).into_iter().collect(),
        span,
        because: Vec::new(),
        note: format!("a policy of {file} says so"),
    }
}

/// A severity in the words that policies use.
fn severity(word: &str) -> Option<Severity> {
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "error" => Some(Severity::High),
        "warning" | "moderate" => Some(Severity::Medium),
        word => Severity::from_word(word),
    }
}
