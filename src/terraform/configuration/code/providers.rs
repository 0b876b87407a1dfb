//! `provider_config`: the provider configurations of all modules by key, and which of them a resource
//! uses when its module has none of its own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::super::declaration::Module;
use super::super::providers::{local_name, source_address, usual_source};
use super::super::versions::Version;
use super::expressions::Literals;
use super::{Code, insert, provider_schema};

/// A provider configuration.
#[derive(Debug, Default)]
struct Configured {
    name: String,
    /// Source address with its host.
    full_name: String,
    alias: Option<String>,
    version_constraint: String,
    module_address: String,
    expressions: Map<String, Json>,
    /// The configuration of another module that this one is; empty for one of its own.
    source: String,
}

/// All of them by key: `azurerm`, `azurerm.hub`, `module.a:azurerm`.
#[derive(Debug, Default)]
pub(super) struct Providers(BTreeMap<String, Configured>);

fn key(name: &str, module: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}:{name}") }
}

fn without_alias(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// The source of a provider by its local name in a module, without the public registry's host.
fn source(module: &Module, local: &str) -> String {
    let required = module.required_providers.get(local).and_then(|r| r.source.as_deref());
    required.map_or_else(|| usual_source(local), source_address)
}

fn full_name(module: &Module, local: &str) -> String {
    let source = source(module, local);
    match source.split('/').count() {
        2 => format!("registry.terraform.io/{source}"),
        _ => source,
    }
}

impl Providers {
    pub(super) fn of(code: &Code, literals: &Literals<'_>) -> Providers {
        let mut all = Providers::default();
        // A parent stands before its children, which look for what it has.
        for node in 0..code.tree.nodes.len() {
            all.add(code, node, literals);
        }
        all
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, code: &Code, node: usize, literals: &Literals<'_>) {
        let module = code.tree.module(node);
        let (path, parent) = (code.path(node), code.tree.nodes[node].parent);
        let parent_path = parent.map(|(above, _)| code.path(above));
        let constraints = constraints(module);
        let new = |local: &str| Configured {
            name: local.to_owned(),
            full_name: full_name(module, local),
            version_constraint: constraints.get(&source(module, local)).cloned().unwrap_or_default(),
            module_address: path.clone(),
            ..Configured::default()
        };
        // What the call passes.
        if let Some((above, at)) = parent {
            let passed =
                code.tree.module(above).calls.get_index(at).map(|(_, call)| call.providers.as_slice());
            for (inner, outer) in passed.unwrap_or_default() {
                let full_name = full_name(module, without_alias(inner));
                let from = key(outer, &code.path(above));
                let source = self.source_of(&from, &full_name);
                let entry = Configured {
                    name: inner.to_string(),
                    full_name,
                    module_address: path.clone(),
                    source,
                    ..Configured::default()
                };
                self.0.insert(key(inner, &path), entry);
            }
        }
        for block in &module.providers {
            let schema = provider_schema(code, &source(module, &block.name));
            let name = match &block.alias {
                Some(alias) => format!("{}.{alias}", block.name),
                None => block.name.to_string(),
            };
            let entry = Configured {
                alias: block.alias.clone(),
                expressions: literals.body(&block.body, schema.as_deref()),
                ..new(&block.name)
            };
            self.0.insert(key(&name, &path), entry);
        }
        let mut names: Vec<(String, String)> = Vec::new();
        for (name, required) in &module.required_providers {
            names.extend(required.aliases.iter().map(|alias| (alias.clone(), name.to_string())));
            names.push((name.to_string(), name.to_string()));
        }
        // Used without being required.
        let used: BTreeSet<_> = module.resources.values().map(local_name).collect();
        names.extend(used.into_iter().map(|name| (name.to_string(), name.to_string())));
        for (name, local) in names {
            let here = key(&name, &path);
            if self.0.contains_key(&here) {
                continue;
            }
            let mut entry = new(&local);
            if let Some(above) = &parent_path {
                entry.source = self.source_of(&key(&name, above), &entry.full_name);
            }
            self.0.insert(here, entry);
        }
    }

    /// The last key of a chain of configurations of one provider; empty when there is none.
    fn source_of(&self, start: &str, full_name: &str) -> String {
        let (mut found, mut at) = (String::new(), start.to_owned());
        while let Some(entry) = self.0.get(&at).filter(|e| e.full_name == full_name) {
            found = std::mem::replace(&mut at, entry.source.clone());
        }
        found
    }

    /// The key of the configuration that a resource uses.
    pub(super) fn source_key(&self, code: &Code, node: usize, provider: &str) -> String {
        let own = key(provider, &code.path(node));
        match self.0.get(&own) {
            Some(entry) if !entry.source.is_empty() => self.source_of(&own, &entry.full_name),
            _ => own,
        }
    }

    pub(super) fn to_json(&self) -> Json {
        let own = self.0.iter().filter(|(_, entry)| entry.source.is_empty());
        let entry = |(key, entry): (&String, &Configured)| {
            let mut out = Map::new();
            let texts = [
                ("name", entry.name.as_str()),
                ("full_name", &entry.full_name),
                ("alias", entry.alias.as_deref().unwrap_or_default()),
                ("version_constraint", &entry.version_constraint),
                ("module_address", &entry.module_address),
            ];
            for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
                out.insert(name.into(), text.into());
            }
            insert(&mut out, "expressions", Json::Object(entry.expressions.clone()));
            (key.clone(), Json::Object(out))
        };
        Json::Object(own.map(entry).collect())
    }
}

/// The version constraints of a module by source, as Terraform prints them.
fn constraints(module: &Module) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, BTreeSet<(Vec<u64>, String)>> = BTreeMap::new();
    let required = module.required_providers.iter().map(|(name, r)| (name, r.version.as_deref()));
    let legacy = module.providers.iter().map(|p| (&p.name, p.version.as_ref().map(|v| v.0.as_str())));
    for (name, text) in required.chain(legacy) {
        let parts = text.into_iter().flat_map(|text| text.split(','));
        found.entry(source(module, name)).or_default().extend(parts.filter_map(constraint));
    }
    let joined = |set: BTreeSet<(Vec<u64>, String)>| {
        set.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(", ")
    };
    found.into_iter().map(|(source, set)| (source, joined(set))).collect()
}

/// One constraint: `>=3.0` is `>= 3.0.0`, `~>4` is `~> 4.0`, `= 1.2.3` is `1.2.3`; with its numbers, by
/// which they are sorted.
fn constraint(text: &str) -> Option<(Vec<u64>, String)> {
    let text = text.trim();
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (operator, version) = text.split_at(digits);
    let operator = operator.trim().trim_end_matches('v').trim_end();
    Version::parse(version)?;
    let (numbers, suffix) = match version.find(['-', '+']) {
        Some(at) => version.split_at(at),
        None => (version, ""),
    };
    let mut numbers: Vec<u64> = numbers.split('.').filter_map(|n| n.parse().ok()).collect();
    let least = if operator == "~>" { 2 } else { 3 };
    numbers.resize(numbers.len().max(least), 0);
    let version = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".") + suffix;
    let space = if matches!(operator, "" | "=") { String::new() } else { format!("{operator} ") };
    Some((numbers, format!("{space}{version}")))
}
