//! The configuration that a plan carries: providers, which arguments are written, and which
//! resource a value that is known only after apply refers to.
//!
//! A plan names the references of an expression, not what is done with them. So a value *is* the
//! attribute it refers to when it is the only unknown one among its references and either nothing else
//! is referred to or the names agree (`subnet_id` of an `id`); else it counts as computed from it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::short_source;
use crate::terraform::address::{Address, InstanceKey, Mode, ModulePath, Part, parts};
use crate::terraform::configuration::Constraints;
use crate::terraform::evaluation::Provider;
use crate::terraform::schema::Block;
use crate::terraform::value::json::from_json;
use crate::terraform::value::{Reason, Str, Value};

/// How far a reference is followed through variables and outputs.
const MAX_HOPS: usize = 16;

/// `configuration` of a plan, by names without instance keys.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    /// `provider_config`
    providers: Map<String, Json>,
    /// Resources by address: `module.net.azurerm_subnet.a`.
    resources: HashMap<String, Json>,
    /// Module calls by module, `module.net.`: `expressions`, `for_each_expression`.
    calls: HashMap<String, Json>,
    /// Expressions of outputs of modules: `module.net.subnet_id`.
    outputs: HashMap<String, Json>,
}

/// The instances of a file: what is unknown in each, and the schema of its type.
#[derive(Default)]
pub(super) struct Instances<'a>(HashMap<String, (&'a Json, Option<Arc<Block>>)>);

impl<'a> Instances<'a> {
    pub(super) fn new(
        all: impl Iterator<Item = (&'a Address, &'a Json, Option<Arc<Block>>)>,
    ) -> Instances<'a> {
        Instances(all.map(|(address, unknown, block)| (address.to_string(), (unknown, block))).collect())
    }

    /// True for an attribute that is no collection.
    fn is_scalar(&self, (address, path): &(Address, String)) -> bool {
        let block = self.0.get(&address.to_string()).and_then(|(_, block)| block.as_ref());
        block.and_then(|b| b.attribute(path)).is_some_and(|a| a.ty.is_primitive())
    }

    fn has(&self, address: &Address) -> bool {
        self.0.contains_key(&address.to_string())
    }

    /// True when an attribute of an instance is known only after apply.
    fn is_unknown(&self, address: &Address, path: &[Part]) -> bool {
        let Some(mut at) = self.0.get(&address.to_string()).map(|(unknown, _)| *unknown) else {
            return false;
        };
        for part in path {
            if *at == Json::Bool(true) {
                return true;
            }
            let next = match part {
                Part::Name(name) | Part::Key(InstanceKey::Key(name)) => at.get(&**name),
                Part::Key(InstanceKey::Index(index)) => usize::try_from(*index).ok().and_then(|i| at.get(i)),
                Part::Key(InstanceKey::Unknown) => None,
            };
            let Some(next) = next else { return false };
            at = next;
        }
        *at == Json::Bool(true)
    }
}

/// A module path without instance keys, as text.
fn names(path: &ModulePath) -> String {
    path.0.iter().map(|step| format!("module.{}.", step.name)).collect()
}

/// Where an expression stands.
struct Scope<'a> {
    /// The module instance.
    module: ModulePath,
    /// The key of the block's instance.
    key: Option<InstanceKey>,
    /// The expression uses that key.
    uses_key: bool,
    /// `for_each` of the block.
    for_each: Option<&'a Json>,
}

impl Configuration {
    /// Takes a plan's `configuration` apart.
    pub(super) fn new(mut json: Json) -> Configuration {
        let mut configuration = Configuration::default();
        if let Some(Json::Object(providers)) = json.get_mut("provider_config").map(Json::take) {
            configuration.providers = providers;
        }
        let root = json.get_mut("root_module").map(Json::take).unwrap_or_default();
        let mut open = vec![(String::new(), root)];
        while let Some((prefix, mut module)) = open.pop() {
            if let Some(Json::Array(resources)) = module.get_mut("resources").map(Json::take) {
                for resource in resources {
                    if let Some(address) = resource.get("address").and_then(Json::as_str) {
                        configuration.resources.insert(format!("{prefix}{address}"), resource);
                    }
                }
            }
            if let Some(Json::Object(outputs)) = module.get_mut("outputs").map(Json::take) {
                for (name, mut output) in outputs {
                    let expression = output.get_mut("expression").map(Json::take).unwrap_or_default();
                    configuration.outputs.insert(format!("{prefix}{name}"), expression);
                }
            }
            if let Some(Json::Object(calls)) = module.get_mut("module_calls").map(Json::take) {
                for (name, mut call) in calls {
                    let below = format!("{prefix}module.{name}.");
                    let module = call.get_mut("module").map(Json::take).unwrap_or_default();
                    configuration.calls.insert(below.clone(), call);
                    open.push((below, module));
                }
            }
        }
        configuration
    }

    fn resource(&self, address: &Address) -> Option<&Json> {
        let data = if address.mode == Mode::Data { "data." } else { "" };
        let key = format!("{}{data}{}.{}", names(&address.module), address.type_name, address.name);
        self.resources.get(&key)
    }

    /// Name and alias of a resource's provider configuration.
    pub(super) fn provider_of(&self, address: &Address) -> Option<Str> {
        let key = self.resource(address)?.get("provider_config_key")?.as_str()?;
        Some(key.rsplit(':').next().unwrap_or(key).into())
    }

    /// What the code sets in a resource; `None` when the file does not tell.
    pub(super) fn expressions(&self, address: &Address) -> Option<&Json> {
        const NOTHING: &Json = &Json::Null;
        self.resource(address).map(|r| r.get("expressions").unwrap_or(NOTHING))
    }

    /// False when a version constraint of the provider excludes a major.
    pub(super) fn admits(&self, source: &str, major: u32) -> bool {
        let text = |p: &Json, name: &str| p.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        let own = self.providers.values().filter(|p| short_source(&text(p, "full_name")) == source);
        let constraints = own.filter_map(|p| Constraints::parse(&text(p, "version_constraint")));
        constraints.into_iter().all(|c| c.admit_major(u64::from(major)))
    }

    /// Provider configurations of the root, with what is known of their settings.
    pub(super) fn providers(&self, variables: &BTreeMap<Str, Value>) -> Vec<(Str, Provider)> {
        let root = self.providers.iter().filter(|(key, _)| !key.contains(':'));
        root.map(|(key, provider)| {
            let full = provider.get("full_name").and_then(Json::as_str).unwrap_or_default();
            let settings = provider.get("expressions").and_then(Json::as_object);
            let config = settings.map(|settings| {
                let known =
                    settings.iter().filter_map(|(name, e)| Some((name.as_str(), constant(e, variables)?)));
                Value::object(known.collect::<Vec<_>>())
            });
            let provider = Provider { source: short_source(full).into(), version: None, major: None, config };
            (key.as_str().into(), provider)
        })
        .collect()
    }

    /// Why the unknown parts of an argument are unknown: one reason for each, in order. `None` for one
    /// whose reference cannot be told.
    pub(super) fn reasons(
        &self,
        of: &Address,
        argument: &str,
        expression: &Json,
        count: usize,
        instances: &Instances<'_>,
    ) -> Vec<Option<Reason>> {
        let (found, all) = self.targets(of, argument, expression, instances);
        match found.as_slice() {
            [one] => {
                let alike = one.1 == argument || one.1 == "id" && is_id(argument);
                vec![Some(reason(one, all > 1 && !alike)); count]
            }
            found if found.len() == count => found.iter().map(|t| Some(reason(t, false))).collect(),
            _ => vec![None; count],
        }
    }

    /// The members of a collection that is unknown as a whole, when its expression lists single
    /// attributes and nothing else.
    pub(super) fn members(
        &self,
        of: &Address,
        argument: &str,
        expression: &Json,
        instances: &Instances<'_>,
    ) -> Option<Vec<Reason>> {
        let (found, all) = self.targets(of, argument, expression, instances);
        let listed = !found.is_empty() && found.len() == all && found.iter().all(|t| instances.is_scalar(t));
        listed.then(|| found.iter().map(|t| reason(t, false)).collect())
    }

    /// The attributes that an expression refers to and that are known only after apply, and how many
    /// references it has in all.
    fn targets(
        &self,
        of: &Address,
        argument: &str,
        expression: &Json,
        instances: &Instances<'_>,
    ) -> (Vec<(Address, String)>, usize) {
        let (references, uses_key) = full(expression);
        let for_each = self.resource(of).and_then(|r| r.get("for_each_expression"));
        let scope = Scope { module: of.module.clone(), key: of.key.clone(), uses_key, for_each };
        let mut found: Vec<(Address, String)> = Vec::new();
        for reference in &references {
            let Some(parts) = parts(reference) else { continue };
            if let Some(target) = self.resolve(&parts, &scope, argument, instances, MAX_HOPS)
                && !found.contains(&target)
            {
                found.push(target);
            }
        }
        (found, references.len())
    }

    /// The attribute that a reference leads to, when that is known only after apply.
    fn resolve(
        &self,
        reference: &[Part],
        scope: &Scope<'_>,
        argument: &str,
        instances: &Instances<'_>,
        hops: usize,
    ) -> Option<(Address, String)> {
        let hops = hops.checked_sub(1)?;
        let only = |expression: &Json, scope: Scope<'_>, rest: &[Part]| {
            let (references, uses_key) = full(expression);
            let [reference] = references.as_slice() else { return None };
            let mut parts = parts(reference)?;
            parts.extend(rest.iter().cloned());
            self.resolve(&parts, &Scope { uses_key, ..scope }, argument, instances, hops)
        };
        match reference {
            [Part::Name(var), Part::Name(name), rest @ ..] if &**var == "var" => {
                let (step, above) = scope.module.0.split_last()?;
                let call = self.calls.get(&names(&scope.module))?;
                let input = call.get("expressions")?.get(&**name)?;
                let (module, key) = (ModulePath(above.into()), step.key.clone());
                let scope = Scope { module, key, uses_key: false, for_each: call.get("for_each_expression") };
                only(input, scope, rest)
            }
            [Part::Name(module), Part::Name(name), rest @ ..] if &**module == "module" => {
                let (key, rest) = match rest {
                    [Part::Key(key), rest @ ..] => (Some(key.clone()), rest),
                    rest => (scope.key.clone().filter(|_| scope.uses_key), rest),
                };
                let [Part::Name(output), rest @ ..] = rest else { return None };
                let module = scope.module.child(name.clone(), key);
                let expression = self.outputs.get(&format!("{}{output}", names(&module)))?;
                only(expression, Scope { module, key: None, uses_key: false, for_each: None }, rest)
            }
            // `for_each = azurerm_subnet.s`: each.value is the instance with the same key.
            [Part::Name(each), Part::Name(value), rest @ ..] if &**each == "each" && &**value == "value" => {
                let key = Part::Key(scope.key.clone()?);
                let for_each = scope.for_each?;
                let rest: Vec<Part> = std::iter::once(key).chain(rest.iter().cloned()).collect();
                let scope =
                    Scope { module: scope.module.clone(), key: None, uses_key: false, for_each: None };
                only(for_each, scope, &rest)
            }
            [Part::Name(first), ..] if ["local", "each", "count", "self", "path"].contains(&&**first) => None,
            _ => {
                let (mut target, path) = Address::from_parts(reference.iter().cloned())?;
                target.module = scope.module.clone();
                if !instances.has(&target) && target.key.is_none() {
                    target.key = scope.key.clone().filter(|_| scope.uses_key);
                }
                if !path.is_empty() {
                    return instances.is_unknown(&target, &path).then(|| (target, written(&path)));
                }
                // `azurerm_subnet.a[each.key].id` is cut at the key: the argument's name tells the rest.
                let named = |name: &str| instances.is_unknown(&target, &[Part::Name(name.into())]);
                let name = match argument {
                    name if named(name) => name,
                    name if is_id(name) && named("id") => "id",
                    _ => return None,
                };
                Some((target, name.to_owned()))
            }
        }
    }
}

/// The reason of what is, or is computed from, an attribute.
fn reason((address, path): &(Address, String), derived: bool) -> Reason {
    let (address, path) = (Arc::new(address.clone()), path.as_str().into());
    match address.mode {
        Mode::Data => Reason::Data { address, path, derived, why: None },
        _ => Reason::Computed { address, path, derived },
    }
}

/// True for the name of an argument that takes ids.
fn is_id(argument: &str) -> bool {
    ["id", "ids"].iter().any(|end| argument == *end || argument.ends_with(&format!("_{end}")))
}

/// What follows an address.
fn written(path: &[Part]) -> String {
    let mut out = String::new();
    for part in path {
        match part {
            Part::Name(name) if out.is_empty() => out.push_str(name),
            Part::Name(name) => out.extend([".", name]),
            Part::Key(key) => out.push_str(&key.to_string()),
        }
    }
    out
}

/// The references of an expression without those that only begin others, and whether the key of the
/// block is among them. Nested objects are looked into.
fn full(expression: &Json) -> (Vec<&str>, bool) {
    let all = expression.get("references").and_then(Json::as_array).into_iter().flatten();
    let (mut kept, mut uses_key): (Vec<&str>, bool) = (Vec::new(), false);
    for reference in all.filter_map(Json::as_str) {
        if matches!(reference, "each.key" | "count.index") {
            uses_key = true;
            continue;
        }
        let begins = |longer: &&str| {
            longer.strip_prefix(reference).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if !kept.iter().any(begins) {
            kept.push(reference);
        }
    }
    (kept, uses_key)
}

/// The value of an expression that is a constant or a variable of the root.
fn constant(expression: &Json, variables: &BTreeMap<Str, Value>) -> Option<Value> {
    if let Some(constant) = expression.get("constant_value") {
        return Some(from_json(constant));
    }
    let (references, _) = full(expression);
    let [reference] = references.as_slice() else { return None };
    variables.get(reference.strip_prefix("var.")?).cloned()
}
