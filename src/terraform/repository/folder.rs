//! One folder with configuration: what it calls, what it reads, and whether something is applied in it.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use super::reads::{Read, reads};
use crate::terraform::configuration::is_configuration;
use crate::terraform::files::{FileSource, join};
use crate::terraform::modules::is_local;
use crate::terraform::syntax::outline::{Item, Outline};

/// A folder.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// Its configuration files.
    pub(super) names: Vec<String>,
    /// Calls of modules in the checkout.
    pub(super) calls: Vec<Call>,
    /// Files that functions may read.
    pub(super) reads: Vec<Read>,
    /// The real paths of its configuration files that are links.
    pub(super) links: BTreeSet<Utf8PathBuf>,
    /// A backend, automatic variables or a lock file: somebody applies it.
    pub(super) is_applied: bool,
    /// It configures a provider.
    pub(super) has_provider: bool,
}

/// A module call whose source is a folder of the checkout.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Call {
    /// Name of the block.
    pub(super) name: String,
    /// The folder.
    pub(super) dir: Utf8PathBuf,
}

/// The lock file of `terraform init`.
pub(super) const LOCK: &str = ".terraform.lock.hcl";

/// True for variables that Terraform loads by itself.
pub(super) fn is_automatic(name: &str) -> bool {
    ["terraform.tfvars", "terraform.tfvars.json"].contains(&name)
        || name.ends_with(".auto.tfvars")
        || name.ends_with(".auto.tfvars.json")
}

impl Folder {
    /// Reads a folder with files of these names; `None` when it holds no configuration.
    pub(super) fn read(files: &dyn FileSource, dir: &Utf8Path, names: &[String]) -> Option<Folder> {
        let configuration: Vec<&String> = names.iter().filter(|n| is_configuration(n)).collect();
        if configuration.is_empty() {
            return None;
        }
        let is_applied = names.iter().any(|n| is_automatic(n) || n == LOCK);
        let own = configuration.iter().map(|n| (*n).clone()).collect();
        let mut folder = Folder { names: own, is_applied, ..Folder::default() };
        for name in configuration {
            let path = dir.join(name);
            let real = files.real(&path);
            if real != path {
                folder.links.insert(real);
            }
            let Some(text) = files.read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
                continue;
            };
            if name.ends_with(".json") {
                // What is wrong with a file is said where it is evaluated.
                folder.json(files, dir, &serde_json::from_str(&text).unwrap_or_default());
            } else {
                folder.native(files, dir, &text);
            }
        }
        folder.calls.sort();
        folder.calls.dedup();
        Some(folder)
    }

    fn native(&mut self, files: &dyn FileSource, dir: &Utf8Path, text: &str) {
        self.reads.extend(reads(text, files, dir));
        if !["module", "provider", "backend", "cloud"].iter().any(|word| text.contains(word)) {
            return;
        }
        let outline = Outline::of(text);
        for (at, item) in outline.items.iter().enumerate() {
            let top = |item: &Item| item.is_block && item.parent.is_none();
            let within = |name: &str| {
                item.parent.and_then(|p| outline.items.get(p)).is_some_and(|p| top(p) && p.name == name)
            };
            if top(item) && item.name.starts_with("provider.") {
                self.has_provider = true;
            } else if item.is_block && within("terraform") {
                self.is_applied |= item.name.starts_with("backend") || item.name == "cloud";
            } else if let (true, Some(name)) = (top(item), item.name.strip_prefix("module.")) {
                let mut members = outline.items.iter().skip(at + 1).filter(|i| i.parent == Some(at));
                let source = members.find(|i| i.name == "source" && !i.is_block);
                let source = source.and_then(|i| text.get(i.range.clone())).and_then(|t| t.split_once('='));
                if let Some((_, source)) = source {
                    self.call(files, dir, name, source.trim().trim_matches('"'));
                }
            }
        }
    }

    fn json(&mut self, files: &dyn FileSource, dir: &Utf8Path, json: &Json) {
        self.has_provider |= json.get("provider").is_some();
        let blocks = |json: &Json| match json {
            Json::Array(items) => items.clone(),
            other => vec![other.clone()],
        };
        for block in json.get("terraform").map(blocks).into_iter().flatten() {
            self.is_applied |= block.get("backend").is_some() || block.get("cloud").is_some();
        }
        for block in json.get("module").map(blocks).into_iter().flatten() {
            for (name, body) in block.as_object().into_iter().flatten() {
                for body in blocks(body) {
                    if let Some(source) = body.get("source").and_then(Json::as_str) {
                        self.call(files, dir, name, source);
                    }
                }
            }
        }
        self.texts(files, dir, json);
    }

    /// Reads in the texts of JSON, which are templates.
    fn texts(&mut self, files: &dyn FileSource, dir: &Utf8Path, json: &Json) {
        match json {
            Json::String(text) => self.reads.extend(reads(text, files, dir)),
            Json::Array(items) => items.iter().for_each(|i| self.texts(files, dir, i)),
            Json::Object(members) => members.values().for_each(|m| self.texts(files, dir, m)),
            _ => {}
        }
    }

    fn call(&mut self, files: &dyn FileSource, dir: &Utf8Path, name: &str, source: &str) {
        if let Some(called) = is_local(source).then(|| join(dir, source)).flatten() {
            self.calls.push(Call { name: name.to_owned(), dir: files.real(&called) });
        }
    }
}
