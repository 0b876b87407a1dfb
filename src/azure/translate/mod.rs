//! From Terraform to the declared estate: instances of azurerm 3.x to 5.x and of azapi become ARM
//! documents as a create would send them.

mod arguments;
mod azapi;
mod derive;
mod finish;
mod ids;
mod references;
mod values;
mod write;

use std::borrow::Cow;
use std::sync::Arc;

use super::catalogue::{self, ResourceType};
use super::document::{access_policy_name, children, set_path};
use super::estate::{Association, Declared, Document, Estate};
use super::id::ResourceId;
use super::types;
use crate::terraform::address::Mode;
use crate::terraform::evaluation::{Evaluation, Instance};
use crate::terraform::value::{Reason, Type, Value};

pub use derive::ComputedIds;
use references::References;

/// The defaults of a major that nothing says.
const USUAL_MAJOR: u32 = 4;

/// An access policy that stands by itself.
const ACCESS_POLICY: &str = "azurerm_key_vault_access_policy";

/// What stands for the account where the provider block says nothing.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// `ARM_SUBSCRIPTION_ID`
    pub subscription: Option<String>,
    /// `ARM_TENANT_ID`
    pub tenant: Option<String>,
}

/// The declared estate of a root module. Data sources give ids to those who refer to them, but no
/// documents; resources without a place in the model are counted in `untranslated`.
pub fn translate(evaluation: &Evaluation, account: &Account) -> Estate {
    let instances = with_derived(evaluation);
    let references = References::new(evaluation, &instances, account);
    let mut estate = Estate::new([]);
    let mut later = Vec::new();
    for instance in instances.iter().filter(|i| i.address.mode == Mode::Managed) {
        let type_name = &*instance.address.type_name;
        match catalogue::resource(type_name) {
            Some(ty) if ty.has_document() => declare(&mut estate, ty, instance, &references),
            Some(ty) => later.push((Some(ty), instance)),
            None if type_name == azapi::RESOURCE => {
                match azapi::document(instance, &references) {
                    Some(document) => insert(&mut estate, document),
                    None => count(&mut estate, instance),
                };
            }
            None if type_name == azapi::UPDATE => later.push((None, instance)),
            None if ["azurerm_", "azapi_"].iter().any(|p| type_name.starts_with(p)) => {
                count(&mut estate, instance);
            }
            None => {}
        }
    }
    for (ty, instance) in later {
        match ty {
            Some(ty) => associate(&mut estate, ty, instance, &references),
            None => azapi::update(&mut estate, instance, &references),
        }
    }
    let data = instances.iter().filter(|i| i.address.mode == Mode::Data);
    for (ty, instance) in data.filter_map(|i| Some((catalogue::resource(&i.address.type_name)?, i))) {
        let attributes = arguments::today(ty, instance, &references);
        let declared = declared(instance, references.major(instance), attributes);
        estate.data.push(Association { host: references.id(instance), declared });
    }
    estate
}

/// The instances with what follows from the code in their configuration.
pub fn with_derived(evaluation: &Evaluation) -> Cow<'_, [Instance]> {
    if evaluation.derived.is_empty() {
        return Cow::Borrowed(&evaluation.instances);
    }
    let instance = |instance: &Instance| match evaluation.derived.get(&instance.address.to_string()) {
        Some(config) => Instance { config: config.clone(), ..instance.clone() },
        None => instance.clone(),
    };
    Cow::Owned(evaluation.instances.iter().map(instance).collect())
}

fn count(estate: &mut Estate, instance: &Instance) {
    *estate.untranslated.entry(instance.address.type_name.to_string()).or_default() += 1;
    estate.untranslated_addresses.push(instance.address.clone());
}

/// The Terraform side of an instance.
fn declared(instance: &Instance, major: u32, attributes: Value) -> Declared {
    Declared {
        address: instance.address.clone(),
        block: instance.block,
        major,
        inline: String::new(),
        instance: Arc::new(instance.clone()),
        attributes,
    }
}

/// Adds a document and the children that stand inside of it; a child that stands alone wins.
fn insert(estate: &mut Estate, document: Document) {
    let children: Vec<Document> = children(&document)
        .map(|(mut child, (inline, at))| {
            child.declared = document.declared.as_ref().map(|owner| {
                let azapi = owner.major == 0;
                let inline_path = if azapi {
                    format!("body.properties.{}[{at}]", inline.list)
                } else {
                    format!("{}[{at}]", inline.block)
                };
                let written = owner.attributes.get(inline.block);
                let item = written.and_then(Value::as_slice).and_then(|items| items.get(at));
                // Of blocks that are not known, no argument is.
                let item = item.or(written.filter(|v| v.is_unknown()));
                let attributes = item.cloned().unwrap_or_else(Value::null);
                let block = attributes.origin.at.or(child.body.origin.at).unwrap_or(owner.block);
                Declared { inline: inline_path, attributes, block, ..owner.clone() }
            });
            child
        })
        .collect();
    estate.insert(document);
    for child in children {
        let alone = estate.by_id(&child.id).and_then(|d| d.declared.as_ref());
        if alone.is_none_or(|d| !d.inline.is_empty()) {
            estate.insert(child);
        }
    }
}

fn declare(estate: &mut Estate, ty: &'static ResourceType, instance: &Instance, references: &References<'_>) {
    let major = references.major(instance);
    let attributes = arguments::today(ty, instance, references);
    let Some(id) = references.id(instance) else { return count(estate, instance) };
    let name = attributes.get("name").cloned().unwrap_or_else(|| name_of(&id, instance));
    let written = write::write(ty, major, &id, &attributes, name);
    let declared = declared(instance, major, attributes);
    let arm_type = ids::arm_type(ty).to_owned();
    let document = Document::new(id, arm_type, written.body, Some(declared.clone()));
    let owner = document.id.clone();
    insert(estate, document);
    for child in written.children {
        let id = ResourceId::new(format!("{owner}/{}/{}", child.ty, child.name));
        let arm_type = format!("{}/{}", ids::arm_type(ty), child.ty);
        let mut body = child.body;
        write::head(&mut body, &id, &arm_type, child.name.as_str().into());
        let block = child.attributes.origin.at.unwrap_or(declared.block);
        let declared =
            Declared { inline: child.inline, attributes: child.attributes, block, ..declared.clone() };
        estate.insert(Document::new(id, arm_type, body, Some(declared)));
    }
}

/// The name that an id has; one that the provider makes is not known.
fn name_of(id: &ResourceId, instance: &Instance) -> Value {
    if !id.name().starts_with('<') {
        return id.name().into();
    }
    let (address, path) = (instance.address.clone().into(), "name".into());
    Value::unknown(Type::String, Reason::Computed { address, path, derived: false })
}

/// Writes a resource without a document of its own into its host's.
fn associate(
    estate: &mut Estate,
    ty: &'static ResourceType,
    instance: &Instance,
    references: &References<'_>,
) {
    let major = references.major(instance);
    let attributes = arguments::today(ty, instance, references);
    let declared = declared(instance, major, attributes);
    let host = references.id(instance);
    if ty.name == ACCESS_POLICY {
        // What it lets do is judged even where the vault is not known.
        let vault = host.clone().unwrap_or_else(|| ids::nowhere(types::VAULT, instance, references));
        estate.insert(access_policy(ty, major, &vault, &declared));
    } else if let Some(host) = &host {
        attach(estate, host, &declared);
    }
    estate.associations.push(Association { host, declared });
}

/// Writes what has no document of its own (an association, an `azapi_update_resource`) into its host's, where
/// the estate has that.
pub(super) fn attach(estate: &mut Estate, host: &ResourceId, declared: &Declared) {
    let type_name = &*declared.address.type_name;
    if type_name == azapi::UPDATE {
        return azapi::merge(estate, host, &declared.attributes);
    }
    let Some(ty) = catalogue::resource(type_name) else { return };
    let (Some(synthetic), Some(document)) = (&ty.synthetic, estate.by_id_mut(host)) else { return };
    // It has a document of its own, below the vault.
    if ty.name == ACCESS_POLICY {
        return;
    }
    for attribute in ty.roots().filter(|a| a.name() != synthetic.host) {
        let (Some(arm), Some(value)) = (&attribute.arm, declared.attributes.get(attribute.name())) else {
            continue;
        };
        match arm.text.split_once("[].") {
            Some((list, member)) => {
                let mut item = Value::object::<&str>([]);
                set_path(&mut item, member, value.clone());
                let mut items = document.items(list).to_vec();
                items.push(item);
                set_path(&mut document.body, list, Value::tuple(items));
            }
            None => set_path(&mut document.body, arm.text, value.clone()),
        }
    }
}

/// The document of an access policy that is a resource of its own.
fn access_policy(ty: &'static ResourceType, major: u32, vault: &ResourceId, declared: &Declared) -> Document {
    let known = |name: &str| declared.attributes.get(name).and_then(Value::as_str);
    let unknown = format!("<{}>", declared.address);
    let name = access_policy_name(
        known("object_id").unwrap_or(&unknown),
        known("application_id").unwrap_or_default(),
    );
    let id = ResourceId::new(format!("{vault}/accessPolicies/{name}"));
    let mut body = write::element(ty, major, &id, &declared.attributes);
    write::head(&mut body, &id, types::ACCESS_POLICY, name.into());
    Document::new(id, types::ACCESS_POLICY.to_owned(), body, Some(declared.clone()))
}
