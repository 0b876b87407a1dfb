//! What Terraform knows only after apply, but what follows from names: ids and a few names that
//! Azure derives.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;

use super::{Account, USUAL_MAJOR, arguments, ids};
use crate::azure::catalogue::{self, ResourceType};
use crate::azure::estate::UNKNOWN_SUBSCRIPTION;
use crate::azure::id::ResourceId;
use crate::terraform::address::{Address, Mode};
use crate::terraform::evaluation::{Evaluation, Instance, Provider};
use crate::terraform::source::Span;
use crate::terraform::value::{Kind, Reason, Str, Value};

/// How far a chain of ids may go: a child's id needs its parent's, and so on.
const MAX_CHAIN: u32 = 24;

/// How deep values may be nested.
const MAX_DEPTH: u32 = 64;

/// Text that is not known: where it is written, and how it begins. The same place gives the same text.
type Place = (Span, Option<Str>);

/// Answers references between instances of one evaluation.
pub(super) struct References<'a> {
    evaluation: &'a Evaluation,
    account: &'a Account,
    instances: HashMap<String, &'a Instance>,
    ids: RefCell<HashMap<String, Option<ResourceId>>>,
    /// Who has an id, by its key.
    taken: RefCell<HashMap<String, String>>,
    chain: Cell<u32>,
    /// Whose name some unknown text is, by Terraform type; nobody's where several have it.
    named: OnceCell<HashMap<(&'a str, Place), Option<&'a Address>>>,
    /// The ids of resources by those that they have alone, where the two differ.
    aliases: OnceCell<HashMap<String, ResourceId>>,
    aliasing: Cell<bool>,
}

impl<'a> References<'a> {
    pub(super) fn new(
        evaluation: &'a Evaluation,
        instances: &'a [Instance],
        account: &'a Account,
    ) -> References<'a> {
        let instances = instances.iter().map(|i| (i.address.to_string(), i)).collect();
        let (ids, taken) = Default::default();
        let (named, aliases, aliasing) = Default::default();
        References {
            evaluation,
            account,
            instances,
            ids,
            taken,
            chain: Cell::new(0),
            named,
            aliases,
            aliasing,
        }
    }

    /// What stands in an id for the unknown name of something else: the resource of this root that has this very
    /// name, or for a resource group that is none of this root's the text itself.
    pub(super) fn stand_in(&self, type_name: &str, value: &Value) -> Option<String> {
        let place = place_of(value)?;
        let named = self.named.get_or_init(|| {
            let mut named = HashMap::new();
            for instance in self.instances.values().filter(|i| i.address.mode == Mode::Managed) {
                let name = instance.config.get("name").and_then(place_of);
                let Some(place) = name else { continue };
                let of =
                    named.entry((&*instance.address.type_name, place)).or_insert(Some(&instance.address));
                *of = of.filter(|other| **other == instance.address);
            }
            named
        });
        match named.get(&(type_name, place.clone())) {
            Some(address) => address.map(|address| format!("<{address}>")),
            None if type_name == "azurerm_resource_group" => {
                let (at, begins) = (place.0, place.1.unwrap_or_default().replace('/', "|"));
                Some(format!("<{begins} {}:{}>", at.file.number(), at.start))
            }
            None => None,
        }
    }

    /// The major of the provider of an instance; 0 for azapi.
    pub(super) fn major(&self, instance: &Instance) -> u32 {
        if instance.address.type_name.starts_with("azapi_") {
            return 0;
        }
        self.provider(instance).and_then(|p| p.major).unwrap_or(USUAL_MAJOR)
    }

    /// The provider of an instance: by its local name, else by the prefix of its type.
    fn provider(&self, instance: &Instance) -> Option<&Provider> {
        let providers = &self.evaluation.providers;
        let prefix = instance.address.type_name.split('_').next().unwrap_or_default();
        providers.get(&instance.provider).or_else(|| providers.get(prefix))
    }

    /// A setting of the provider block, when it is known.
    fn setting(&self, instance: &Instance, name: &str) -> Option<&str> {
        let config = self.provider(instance)?.config.as_ref()?;
        config.get(name)?.as_str().filter(|s| !s.is_empty())
    }

    /// The subscription of an instance, when something says which.
    pub(super) fn subscription(&self, instance: &Instance) -> Option<&str> {
        self.setting(instance, "subscription_id").or(self.account.subscription.as_deref())
    }

    fn tenant(&self, instance: &Instance) -> Option<&str> {
        self.setting(instance, "tenant_id").or(self.account.tenant.as_deref())
    }

    /// The id of an instance, computed from names; of an association that of its host. `None` for a
    /// type whose ids do not follow from names.
    pub(super) fn id(&self, instance: &Instance) -> Option<ResourceId> {
        let key = instance.address.to_string();
        if let Some(known) = self.ids.borrow().get(&key) {
            return known.clone();
        }
        if self.chain.get() >= MAX_CHAIN {
            return None;
        }
        // A resource that refers to itself finds no id here instead of going round.
        self.ids.borrow_mut().insert(key.clone(), None);
        self.chain.set(self.chain.get() + 1);
        let computed = || {
            let id = ids::of(instance, self)?;
            let open = id.as_str().contains('<');
            let id = if open { self.recorded(instance).unwrap_or(id) } else { id };
            Some(self.distinct(instance, id))
        };
        let id = known_id(instance).or_else(computed);
        self.chain.set(self.chain.get() - 1);
        self.ids.borrow_mut().insert(key, id.clone());
        id
    }

    /// The id that the prior state has, for a resource whose name is not known before apply.
    fn recorded(&self, instance: &Instance) -> Option<ResourceId> {
        let ty = catalogue::resource(&instance.address.type_name);
        if instance.address.mode != Mode::Managed
            || ty.is_some_and(|ty| has_other_id(ty) || !ty.has_document())
        {
            return None;
        }
        let change = self.evaluation.changes.as_ref()?.instances.get(&instance.address)?;
        let id = change.before.get("id")?.as_str().filter(|id| id.starts_with('/'))?;
        Some(ResourceId::new(id))
    }

    /// Two declared resources with one name (a mistake, or rules of two modules in one check) keep ids
    /// of their own: the later one's is marked with its address, so that neither hides the other.
    fn distinct(&self, instance: &Instance, id: ResourceId) -> ResourceId {
        let type_name = &*instance.address.type_name;
        let owns = match catalogue::resource(type_name) {
            Some(ty) => ty.has_document(),
            None => !type_name.starts_with("azapi_") || type_name == super::azapi::RESOURCE,
        };
        if instance.address.mode != Mode::Managed || !owns {
            return id;
        }
        let address = instance.address.to_string();
        let mut taken = self.taken.borrow_mut();
        let holder = taken.entry(id.key()).or_insert_with(|| address.clone());
        if *holder == address { id } else { ResourceId::new(format!("{id}<{address}>")) }
    }

    /// The value with every reference that can be answered answered. Origin and marks stay.
    pub(super) fn resolve(&self, value: &Value) -> Value {
        self.resolve_below(value, MAX_DEPTH)
    }

    /// The id of a resource that the second pass of the evaluation gave it: there it stood alone, and did not see whose
    /// name an unknown name is.
    fn provisional(&self, text: &str) -> Option<Value> {
        if self.aliases.get().is_none() {
            // Ids are made of ids: while these are made, none is told by another.
            if self.aliasing.replace(true) {
                return None;
            }
            let mut aliases = HashMap::new();
            for instance in self.instances.values().filter(|i| i.address.mode == Mode::Managed) {
                let Some(id) = self.id(instance).filter(|id| id.as_str().contains('<')) else { continue };
                let one = [(*instance).clone()];
                let alone = References::new(self.evaluation, &one, self.account).id(&one[0]);
                if let Some(alone) = alone.filter(|alone| *alone != id) {
                    aliases.insert(alone.key(), id);
                }
            }
            // Ids that were made of others meanwhile are made again.
            self.ids.borrow_mut().clear();
            let _ = self.aliases.set(aliases);
        }
        let id = self.aliases.get()?.get(&ResourceId::new(text).key())?;
        Some(id.as_str().into())
    }

    fn resolve_below(&self, value: &Value, depth: u32) -> Value {
        let derived = !self.evaluation.derived.is_empty();
        if depth == 0 || value.is_wholly_known() && !(derived && holds_stand_in(value, depth)) {
            return value.clone();
        }
        if let Some(text) = value.as_str() {
            let found = if stands_in(text) { self.provisional(text) } else { None };
            let kind = found.map_or_else(|| value.kind.clone(), |v| v.kind);
            return Value { kind, marks: value.marks, origin: value.origin.clone() };
        }
        let all =
            |items: &[Value]| items.iter().map(|v| self.resolve_below(v, depth - 1)).collect::<Vec<_>>();
        let kind = match &value.kind {
            Kind::Unknown(unknown) => {
                let found = self.answer(&unknown.reason).map(|v| v.kind);
                found.unwrap_or_else(|| value.kind.clone())
            }
            Kind::List(ty, items) => Kind::List(ty.clone(), all(items).into()),
            Kind::Set(ty, items) => Kind::Set(ty.clone(), all(items).into()),
            Kind::Tuple(items) => Kind::Tuple(all(items).into()),
            Kind::Map(_, members) | Kind::Object(members) => {
                let members = members.iter().map(|(k, v)| (k.clone(), self.resolve_below(v, depth - 1)));
                let members = std::sync::Arc::new(members.collect());
                match &value.kind {
                    Kind::Map(ty, _) => Kind::Map(ty.clone(), members),
                    _ => Kind::Object(members),
                }
            }
            known => known.clone(),
        };
        Value { kind, marks: value.marks, origin: value.origin.clone() }
    }

    /// The value of a computed attribute that follows from what is declared.
    fn answer(&self, reason: &Reason) -> Option<Value> {
        let (Reason::Computed { address, path, derived: false }
        | Reason::Data { address, path, derived: false, .. }) = reason
        else {
            return None;
        };
        self.own(self.instances.get(&address.to_string())?, path)
    }

    /// The value of a computed attribute of an instance that follows from what is declared.
    pub(super) fn own(&self, instance: &Instance, path: &str) -> Option<Value> {
        let address = &instance.address;
        let text = match path {
            "id" => match &*address.type_name {
                "azurerm_subscription" => self.subscription_id(instance, address),
                "azurerm_client_config" => None,
                // Terraform's id of these is not that of the document.
                other if catalogue::resource(other).is_some_and(has_other_id) => None,
                _ => self.id(instance).map(|id| id.to_string()),
            },
            "subscription_id" if is_account(address) => self.subscription(instance).map(str::to_owned),
            "tenant_id" => self.tenant(instance).map(str::to_owned),
            _ => self.derived_name(instance, path),
        };
        text.map(Value::from).or_else(|| self.configured(instance, path))
    }

    fn subscription_id(&self, instance: &Instance, address: &Address) -> Option<String> {
        let set = instance.config.get("subscription_id").and_then(Value::as_str);
        let named = address.mode == Mode::Data;
        let subscription = set.or(self.subscription(instance)).unwrap_or(UNKNOWN_SUBSCRIPTION);
        named.then(|| format!("/subscriptions/{subscription}"))
    }

    /// An argument of the other resource that it sets itself.
    fn configured(&self, instance: &Instance, path: &str) -> Option<Value> {
        instance.config.get(path).filter(|v| v.is_wholly_known() && !v.is_null()).cloned()
    }

    /// Names that Azure makes from others.
    fn derived_name(&self, instance: &Instance, path: &str) -> Option<String> {
        let known = |name: &str| {
            let value = self.resolve(instance.config.get(name)?);
            value.as_str().map(str::to_owned)
        };
        match (&*instance.address.type_name, path) {
            ("azurerm_key_vault", "vault_uri") => {
                Some(format!("https://{}.vault.azure.net/", known("name")?.to_lowercase()))
            }
            ("azurerm_key_vault_key", "versionless_id") => {
                let vault = ResourceId::new(known("key_vault_id")?);
                Some(format!(
                    "https://{}.vault.azure.net/keys/{}",
                    vault.name().to_lowercase(),
                    known("name")?
                ))
            }
            ("azurerm_container_registry", "login_server") => {
                Some(format!("{}.azurecr.io", known("name")?.to_lowercase()))
            }
            ("azurerm_kubernetes_cluster", "node_resource_group" | "node_resource_group_id") => {
                let name = match known("node_resource_group") {
                    Some(name) => name,
                    None => format!(
                        "MC_{}_{}_{}",
                        known("resource_group_name")?,
                        known("name")?,
                        known("location")?.to_lowercase().replace(' ', "")
                    ),
                };
                if path == "node_resource_group" {
                    return Some(name);
                }
                let subscription = self.subscription(instance).unwrap_or(UNKNOWN_SUBSCRIPTION);
                Some(format!("/subscriptions/{subscription}/resourceGroups/{name}"))
            }
            _ => None,
        }
    }

    /// The arguments that an id is made of, in today's names.
    pub(super) fn id_arguments(&self, instance: &Instance) -> Value {
        let wanted = |name: &str| ids::ARGUMENTS.contains(&name);
        let members = instance.config.as_map().or(instance.planned.as_map());
        let members = members.into_iter().flatten().filter(|(k, v)| wanted(k) && !v.is_null());
        let raw = Value::object(members.map(|(k, v)| (k.clone(), self.resolve(v))));
        match catalogue::resource(&instance.address.type_name) {
            Some(ty) => {
                arguments::rename(ty, raw, self.subscription(instance).unwrap_or(UNKNOWN_SUBSCRIPTION))
            }
            None => raw,
        }
    }
}

/// True for an id in which something stands for an unknown name.
fn stands_in(text: &str) -> bool {
    text.starts_with('/') && text.contains('<')
}

/// True where a value is such an id, or holds one.
fn holds_stand_in(value: &Value, depth: u32) -> bool {
    let below = |v: &Value| depth > 0 && holds_stand_in(v, depth - 1);
    value.as_str().is_some_and(stands_in)
        || value.as_slice().is_some_and(|items| items.iter().any(below))
        || value.as_map().is_some_and(|members| members.values().any(below))
}

/// The place of unknown text, unless it failed.
fn place_of(value: &Value) -> Option<Place> {
    let unknown = value.as_unknown().filter(|u| u.reason != Reason::Failed)?;
    Some((value.origin.at?, unknown.refinement.prefix.clone()))
}

/// The id that a state or plan holds already.
fn known_id(instance: &Instance) -> Option<ResourceId> {
    if catalogue::resource(&instance.address.type_name).is_some_and(has_other_id) {
        return None;
    }
    let id = instance.planned.get("id")?.as_str().filter(|id| id.starts_with('/'))?;
    Some(ResourceId::new(id))
}

/// True for a type whose `id` in Terraform is not the ARM id: a pair of ids, or a URL.
fn has_other_id(ty: &ResourceType) -> bool {
    ty.id.contains('|') || ty.name == "azurerm_key_vault_key" || ty.name == "azurerm_key_vault_access_policy"
}

fn is_account(address: &Address) -> bool {
    matches!(&*address.type_name, "azurerm_subscription" | "azurerm_client_config")
}
