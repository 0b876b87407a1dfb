//! Terraform's own plan representation, `terraform show -json`, of an evaluation: whatever reads
//! that reads this.
//!
//! Format: <https://developer.hashicorp.com/terraform/internals/json-format>. Without a prior state
//! every managed resource is to be created (one that an `import` block names, to be updated); with one
//! ([`Evaluation::changes`]) `prior` writes what becomes of it. A data source is either known
//! (`prior_state`) or read during apply. Left out are `timestamp` (same input, same bytes) and
//! `relevant_attributes`.

mod checks;
mod prior;
mod tree;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::address::{Address, InstanceKey, Mode, ModulePath};
use super::evaluation::{Evaluation, Instance, Output};
use super::value::{Type, Value};

pub(super) use tree::sensitive_json;
use tree::type_json;
pub use tree::{Secrets, known_json, unknown_json};

/// The version of the format that this follows.
pub const FORMAT_VERSION: &str = "1.2";

/// The Terraform release whose behaviour the evaluation follows.
pub const TERRAFORM_VERSION: &str = "1.12.0";

/// A plan in Terraform's own representation. What stands in it is described by Terraform: members are those
/// of `terraform show -json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Plan {
    /// The version of the format.
    pub format_version: &'static str,
    /// The Terraform release whose behaviour the evaluation follows.
    pub terraform_version: &'static str,
    /// `value` by name of the variable.
    #[schemars(with = "Map<String, Json>")]
    pub variables: Json,
    /// `outputs` and `root_module` as they will be.
    #[schemars(with = "Map<String, Json>")]
    pub planned_values: Json,
    /// What an apply does with each object: `address`, `change` with `actions`, `before`, `after` and what
    /// of it is unknown and sensitive.
    #[schemars(with = "Vec<Map<String, Json>>")]
    pub resource_changes: Vec<Json>,
    /// What an apply does with each output.
    pub output_changes: Map<String, Json>,
    /// What there is, where that is known: a state, data sources that were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Map<String, Json>>")]
    pub prior_state: Option<Json>,
    /// What is written.
    #[schemars(with = "Map<String, Json>")]
    pub configuration: Json,
    /// Conditions and how they came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Map<String, Json>>>")]
    pub checks: Option<Json>,
    /// There is something to do, and nothing forbids it.
    pub applyable: bool,
    /// All of the code could be evaluated.
    pub complete: bool,
    /// It could not.
    pub errored: bool,
}

/// The plan of an evaluation. Arrays and objects are sorted by address and name.
pub fn plan(evaluation: &Evaluation, secrets: Secrets) -> Plan {
    let writer = Writer { evaluation, secrets };
    let complete = evaluation.is_complete();
    let changes = evaluation.instances.iter().filter(|i| is_planned(i));
    let changes = changes.map(|i| (&i.address, None, writer.resource_change(i)));
    let gone = evaluation.changes.iter().flat_map(|c| &c.gone);
    let gone = gone.map(|g| (&g.address, g.deposed.clone(), writer.gone(g)));
    let mut changes: Vec<_> = changes.chain(gone).collect();
    changes.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let changes: Vec<Json> = changes.into_iter().map(|(.., change)| change).collect();
    let outputs = evaluation.outputs.iter();
    let mut output_changes: Map<_, _> =
        outputs.map(|(n, o)| (n.to_string(), writer.output_change(n, o))).collect();
    writer.lost_outputs(&mut output_changes);
    let acts = |change: &Json| change["actions"] != json!(["no-op"]);
    let applyable = changes.iter().any(|c| acts(&c["change"])) || output_changes.values().any(acts);
    let has_state = evaluation.changes.is_some() || evaluation.instances.iter().any(is_read);
    Plan {
        format_version: FORMAT_VERSION,
        terraform_version: TERRAFORM_VERSION,
        variables: writer.variables(),
        planned_values: writer.state(is_planned),
        resource_changes: changes,
        output_changes,
        prior_state: has_state.then(|| {
            json!({
                "format_version": "1.0",
                "terraform_version": TERRAFORM_VERSION,
                "values": writer.prior_values(),
            })
        }),
        configuration: writer.configuration(),
        checks: (!evaluation.checks.is_empty()).then(|| checks::to_json(evaluation)),
        applyable: complete && applyable,
        complete,
        errored: !complete,
    }
}

/// The same as JSON.
pub fn to_json(evaluation: &Evaluation, secrets: Secrets) -> Map<String, Json> {
    match serde_json::to_value(plan(evaluation, secrets)) {
        Ok(Json::Object(members)) => members,
        _ => Map::new(),
    }
}

/// True when an apply changes an output.
pub fn changes_outputs(evaluation: &Evaluation) -> bool {
    let Some(changes) = &evaluation.changes else { return !evaluation.outputs.is_empty() };
    let acts = |(name, output): (_, &Output)| {
        prior::output_action(changes.outputs.get::<super::value::Str>(name), output) != "no-op"
    };
    changes.outputs.keys().any(|name| !evaluation.outputs.contains_key(name))
        || evaluation.outputs.iter().any(acts)
}

/// A data source whose result is known already: it is part of the prior state.
fn is_read(instance: &Instance) -> bool {
    instance.address.mode == Mode::Data && instance.planned.is_wholly_known()
}

/// A managed resource, or a data source that is read during apply. Ephemeral resources are in no plan.
fn is_planned(instance: &Instance) -> bool {
    instance.address.mode != Mode::Ephemeral && !is_read(instance)
}

struct Writer<'a> {
    evaluation: &'a Evaluation,
    secrets: Secrets,
}

impl Writer<'_> {
    fn variables(&self) -> Json {
        let variables = self.evaluation.variables.iter().map(|(name, value)| {
            let value = known_json(value, self.secrets).map(|v| json!({ "value": v }));
            (name.to_string(), value.unwrap_or_else(|| json!({})))
        });
        Json::Object(variables.collect())
    }

    /// What is written; of a plan or state file only which providers it names.
    fn configuration(&self) -> Json {
        if let Some(code) = &self.evaluation.code {
            return code.to_json(&self.evaluation.sources);
        }
        let providers = self.evaluation.providers.iter().map(|(name, provider)| {
            let mut config = Map::new();
            config.insert("name".into(), (&**name).into());
            config.insert("full_name".into(), full_name(&provider.source, name).into());
            (name.to_string(), Json::Object(config))
        });
        json!({ "provider_config": Json::Object(providers.collect()), "root_module": {} })
    }

    fn provider_name(&self, instance: &Instance) -> String {
        let provider = self.evaluation.providers.get(&instance.provider);
        full_name(provider.map_or("", |p| &p.source), &instance.provider)
    }

    /// What identifies an instance, in all lists.
    fn identity(&self, instance: &Instance) -> Map<String, Json> {
        Self::identity_of(&instance.address, self.provider_name(instance))
    }

    fn identity_of(address: &Address, provider: String) -> Map<String, Json> {
        let mut out = Map::new();
        out.insert("address".into(), address.to_string().into());
        out.insert("mode".into(), mode(address.mode).into());
        out.insert("type".into(), (&*address.type_name).into());
        out.insert("name".into(), (&*address.name).into());
        match &address.key {
            Some(InstanceKey::Index(index)) => out.insert("index".into(), (*index).into()),
            Some(InstanceKey::Key(key)) => out.insert("index".into(), (&**key).into()),
            // However many there are: no index says which.
            Some(InstanceKey::Unknown) | None => None,
        };
        out.insert("provider_name".into(), provider.into());
        out
    }

    fn resource_change(&self, instance: &Instance) -> Json {
        let prior = self.evaluation.changes.as_ref().and_then(|c| c.instances.get(&instance.address));
        if let Some(prior) = prior {
            return self.changed(instance, prior);
        }
        let planned = &instance.planned;
        let import = self.evaluation.imports.get(&instance.address.to_string());
        let action = match instance.address.mode {
            Mode::Data => "read",
            // Taken over as it is, and changed where it differs, which only Azure can tell.
            _ if import.is_some() => "update",
            _ => "create",
        };
        let mut change = Map::new();
        change.insert("actions".into(), json!([action]));
        change.insert("before".into(), Json::Null);
        if let Some(after) = known_json(planned, self.secrets) {
            change.insert("after".into(), after);
        }
        let unknown = if planned.is_wholly_known() { json!({}) } else { unknown_json(planned) };
        change.insert("after_unknown".into(), unknown);
        change.insert("before_sensitive".into(), false.into());
        change.insert("after_sensitive".into(), sensitive_json(planned));
        if let Some(importing) = self.importing(&instance.address) {
            change.insert("importing".into(), importing);
        }

        let mut out = self.place(&instance.address, self.provider_name(instance));
        out.insert("change".into(), Json::Object(change));
        if action == "read" && !instance.config.is_wholly_known() {
            out.insert("action_reason".into(), "read_because_config_unknown".into());
        }
        Json::Object(out)
    }

    /// The id that an `import` block gives.
    fn importing(&self, address: &Address) -> Option<Json> {
        let id = self.evaluation.imports.get(&address.to_string())?;
        let id = known_json(id, self.secrets).map(|id| json!({ "id": id }));
        Some(id.unwrap_or_else(|| json!({ "unknown": true })))
    }

    /// What identifies an instance in the list of changes.
    fn place(&self, address: &Address, provider: String) -> Map<String, Json> {
        let mut out = Self::identity_of(address, provider);
        if !address.module.is_root() {
            out.shift_insert(1, "module_address".into(), address.module.to_string().into());
        }
        out
    }

    fn output_change(&self, name: &str, output: &Output) -> Json {
        let value = &output.value;
        let before = self.evaluation.changes.as_ref().and_then(|c| c.outputs.get(name));
        let sensitive = output.sensitive || before.is_some_and(|b| b.sensitive);
        let mut change = Map::new();
        change.insert("actions".into(), json!([prior::output_action(before, output)]));
        let was = before.and_then(|b| known_json(&b.clone().marked(), self.secrets));
        change.insert("before".into(), was.unwrap_or_default());
        if let Some(after) = self.output_value(output) {
            change.insert("after".into(), after);
        }
        let unknown = if value.is_wholly_known() { false.into() } else { unknown_json(value) };
        change.insert("after_unknown".into(), unknown);
        change.insert("before_sensitive".into(), sensitive.into());
        change.insert("after_sensitive".into(), sensitive.into());
        Json::Object(change)
    }

    fn output_value(&self, output: &Output) -> Option<Json> {
        let marked = match output.sensitive {
            true => output.value.clone().with_marks(super::value::Marks::SENSITIVE),
            false => output.value.clone(),
        };
        known_json(&marked, self.secrets)
    }

    /// The values of the instances that `select` takes: `planned_values`, or `values` of a state.
    fn state(&self, select: fn(&Instance) -> bool) -> Json {
        let mut root = Module::default();
        for instance in self.evaluation.instances.iter().filter(|i| select(i)) {
            self.put(&mut root, self.identity(instance), &instance.address, &instance.planned);
        }
        json!({ "outputs": self.outputs(), "root_module": root.into_json(None) })
    }

    /// Puts a resource with its values into its module.
    fn put(&self, root: &mut Module, mut out: Map<String, Json>, address: &Address, values: &Value) {
        out.insert("values".into(), known_json(values, self.secrets).unwrap_or_default());
        out.insert("sensitive_values".into(), sensitive_json(values));
        root.place(&address.module, address.to_string(), Json::Object(out));
    }

    /// The outputs as they will be.
    fn outputs(&self) -> Json {
        let outputs = self.evaluation.outputs.iter().map(|(name, output)| {
            let mut out = Map::new();
            out.insert("sensitive".into(), output.sensitive.into());
            if output.value.is_wholly_known()
                && let Some(value) = self.output_value(output)
            {
                // A plan keeps no type for a null output.
                let ty = if output.value.is_null() { Type::Dynamic } else { output.value.ty() };
                out.insert("type".into(), type_json(&ty));
                out.insert("value".into(), value);
            }
            (name.to_string(), Json::Object(out))
        });
        Json::Object(outputs.collect())
    }
}

/// A provider's source address with its host, as plans name it.
fn full_name(source: &str, local_name: &str) -> String {
    match source.split('/').count() {
        _ if source.is_empty() => format!("registry.terraform.io/hashicorp/{local_name}"),
        1 => format!("registry.terraform.io/hashicorp/{source}"),
        2 => format!("registry.terraform.io/{source}"),
        _ => source.to_owned(),
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Managed => "managed",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    }
}

/// Resources of one module instance, and the modules in it by address.
#[derive(Default)]
struct Module {
    resources: BTreeMap<String, Json>,
    children: IndexMap<String, Module>,
}

impl Module {
    /// Puts a resource into its module, making the modules on the way. Module paths are as deep as
    /// calls are nested, which the evaluation bounds.
    fn place(&mut self, path: &ModulePath, address: String, resource: Json) {
        let mut module = self;
        for depth in 1..=path.0.len() {
            let here = ModulePath(path.0.iter().take(depth).cloned().collect());
            module = module.children.entry(here.to_string()).or_default();
        }
        module.resources.insert(address, resource);
    }

    fn into_json(mut self, address: Option<String>) -> Json {
        self.children.sort_unstable_keys();
        let resources: Vec<Json> = self.resources.into_values().collect();
        let children: Vec<Json> = self.children.into_iter().map(|(a, m)| m.into_json(Some(a))).collect();
        let mut out = Map::new();
        if !resources.is_empty() {
            out.insert("resources".into(), resources.into());
        }
        if let Some(address) = address {
            out.insert("address".into(), address.into());
        }
        if !children.is_empty() {
            out.insert("child_modules".into(), children.into());
        }
        Json::Object(out)
    }
}

#[cfg(test)]
mod tests;
