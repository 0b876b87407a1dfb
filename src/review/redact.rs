//! What must not be shown: sensitive values, secrets by their shape, subscription ids.
//!
//! Values are judged, not printed. Every text that a report shows passes through a [`Redactor`];
//! it works on text rather than on values so that an excerpt of a `.tfvars`, a formula and an ARM id
//! are treated alike.

use std::collections::BTreeSet;

use regex::{Captures, Regex};
use serde_json::Value as Json;

use crate::analysis::shape::Shape;
use crate::terraform::evaluation::Evaluation;
use crate::terraform::value::{Kind, Value};

/// Shown in place of a subscription id.
pub const SUBSCRIPTION: &str = "<subscription>";
/// Shown in place of a sensitive value.
pub const SENSITIVE: &str = "(sensitive)";

/// A sensitive text shorter than this is too common to be replaced wherever it occurs.
const LEAST_SECRET: usize = 5;

/// Ids of subscriptions, after what says that they are.
static SUBSCRIPTION_ID: Shape = Shape::caseless(
    &["subscription"],
    concat!(
        r"(?-u)(?i)(/subscriptions/|subscription_?id\x22?\s*[=:]\s*\x22?)",
        r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
    ),
);

/// Secrets by their own shape: tokens, keys in connection strings, shared access signatures, PEM keys,
/// tokens of GitHub, secrets of Entra applications.
static SHAPES: [Shape; 6] = [
    Shape::new(&["eyJ"], r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"),
    Shape::caseless(
        &["key=", "password=", "pwd="],
        r"(?i-u:(?:AccountKey|SharedAccessKey|Password|Pwd)=)[^;\s\x22]{4,}",
    ),
    Shape::caseless(&["sig="], r"(?i-u:[?&]sig=)[A-Za-z0-9%+/=]{10,}"),
    Shape::new(
        &["PRIVATE KEY-----"],
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    ),
    Shape::new(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\bgh[pousr]_[A-Za-z0-9]{30,}"),
    Shape::new(&["Q~"], r"\b[A-Za-z0-9_-]{3}[78]Q~[A-Za-z0-9_.~-]{31,34}"),
];

/// An assignment of a literal to a name that speaks of a secret, in HCL or JSON.
static NAMED: Shape = Shape::caseless(
    &["passw", "secret", "token", "_key", "connection_string", "sas"],
    concat!(
        r"(?m)^((?-u:\s*\x22?[\w-]*)",
        r"(?i-u:password|passwd|secret|token|shared_key|access_key|connection_string|sas|private_key)",
        r"(?-u:[\w-]*\x22?\s*[=:]\s*\x22))((?:[^\x22\\\n]|\\.)+)\x22",
    ),
);

/// Replaces what must not be shown.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    secrets: BTreeSet<String>,
    show_subscriptions: bool,
}

impl Redactor {
    /// A redactor that knows the sensitive values of an evaluation.
    pub fn new(evaluation: &Evaluation) -> Redactor {
        let mut redactor = Redactor::default();
        redactor.learn(evaluation);
        redactor
    }

    /// Adds the sensitive values of another evaluation.
    pub fn learn(&mut self, evaluation: &Evaluation) {
        for value in evaluation.variables.values() {
            self.collect(value, false);
        }
        for output in evaluation.outputs.values() {
            self.collect(&output.value, output.sensitive);
        }
        for instance in &evaluation.instances {
            self.collect(&instance.planned, false);
        }
    }

    /// Shows subscription ids from now on.
    pub fn show_subscriptions(mut self, show: bool) -> Redactor {
        self.show_subscriptions = show;
        self
    }

    /// Hides what another redactor hides as well.
    pub fn join(&mut self, other: &Redactor) {
        self.secrets.extend(other.secrets.iter().cloned());
        self.show_subscriptions |= other.show_subscriptions;
    }

    fn collect(&mut self, value: &Value, sensitive: bool) {
        let sensitive = sensitive || value.marks.sensitive;
        match &value.kind {
            Kind::String(text) if sensitive && text.len() >= LEAST_SECRET => {
                self.secrets.insert(text.to_string());
            }
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
                items.iter().for_each(|v| self.collect(v, sensitive));
            }
            Kind::Map(_, entries) | Kind::Object(entries) => {
                entries.values().for_each(|v| self.collect(v, sensitive));
            }
            _ => {}
        }
    }

    /// A text as a report may show it.
    pub fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for secret in self.secrets.iter().rev() {
            if out.contains(secret.as_str()) {
                out = out.replace(secret.as_str(), SENSITIVE);
            }
        }
        for shape in &SHAPES {
            if let Some(expression) = shape.within(&out) {
                out = expression.replace_all(&out, SENSITIVE).into_owned();
            }
        }
        if let Some(ids) = self.ids_within(&out) {
            out = ids.replace_all(&out, |c: &Captures<'_>| format!("{}{SUBSCRIPTION}", &c[1])).into_owned();
        }
        out
    }

    /// The expression for subscription ids, where a text may have some that are not to be shown.
    fn ids_within(&self, text: &str) -> Option<&'static Regex> {
        if self.show_subscriptions { None } else { SUBSCRIPTION_ID.within(text) }
    }

    /// Replaces secrets in a JSON document: by shape, and text members whose name says what they are.
    /// Subscription ids are left where [`show_subscriptions`](Self::show_subscriptions) says so.
    pub fn document(&self, json: &mut Json) {
        match json {
            Json::String(text) => {
                let shown = self.text(text);
                if shown != *text {
                    *text = shown;
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.document(item)),
            Json::Object(members) => {
                for (name, value) in members {
                    match value {
                        Json::String(text) if !text.is_empty() && is_secret(name) => {
                            SENSITIVE.clone_into(text)
                        }
                        value => self.document(value),
                    }
                }
            }
            _ => {}
        }
    }

    /// Lines of source as an excerpt may show them: as long as before in bytes, so that carets
    /// stand where they stood..
    pub fn source(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let mut mask = |start: usize, end: usize| {
            for b in bytes.get_mut(start..end).unwrap_or_default() {
                if *b != b'\n' {
                    *b = b'*';
                }
            }
        };
        for secret in &self.secrets {
            for (at, hit) in text.match_indices(secret.as_str()) {
                mask(at, at + hit.len());
            }
        }
        for found in SHAPES.iter().filter_map(|s| s.within(text)).flat_map(|s| s.find_iter(text)) {
            mask(found.start(), found.end());
        }
        for group in [NAMED.within(text), self.ids_within(text)]
            .into_iter()
            .flatten()
            .flat_map(|r| r.captures_iter(text))
        {
            if let Some(found) = group.get(2) {
                mask(found.start(), found.end());
            }
        }
        String::from_utf8(bytes).unwrap_or_default()
    }
}

/// Names of members that hold a secret; `keyVaultSecretId` and `secretUri` only point at one.
fn is_secret(name: &str) -> bool {
    const ENDS: [&str; 8] = [
        "password",
        "secret",
        "sharedkey",
        "accesskey",
        "accountkey",
        "connectionstring",
        "privatekey",
        "sastoken",
    ];
    let name = name.to_ascii_lowercase();
    ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_lose_their_secrets_and_keep_the_rest() {
        let mut document = serde_json::json!({
            "id": "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg",
            "properties": {"adminPassword": "hunter2", "keyVaultSecretId": "https://v/secrets/s",
                "settings": ["AccountKey=abcd1234==;x"], "permissions": {"secrets": ["get"]}},
        });
        let id = document["id"].clone();
        Redactor::default().show_subscriptions(true).document(&mut document);
        assert_eq!(document["id"], id);
        let properties = serde_json::json!({"adminPassword": SENSITIVE, "keyVaultSecretId": "https://v/secrets/s",
            "settings": ["(sensitive);x"], "permissions": {"secrets": ["get"]}});
        assert_eq!(document["properties"], properties);
    }

    #[test]
    fn subscription_ids_are_not_shown_unless_asked() {
        let id = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg";
        assert_eq!(Redactor::default().text(id), "/subscriptions/<subscription>/resourceGroups/rg");
        assert_eq!(Redactor::default().show_subscriptions(true).text(id), id);
    }

    #[test]
    fn secrets_are_known_by_value_by_shape_and_by_name() {
        let mut redactor = Redactor::default();
        redactor
            .collect(&Value::from("hunter22").with_marks(crate::terraform::value::Marks::SENSITIVE), false);
        assert_eq!(redactor.text("x hunter22 y"), "x (sensitive) y");
        assert_eq!(redactor.text("AccountKey=abcd1234==;x"), "(sensitive);x");
        let source = "name = \"a\"\nadmin_password = \"pa\\\"ss\" # why\n";
        let shown = redactor.source(source);
        assert_eq!(shown, "name = \"a\"\nadmin_password = \"******\" # why\n");
        assert_eq!(shown.len(), source.len());
    }

    #[test]
    fn references_to_secrets_stay_readable() {
        let source = "client_secret = var.secret\n";
        assert_eq!(Redactor::default().source(source), source);
    }
}
