//! Where a root module keeps its state, and when two such places are the same.

use std::collections::BTreeMap;

use super::super::body::Body;
use super::super::literal;
use super::super::sources::Sources;
use crate::terraform::value::convert::convert;
use crate::terraform::value::{Type, Value};

/// A backend and its settings, as far as they are stated; those of a nested block under a dotted name
/// (`workspaces.name`).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Backend {
    /// `azurerm`, `s3`; a `cloud` block is the backend `remote`.
    pub kind: String,
    /// Settings that are not empty.
    pub settings: BTreeMap<String, String>,
}

/// What says which state it is: `(backend, settings that must be stated and equal, settings that must
/// be equal where both state them)`.
///
/// Source: the pages of each backend under <https://developer.hashicorp.com/terraform/language/backend>.
const IDENTITY: &[(&str, &[&str], &[&str])] = &[
    ("azurerm", &["storage_account_name", "container_name", "key"], &[]),
    ("consul", &["path"], &["address", "datacenter"]),
    ("cos", &["bucket", "key"], &["prefix", "region"]),
    ("gcs", &["bucket"], &["prefix"]),
    ("http", &["address"], &[]),
    ("kubernetes", &["secret_suffix"], &["namespace", "host", "config_context"]),
    ("oss", &["bucket", "key"], &["prefix"]),
    ("pg", &["conn_str"], &["schema_name"]),
    ("remote", &["organization"], &["hostname"]),
    ("s3", &["bucket", "key"], &["workspace_key_prefix"]),
];

/// The values of settings that are not stated, where there is one.
const DEFAULTS: &[(&str, &str, &str)] = &[
    ("gcs", "prefix", ""),
    ("kubernetes", "namespace", "default"),
    ("pg", "schema_name", "terraform_remote_state"),
    ("remote", "hostname", "app.terraform.io"),
    ("s3", "workspace_key_prefix", "env:"),
];

/// A setting may be a key: only names are shown.
impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backend").field("kind", &self.kind).field("settings", &self.settings.keys()).finish()
    }
}

impl Backend {
    /// The backend of a `backend` or `cloud` block.
    pub(super) fn of_block(kind: &str, body: &Body, sources: &Sources) -> Backend {
        let mut backend = Backend { kind: kind.to_owned(), settings: BTreeMap::new() };
        backend.set(body, sources);
        backend
    }

    /// Adds the settings of a `-backend-config` file, which win.
    pub(super) fn with_file(&self, body: &Body, sources: &Sources) -> Backend {
        let mut backend = self.clone();
        backend.set(body, sources);
        backend
    }

    fn set(&mut self, body: &Body, sources: &Sources) {
        let nested = body.blocks.iter().map(|block| (format!("{}.", block.kind), &block.body));
        for (prefix, body) in std::iter::once((String::new(), body)).chain(nested) {
            for (name, attribute) in &body.attributes {
                // Terraform admits literals only.
                if let Ok(Some(text)) = literal::text(sources, &attribute.expr)
                    && !text.is_empty()
                {
                    self.settings.insert(format!("{prefix}{name}"), text);
                }
            }
        }
    }

    /// The backend that a `terraform_remote_state` names.
    pub(super) fn of_values(kind: &str, config: &Value) -> Backend {
        let mut settings = BTreeMap::new();
        for (name, value) in config.as_map().into_iter().flatten() {
            let block = value.as_slice().and_then(<[Value]>::first).unwrap_or(value);
            match block.as_map() {
                Some(members) => settings
                    .extend(members.iter().filter_map(|(k, v)| Some((format!("{name}.{k}"), text(v)?)))),
                None => settings.extend(text(value).map(|text| (name.to_string(), text))),
            }
        }
        Backend { kind: kind.to_owned(), settings }
    }

    /// A setting.
    pub fn get(&self, name: &str) -> Option<&str> {
        let default = || DEFAULTS.iter().find(|(kind, n, _)| *kind == self.kind && *n == name).map(|d| d.2);
        self.settings.get(name).map(String::as_str).or_else(default)
    }

    /// The workspace of this root module's whose state the other names; `None` when it is another state,
    /// or when one of them leaves open which it is.
    pub(super) fn workspace_of(&self, wanted: &Backend, workspace: &str) -> Option<String> {
        let (_, required, optional) = IDENTITY.iter().find(|(kind, ..)| *kind == self.kind)?;
        let equal = |name: &&str| self.get(name).is_some() && self.get(name) == wanted.get(name);
        let agrees = |name: &&str| match (self.get(name), wanted.get(name)) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => true,
        };
        if self.kind != wanted.kind || !required.iter().all(equal) || !optional.iter().all(agrees) {
            return None;
        }
        if self.kind != "remote" {
            return Some(workspace.to_owned());
        }
        // One workspace, or all those whose names begin alike.
        let [mine, theirs] = [self, wanted].map(|b| (b.get("workspaces.name"), b.get("workspaces.prefix")));
        let full = match theirs {
            (Some(name), _) => name.to_owned(),
            (None, Some(prefix)) => format!("{prefix}{workspace}"),
            (None, None) => return None,
        };
        match mine {
            (Some(name), _) => (name == full).then(|| "default".to_owned()),
            (None, Some(prefix)) => full.strip_prefix(prefix).map(str::to_owned),
            (None, None) => None,
        }
    }

    /// Where the local backend keeps the state of a workspace, from the root module.
    pub fn local_path(&self, workspace: &str) -> String {
        match workspace {
            "default" => self.get("path").unwrap_or(super::STATE).to_owned(),
            other => {
                format!("{}/{other}/{}", self.get("workspace_dir").unwrap_or(super::WORKSPACES), super::STATE)
            }
        }
    }

    /// The settings that would say which state it is and are not stated.
    pub fn open(&self) -> Vec<&'static str> {
        let known = IDENTITY.iter().find(|(kind, ..)| *kind == self.kind);
        let required = known.map_or(&[][..], |(_, required, _)| required);
        required.iter().copied().filter(|name| self.get(name).is_none()).collect()
    }

    /// True when nothing that both state differs, and something is stated by both.
    pub(super) fn may_be(&self, wanted: &Backend) -> bool {
        let Some((_, required, _)) = IDENTITY.iter().find(|(kind, ..)| *kind == self.kind) else {
            return false;
        };
        let both: Vec<bool> = required.iter().filter_map(|n| Some(self.get(n)? == wanted.get(n)?)).collect();
        self.kind == wanted.kind && !both.is_empty() && both.iter().all(|same| *same)
    }
}

fn text(value: &Value) -> Option<String> {
    let text = convert(value.clone(), &Type::String).ok()?;
    text.as_str().filter(|t| !t.is_empty()).map(str::to_owned)
}
