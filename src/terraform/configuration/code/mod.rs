//! The code of a root module as plans show it under `configuration`: what is written, not what it
//! evaluates to. Policies read it for what a plan does not say, such as where a value comes from.
//!
//! It follows Terraform's `internal/command/jsonconfig`. `schema_version` is left out: what is published of
//! the schemas does not have it.

mod expressions;
mod facts;
mod providers;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::body::Body;
use super::declaration::{Call, Module, Output, Resource};
use super::run::Schemas;
use super::tree::Tree;
use super::waits::Waits;
use crate::terraform::address::Mode;
use crate::terraform::expression::Reference;
use crate::terraform::schema::Block;
use crate::terraform::source::{FileId, SourceMap};
use crate::terraform::value::json::known_json;
use crate::terraform::value::{Str, Value};
use expressions::{Literals, subject};
pub use facts::{ModuleDefault, Provisioned, WrittenBackend, WrittenCall};
use providers::Providers;

/// What was evaluated, kept for those who show it.
#[derive(Debug)]
pub struct Code {
    /// The modules.
    pub(super) tree: Tree,
    /// Native text of JSON files.
    pub(super) native: HashMap<FileId, Arc<str>>,
    /// Schemas by mode and type.
    pub(super) schemas: Schemas,
    /// By module: the converted defaults of its variables.
    pub(super) defaults: Vec<Vec<Option<Value>>>,
    /// Majors of providers by their sources.
    pub(super) majors: HashMap<Str, u32>,
    /// What is made after what.
    pub(super) waits: Waits,
}

impl Code {
    /// The `configuration` of a plan. `sources` are those of the same evaluation.
    pub fn to_json(&self, sources: &SourceMap) -> Json {
        let texts =
            |file: FileId| self.native.get(&file).cloned().unwrap_or_else(|| sources.file(file).text.clone());
        let literals = Literals { texts: &texts, budget: Default::default() };
        let providers = Providers::of(self, &literals);
        let writer = Writer { code: self, literals: &literals, providers: &providers };
        let root = writer.module(0);
        let mut out = Map::new();
        if !providers.is_empty() {
            out.insert("provider_config".into(), providers.to_json());
        }
        out.insert("root_module".into(), root);
        Json::Object(out)
    }

    /// The path of a node of the tree: `module.a.module.b`.
    fn path(&self, node: usize) -> String {
        let steps = self.tree.nodes[node].path.iter();
        steps.map(|name| format!("module.{name}")).collect::<Vec<_>>().join(".")
    }
}

struct Writer<'a> {
    code: &'a Code,
    literals: &'a Literals<'a>,
    providers: &'a Providers,
}

impl Writer<'_> {
    /// Calls are as deep as the tree admits.
    fn module(&self, node: usize) -> Json {
        let module = self.code.tree.module(node);
        let mut out = Map::new();
        let outputs: BTreeMap<&Str, Json> =
            module.outputs.iter().map(|(name, output)| (name, self.output(output))).collect();
        insert(&mut out, "outputs", object(outputs));
        let mut resources: Vec<&Resource> =
            module.resources.values().filter(|r| r.name.mode != Mode::Ephemeral).collect();
        resources.sort_by_cached_key(|r| (r.name.mode == Mode::Data, r.name.to_string()));
        insert(&mut out, "resources", resources.into_iter().map(|r| self.resource(node, r)).collect());
        let calls: BTreeMap<&Str, Json> = module
            .calls
            .values()
            .enumerate()
            .map(|(at, call)| (&call.name, self.call(node, at, call)))
            .collect();
        insert(&mut out, "module_calls", object(calls));
        let defaults = self.code.defaults.get(self.code.tree.nodes[node].module);
        let variables: BTreeMap<&Str, Json> = self.variables(module, defaults.map_or(&[], Vec::as_slice));
        insert(&mut out, "variables", object(variables));
        Json::Object(out)
    }

    fn variables<'m>(&self, module: &'m Module, defaults: &[Option<Value>]) -> BTreeMap<&'m Str, Json> {
        let variable = |(at, (name, variable)): (usize, (&'m Str, &super::declaration::Variable))| {
            let mut out = Map::new();
            let default = defaults.get(at).and_then(Option::as_ref).filter(|_| variable.default.is_some());
            if let Some(default) = default.and_then(|value| known_json(value).ok()) {
                out.insert("default".into(), default);
            }
            describe(&mut out, variable.description.as_deref());
            flag(&mut out, "sensitive", variable.sensitive);
            flag(&mut out, "ephemeral", variable.ephemeral);
            (name, Json::Object(out))
        };
        module.variables.iter().enumerate().map(variable).collect()
    }

    fn output(&self, output: &Output) -> Json {
        let mut out = Map::new();
        flag(&mut out, "sensitive", output.sensitive);
        flag(&mut out, "ephemeral", output.ephemeral);
        let expression = output.value.as_ref().map(|a| self.literals.expression(&a.expr));
        out.insert("expression".into(), expression.unwrap_or_else(|| Json::Object(Map::new())));
        depends_on(&mut out, &output.depends_on);
        describe(&mut out, output.description.as_deref());
        Json::Object(out)
    }

    fn resource(&self, node: usize, resource: &Resource) -> Json {
        let name = &resource.name;
        let mut out = Map::new();
        out.insert("address".into(), name.to_string().into());
        out.insert("mode".into(), if name.mode == Mode::Data { "data" } else { "managed" }.into());
        out.insert("type".into(), (&*name.type_name).into());
        out.insert("name".into(), (&*name.name).into());
        let key = self.providers.source_key(self.code, node, &resource.provider);
        out.insert("provider_config_key".into(), key.into());
        let provisioner = |(kind, body): &(Str, Body)| {
            let mut out = Map::new();
            out.insert("type".into(), (&**kind).into());
            let mut arguments = self.literals.body(body, None);
            for keyword in ["when", "on_failure", "connection"] {
                arguments.shift_remove(keyword);
            }
            insert(&mut out, "expressions", Json::Object(arguments));
            Json::Object(out)
        };
        insert(&mut out, "provisioners", resource.provisioners.iter().map(provisioner).collect());
        let schema = self.code.schemas.get(&(name.mode, name.type_name.clone())).cloned().flatten();
        let arguments = self.literals.body(&resource.body, schema.as_deref());
        // Terraform says so of a type that may have blocks.
        if !arguments.is_empty() || schema.is_some_and(|s| !s.blocks.is_empty()) {
            out.insert("expressions".into(), Json::Object(arguments));
        }
        self.repetition(&mut out, resource.count.as_ref(), resource.for_each.as_ref());
        depends_on(&mut out, &resource.depends_on);
        Json::Object(out)
    }

    fn call(&self, node: usize, at: usize, call: &Call) -> Json {
        let mut out = Map::new();
        if let Some((source, _)) = &call.source {
            out.insert("source".into(), source.as_str().into());
        }
        let child = self.code.tree.nodes[node].children.get(at).copied().flatten();
        let declared = child.map(|child| &self.code.tree.module(child).variables);
        let inputs = call.inputs.values().filter(|a| declared.is_none_or(|d| d.contains_key(&a.name)));
        let inputs: BTreeMap<&Str, Json> =
            inputs.map(|a| (&a.name, self.literals.expression(&a.expr))).collect();
        insert(&mut out, "expressions", object(inputs));
        self.repetition(&mut out, call.count.as_ref(), call.for_each.as_ref());
        out.insert(
            "module".into(),
            child.map_or_else(|| Json::Object(Map::new()), |child| self.module(child)),
        );
        if let Some(version) = &call.version {
            out.insert("version_constraint".into(), version.as_str().into());
        }
        depends_on(&mut out, &call.depends_on);
        Json::Object(out)
    }

    fn repetition(
        &self,
        out: &mut Map<String, Json>,
        count: Option<&super::body::Attribute>,
        for_each: Option<&super::body::Attribute>,
    ) {
        for (name, attribute) in [("count_expression", count), ("for_each_expression", for_each)] {
            if let Some(attribute) = attribute {
                insert(out, name, self.literals.expression(&attribute.expr));
            }
        }
    }
}

fn object<K: ToString>(entries: impl IntoIterator<Item = (K, Json)>) -> Json {
    Json::Object(entries.into_iter().map(|(k, v)| (k.to_string(), v)).collect())
}

/// Inserts what is not empty.
fn insert(out: &mut Map<String, Json>, name: &str, value: Json) {
    let empty = match &value {
        Json::Array(items) => items.is_empty(),
        Json::Object(members) => members.is_empty(),
        _ => false,
    };
    if !empty {
        out.insert(name.into(), value);
    }
}

fn flag(out: &mut Map<String, Json>, name: &str, set: bool) {
    if set {
        out.insert(name.into(), true.into());
    }
}

fn describe(out: &mut Map<String, Json>, description: Option<&str>) {
    if let Some(text) = description.filter(|text| !text.is_empty()) {
        out.insert("description".into(), text.into());
    }
}

fn depends_on(out: &mut Map<String, Json>, references: &[Reference]) {
    insert(out, "depends_on", references.iter().map(|r| Json::from(subject(r).0)).collect());
}

/// The schema of a provider's configuration.
fn provider_schema(code: &Code, source: &str) -> Option<Arc<Block>> {
    crate::terraform::schema::provider_config(source, code.majors.get(source).copied())
}
