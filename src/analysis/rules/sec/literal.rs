//! What a secret is, by the argument that takes it and by its own shape. Values are judged here, and
//! never become part of a message.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::analysis::shape::Shape;
use crate::terraform::evaluation::Instance;
use crate::terraform::schema::{self, Block};
use crate::terraform::source::{FileId, SourceFile, Span};
use crate::terraform::value::{Kind, Value};

/// How deep blocks are looked into.
const MAX_DEPTH: u32 = 16;
/// Most places in one file that are told: nobody reads more, and each costs a search.
const MAX_PLACES: usize = 100;
/// The longest text of a value's origin that is looked at.
const MAX_TEXT: usize = 4096;

/// Formats of credentials: storage keys, shared access signatures, private keys, JSON web tokens,
/// tokens of GitHub, Azure DevOps and Entra applications.
static FORMATS: [Shape; 8] = [
    Shape::new(&["=="], r"[A-Za-z0-9+/]{86}=="),
    Shape::new(
        &["sig="],
        concat!(
            r"sv=[0-9]{4}-[0-9]{2}-[0-9]{2}[^\s\x22]*[?&]sig=[A-Za-z0-9%+/=]{20,}",
            r"|sig=[A-Za-z0-9%+/=]{20,}[^\s\x22]*&sv=[0-9]{4}-[0-9]{2}-[0-9]{2}",
        ),
    ),
    Shape::new(&["PRIVATE KEY-----"], r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    Shape::new(&["eyJ"], r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    Shape::new(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    Shape::new(&["github_pat_"], r"\bgithub_pat_[A-Za-z0-9_]{50,}"),
    Shape::new(&["AZDO"], r"\b[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}\b"),
    Shape::new(&["Q~"], r"\b[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}"),
];

/// Arguments that hold a script, cloud-init or settings, sensitive as a whole though most of their lines
/// are not.
const SCRIPTS: [&str; 4] = ["custom_data", "user_data", "user_data_base64", "protected_settings"];
/// A literal that a script gives to a name that speaks of a secret. References to variables are none.
static ASSIGNED: Shape = Shape::caseless(
    &["passw", "pwd", "secret", "token", "key", "connection"],
    concat!(
        r"(?i)(?:password|passwd|pwd|secret|token|(?:api|access|account|private)_?key|connection_?string)[a-z0-9_]*",
        r#"[\\"']{0,2}[ \t]*[=:][ \t]*[\\"']{0,2}[^\s"'\\$<{%&|;()]{4,}"#,
    ),
);

/// Endings of argument names that hold a secret.
const ENDINGS: [&str; 3] = ["_secret", "connection_string", "sas_token"];
/// Words in the keys of a sensitive map whose values are secrets: the others stand beside them.
const KEYS: [&str; 9] =
    ["passw", "pwd", "secret", "token", "key", "credential", "connection", "certificate", "sas"];
/// Argument names that hold a secret.
const NAMES: [&str; 3] = ["pull_secret", "shared_key", "access_key"];
/// Endings of names that only speak of a secret.
const ABOUT: [&str; 10] =
    ["_name", "_id", "_ids", "_enabled", "_length", "_type", "_version", "_uri", "_url", "_authentication"];

/// Places in a text that have the shape of a credential.
pub(super) fn formats(file: FileId, source: &SourceFile) -> Vec<Span> {
    let text = &*source.text;
    let found =
        FORMATS.iter().filter_map(|f| f.within(text)).flat_map(|f| f.find_iter(text).take(MAX_PLACES));
    let mut found: Vec<_> = found.map(|m| (m.start(), m.end())).collect();
    found.sort_unstable();
    // What lies in another is told with it.
    let mut end = 0;
    found.retain(|(from, to)| {
        *from >= end && {
            end = *to;
            true
        }
    });
    let found = found.into_iter().take(MAX_PLACES);
    found.map(|(start, end)| Span { file, start: start as u32, end: end as u32 }).collect()
}

/// Known texts that an instance's secret arguments hold, and whether there are such arguments at all.
pub(super) fn secrets(instance: &Instance, major: Option<u32>) -> Vec<&Value> {
    let provider = instance.address.type_name.split('_').next().unwrap_or("");
    let schema = schema::resource(provider, major, &instance.address.type_name);
    let mut found = Vec::new();
    // A named value is sensitive to the provider, and a secret where it says so.
    let is_plain = &*instance.address.type_name == "azurerm_api_management_named_value"
        && instance.config.get("secret").and_then(Value::as_bool) != Some(true);
    if is_plain {
        return found;
    }
    below(&instance.config, schema.as_deref(), MAX_DEPTH, &mut found);
    if let Some(body) = instance.config.get("body").filter(|_| provider == "azapi") {
        in_arm(body, MAX_DEPTH, &mut found);
    }
    found
}

/// Texts of arguments that hold a secret by their name, or that are one of these.
pub(super) fn secrets_of<'v>(config: &'v Value, names: &[&str]) -> Vec<&'v Value> {
    let mut found = Vec::new();
    below(config, None, MAX_DEPTH, &mut found);
    for (_, member) in config.as_map().into_iter().flatten().filter(|(name, _)| names.contains(&&***name)) {
        texts(member, MAX_DEPTH, &mut found);
    }
    found
}

fn below<'v>(value: &'v Value, schema: Option<&Block>, depth: u32, found: &mut Vec<&'v Value>) {
    let members = value.as_map().into_iter().flatten();
    for (name, member) in members.filter(|(_, member)| !member.is_null()) {
        let attribute = schema.and_then(|s| s.attributes.iter().find(|a| a.name == *name));
        if SCRIPTS.contains(&&**name) {
            found.extend(Some(member).filter(|v| v.as_str().is_some_and(assigns_secret)));
            continue;
        }
        let nested = schema.and_then(|s| s.blocks.iter().find(|b| b.name == *name));
        if attribute.is_some_and(|a| a.sensitive) || nested.is_none() && takes_secret(name) {
            texts(member, MAX_DEPTH, found);
            continue;
        }
        if nested.is_none() && schema.is_some() || depth == 0 {
            continue;
        }
        let block = nested.map(|n| &*n.block);
        match member.as_slice() {
            Some(items) => items.iter().for_each(|i| below(i, block, depth - 1, found)),
            None => below(member, block, depth - 1, found),
        }
    }
}

/// The same of a document in the words of ARM, which has no schema here: `adminPassword`.
fn in_arm<'v>(value: &'v Value, depth: u32, found: &mut Vec<&'v Value>) {
    for (name, member) in value.as_map().into_iter().flatten() {
        if takes_secret(&snake_case(name)) {
            texts(member, depth, found);
        } else if depth > 0 {
            in_arm(member, depth - 1, found);
        }
    }
    if depth > 0 {
        value.as_slice().unwrap_or_default().iter().for_each(|item| in_arm(item, depth - 1, found));
    }
}

/// `admin_password` of `adminPassword`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

fn texts<'v>(value: &'v Value, depth: u32, found: &mut Vec<&'v Value>) {
    match &value.kind {
        Kind::String(_) | Kind::Unknown(_) => found.push(value),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) if depth > 0 => {
            items.iter().for_each(|i| texts(i, depth - 1, found));
        }
        Kind::Map(_, members) | Kind::Object(members) if depth > 0 => {
            let secret = |key: &str| KEYS.iter().any(|k| key.to_ascii_lowercase().contains(k));
            let members = members.iter().filter(|(key, m)| m.as_str().is_none() || secret(key));
            members.for_each(|(_, m)| texts(m, depth - 1, found));
        }
        _ => {}
    }
}

/// True for a script, in base64 or not, that holds a secret.
fn assigns_secret(text: &str) -> bool {
    let decoded = STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let script = decoded.as_deref().unwrap_or(text);
    let assigned = ASSIGNED.within(script).is_some_and(|e| e.is_match(script));
    assigned || FORMATS.iter().any(|f| f.within(script).is_some_and(|e| e.is_match(script)))
}

fn takes_secret(name: &str) -> bool {
    let about = ABOUT.iter().any(|e| name.ends_with(e));
    !about
        && (name.contains("password")
            || name == "client_secret"
            || NAMES.iter().any(|n| name.contains(n))
            || ENDINGS.iter().any(|e| name.ends_with(e)))
}

/// True for a text that stands for a secret yet to come.
pub(super) fn is_placeholder(text: &str) -> bool {
    let plain = text.trim();
    let lower = plain.to_ascii_lowercase();
    let mut letters = plain.chars();
    let first = letters.next();
    let wrapped = |open: &str, close: &str| plain.starts_with(open) && plain.ends_with(close);
    plain.is_empty()
        || letters.all(|c| Some(c) == first)
        || wrapped("<", ">")
        || wrapped("${", "}")
        // What a pipeline replaces before Terraform runs.
        || wrapped("__", "__")
        || wrapped("#{", "}#")
        || wrapped("{{", "}}")
        || plain.contains("REPLACE")
        || plain.contains("TODO")
        || lower.starts_with("example")
        || matches!(lower.replace(['-', '_', ' '], "").as_str(), "changeme" | "changeit" | "placeholder")
        || plain.len() < 8 && plain.chars().all(|c| c.is_ascii_lowercase())
}

/// True when a value's text is written down, and not read from a file.
pub(super) fn is_written(text: &str) -> bool {
    let text = text.get(..MAX_TEXT).unwrap_or(text);
    !["file(", "templatefile(", "filebase64("].iter().any(|f| text.contains(f))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terraform::source::SourceMap;

    #[test]
    fn placeholders_are_no_secrets() {
        for text in [
            "",
            "changeme",
            "CHANGE_ME",
            "secret",
            "<password>",
            "xxxxxxxxxxxx",
            "REPLACE_ME",
            "TODO: vault",
            "example-secret",
            "__client_secret__",
            "#{Password}#",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["hunter2", "P@ssw0rd!", "correct horse battery", "Secret1"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn credentials_are_known_by_their_shape() {
        let key = format!("{}==", "Ab3/".repeat(21) + "xy");
        let token = format!("ghp_{}", "a1".repeat(20));
        let jwt = format!("eyJ{0}.{0}.{0}", "abcDEF123_-x");
        let sas = "https://x.blob.core.windows.net/c?sv=2024-11-04&sp=r&sig=abcdEFGH1234567890%2Bxyz%3D";
        let pem = "-----BEGIN RSA PRIVATE KEY-----";
        let guid = "11111111-2222-3333-4444-555555555555";
        let mut sources = SourceMap::default();
        for (text, count) in
            [(key.as_str(), 1), (&token, 1), (&jwt, 1), (sas, 1), (pem, 1), (guid, 0), ("sha256", 0)]
        {
            let id = sources.add("a.tf", format!("x = \"{text}\"\n"));
            assert_eq!(formats(id, sources.file(id)).len(), count, "{text}");
        }
    }

    #[test]
    fn a_script_is_a_secret_when_it_holds_one() {
        for script in [
            "export DATABASE_PASSWORD=\\\"SomeSortOfPassword\\\"",
            "echo 'token: abcd1234' > /etc/x",
            "{\"storageAccountKey\":\"abcd1234\"}",
            "ZXhwb3J0IEFQSV9LRVk9aHVudGVyMmh1bnRlcjI=",
        ] {
            assert!(assigns_secret(script), "{script}");
        }
        for script in [
            "#!/bin/sh\napt-get update\n",
            "export DB_PASSWORD=$PASSWORD",
            "password=\"${var}\"",
            "az keyvault secret show --name token",
            "{\"commandToExecute\":\"/bin/bash -c \\\"cloud-init status --wait\\\"\"}",
            "token=$(curl http://x)",
            "IyEvYmluL3NoCmFwdC1nZXQgdXBkYXRlCg==",
        ] {
            assert!(!assigns_secret(script), "{script}");
        }
    }

    #[test]
    fn names_of_arguments_tell_secrets_from_words_about_them() {
        for name in [
            "admin_password",
            "client_secret",
            "pull_secret",
            "primary_access_key",
            "connection_string",
            "sas_token",
        ] {
            assert!(takes_secret(name), "{name}");
        }
        for name in [
            "password_secret_name",
            "key_vault_secret_id",
            "disable_password_authentication",
            "name",
            "secret_rotation_enabled",
        ] {
            assert!(!takes_secret(name), "{name}");
        }
    }
}
