//! What a change of the code does: two declared estates of the same root, before and after.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Effect;
use super::compare::{effect_of, same_declared};
use super::moves::previous_address;
use super::report::json;
use crate::azure::catalogue::{
    self, AttrType, Attribute, Compare, Config, Reader, ResourceType, WhenAbsent, is_zero,
};
use crate::azure::estate::{Declared, Document, Estate};
use crate::terraform::address::Mode;
use crate::terraform::evaluation::{Evaluation, Instance};
use crate::terraform::source::{Place, SourceMap};
use crate::terraform::value::{Kind, Value};

/// What an apply does to a resource, given that the base was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Deleted and created again.
    Replace,
    /// Deleted.
    Remove,
    /// Created.
    Add,
    /// Updated.
    Change,
}

/// One changed resource.
#[derive(Clone, Debug, Serialize)]
pub struct ResourceChange {
    /// Its address after the change, or before it when it is removed.
    pub address: String,
    /// Its address before, when it moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_address: Option<String>,
    /// Terraform type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What an apply does.
    pub action: Action,
    /// Which attributes differ; empty for an added or removed resource.
    pub attributes: Vec<AttributeChange>,
    /// Its block, after the change or before it.
    #[serde(flatten)]
    pub place: Place,
}

/// One changed attribute.
#[derive(Clone, Debug, Serialize)]
pub struct AttributeChange {
    /// Path, in today's names.
    pub attribute: String,
    /// Text before; `null` for none.
    pub before: Option<String>,
    /// Text after; `null` for none.
    pub after: Option<String>,
    /// What an apply does because of it.
    pub effect: Effect,
    /// The text that sets it now, else the block.
    #[serde(flatten)]
    pub place: Place,
}

/// One side of a change.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The evaluated root.
    pub evaluation: &'a Evaluation,
    /// Its estate.
    pub estate: &'a Estate,
}

/// What differs between two sides, by address; `moved` blocks of the side after are followed.
pub fn delta(before: Side<'_>, after: Side<'_>) -> Vec<ResourceChange> {
    let old = managed(before.evaluation);
    let new = managed(after.evaluation);
    let was = |address: &String| {
        let moved = previous_address(&after.evaluation.moves, address);
        moved.filter(|p| !old.contains_key(address) && old.contains_key(p)).unwrap_or_else(|| address.clone())
    };
    let mut changes = Vec::new();
    for (address, instance) in &new {
        let previous = was(address);
        match old.get(&previous) {
            None => changes.push(whole(Action::Add, address, instance, &after.evaluation.sources)),
            Some(earlier) => {
                let attributes = attributes(earlier, instance, before, after);
                let moved = (previous != *address).then_some(previous);
                if attributes.is_empty() && moved.is_none() {
                    continue;
                }
                let replaces = attributes.iter().any(|a| a.effect == Effect::Replace);
                let action = if replaces { Action::Replace } else { Action::Change };
                let change = whole(action, address, instance, &after.evaluation.sources);
                changes.push(ResourceChange { attributes, previous_address: moved, ..change });
            }
        }
    }
    let kept: Vec<String> = new.keys().map(was).collect();
    for (address, instance) in old.iter().filter(|(a, _)| !kept.contains(a)) {
        changes.push(whole(Action::Remove, address, instance, &before.evaluation.sources));
    }
    changes.sort_by(|a, b| (a.action, &a.address).cmp(&(b.action, &b.address)));
    changes
}

fn managed(evaluation: &Evaluation) -> BTreeMap<String, &Instance> {
    let managed = evaluation.instances.iter().filter(|i| i.address.mode == Mode::Managed);
    managed.map(|i| (i.address.to_string(), i)).collect()
}

fn whole(action: Action, address: &str, instance: &Instance, sources: &SourceMap) -> ResourceChange {
    ResourceChange {
        address: address.to_owned(),
        previous_address: None,
        type_name: instance.address.type_name.to_string(),
        action,
        attributes: Vec::new(),
        place: sources.place(instance.block),
    }
}

/// The declared side of an instance: its document, or the association it is.
fn side<'a>(estate: &'a Estate, instance: &Instance) -> Option<(&'a Declared, Option<&'a Document>)> {
    let address = instance.address.to_string();
    if let Some(document) = estate.by_address(&address) {
        return Some((document.declared.as_ref()?, Some(document)));
    }
    let association = estate.associations.iter().find(|a| a.declared.address == instance.address)?;
    Some((&association.declared, association.host.as_ref().and_then(|id| estate.by_id(id))))
}

fn attributes(old: &Instance, new: &Instance, before: Side<'_>, after: Side<'_>) -> Vec<AttributeChange> {
    let mut walk = Walk { sources: &after.evaluation.sources, block: new, changes: Vec::new() };
    let ty = catalogue::resource(&new.address.type_name);
    match (ty, side(before.estate, old), side(after.estate, new)) {
        (Some(ty), Some((was, _)), Some((is, Some(document)))) => {
            let reader = Reader { estate: after.estate, document, declared: &is.attributes, parent: None };
            let by = By { ty, reader, major: is.major };
            for attribute in ty.roots() {
                let name = attribute.name();
                walk.known(by, attribute, was.attributes.get(name), is.attributes.get(name), name);
            }
        }
        _ => walk.unknown_type(&old.config, &new.config, ""),
    }
    walk.changes
}

/// What judges an attribute: the entry of the type, and the resource as it will be.
#[derive(Clone, Copy)]
struct By<'a> {
    ty: &'static ResourceType,
    reader: Reader<'a>,
    major: u32,
}

struct Walk<'a> {
    sources: &'a SourceMap,
    block: &'a Instance,
    changes: Vec<AttributeChange>,
}

impl Walk<'_> {
    fn known(
        &mut self,
        by: By<'_>,
        attribute: &'static Attribute,
        was: Option<&Value>,
        is: Option<&Value>,
        path: &str,
    ) {
        if attribute.config_in(by.major) == Config::Computed {
            return;
        }
        let was = was.filter(|v| !v.is_null());
        let is = is.filter(|v| !v.is_null());
        if attribute.is_block() {
            return self.blocks(by, attribute, was, is, path);
        }
        let when_absent = attribute.when_absent_in(by.major);
        if is.is_none() && when_absent == Some(WhenAbsent::Unmanaged) {
            return;
        }
        let default = attribute.default_in(by.major).filter(|_| when_absent == Some(WhenAbsent::Default));
        let (was, is) = (was.or(default), is.or(default));
        if equal(attribute, was, is) {
            return;
        }
        let maps = [was, is].into_iter().flatten().all(|v| v.as_map().is_some());
        if maps && attribute.ty == AttrType::Map {
            return self.entries(by, attribute, was, is, path);
        }
        self.put(by, attribute, was, is, path);
    }

    fn entries(
        &mut self,
        by: By<'_>,
        attribute: &'static Attribute,
        was: Option<&Value>,
        is: Option<&Value>,
        path: &str,
    ) {
        let keys = |v: Option<&Value>| {
            v.and_then(Value::as_map).into_iter().flatten().map(|(k, _)| k.clone()).collect()
        };
        let mut all: std::collections::BTreeSet<_> = keys(was);
        let after: std::collections::BTreeSet<_> = keys(is);
        all.extend(after);
        for key in all {
            let (a, b) = (was.and_then(|v| v.get(&key)), is.and_then(|v| v.get(&key)));
            if !equal(attribute, a, b) {
                self.put(by, attribute, a, b, &format!("{path}.{key}"));
            }
        }
    }

    fn blocks(
        &mut self,
        by: By<'_>,
        block: &'static Attribute,
        was: Option<&Value>,
        is: Option<&Value>,
        path: &str,
    ) {
        let items = |v: Option<&Value>| v.and_then(Value::as_slice).unwrap_or_default().to_vec();
        let (was_items, is_items) = (items(was), items(is));
        if is_items.is_empty() && block.when_absent_in(by.major) == Some(WhenAbsent::Unmanaged) {
            return;
        }
        let keyed = matches!(block.compare, Compare::SetByName | Compare::SetByKey);
        if keyed {
            let names: Vec<&str> = if block.key.is_empty() { vec!["name"] } else { block.key.clone() };
            let key =
                |v: &Value| names.iter().map(|n| v.get(n).map(|v| json(v).to_string())).collect::<Vec<_>>();
            for item in &was_items {
                match is_items.iter().find(|i| key(i) == key(item)) {
                    Some(same) => self.members(by, block, item, same, path),
                    None => self.put(by, block, Some(item), None, path),
                }
            }
            for item in is_items.iter().filter(|i| !was_items.iter().any(|w| key(w) == key(i))) {
                self.put(by, block, None, Some(item), path);
            }
        } else if was_items.len() == is_items.len() {
            for (a, b) in was_items.iter().zip(&is_items) {
                self.members(by, block, a, b, path);
            }
        } else {
            self.put(by, block, was.filter(|v| !is_zero(v)), is.filter(|v| !is_zero(v)), path);
        }
    }

    fn members(&mut self, by: By<'_>, block: &'static Attribute, was: &Value, is: &Value, path: &str) {
        for member in by.ty.members(block) {
            let name = member.name();
            self.known(by, member, was.get(name), is.get(name), &format!("{path}.{name}"));
        }
    }

    fn put(
        &mut self,
        by: By<'_>,
        attribute: &'static Attribute,
        was: Option<&Value>,
        is: Option<&Value>,
        path: &str,
    ) {
        let effect = effect_of(&by.reader, by.ty, attribute, was, is).unwrap_or(Effect::InPlace);
        self.push(path, was, is, effect, attribute.sensitive);
    }

    /// A type that the catalogue does not know: what differs, with no word on what it forces.
    fn unknown_type(&mut self, was: &Value, is: &Value, path: &str) {
        let (Some(a), Some(b)) = (was.as_map(), is.as_map()) else {
            if !plainly_equal(was, is) {
                self.push(path, Some(was), Some(is), Effect::InPlace, false);
            }
            return;
        };
        let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
        for key in keys {
            let step = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
            match (a.get(key), b.get(key)) {
                (Some(x), Some(y)) => self.unknown_type(x, y, &step),
                (x, y) => self.push(&step, x, y, Effect::InPlace, false),
            }
        }
    }

    fn push(&mut self, path: &str, was: Option<&Value>, is: Option<&Value>, effect: Effect, sensitive: bool) {
        let text = |v: &Value| match &v.kind {
            _ if sensitive => "(sensitive)".to_owned(),
            Kind::Unknown(_) => "(known after apply)".to_owned(),
            _ => json(v).to_string(),
        };
        // A removed attribute has a place only in the base, which nobody has open: the block stands for it.
        let span = is.and_then(|v| v.origin.at).unwrap_or(self.block.block);
        let place = self.sources.place(span);
        self.changes.push(AttributeChange {
            attribute: path.to_owned(),
            before: was.map(text),
            after: is.map(text),
            effect,
            place,
        });
    }
}

/// Equal, where an unknown equals one with the same reason.
fn equal(attribute: &Attribute, was: Option<&Value>, is: Option<&Value>) -> bool {
    match (was, is) {
        (None, None) => true,
        (Some(a), Some(b)) if !a.is_wholly_known() || !b.is_wholly_known() => plainly_equal(a, b),
        (a, b) => {
            let null = Value::null();
            same_declared(attribute, b.unwrap_or(&null), a.unwrap_or(&null))
        }
    }
}

fn plainly_equal(a: &Value, b: &Value) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Unknown(x), Kind::Unknown(y)) => x.reason == y.reason,
        (Kind::Unknown(_), _) | (_, Kind::Unknown(_)) => false,
        _ => match (a.as_slice(), b.as_slice(), a.as_map(), b.as_map()) {
            (Some(x), Some(y), ..) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| plainly_equal(x, y)),
            (.., Some(x), Some(y)) => {
                x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| plainly_equal(v, w)))
            }
            _ => json(a) == json(b),
        },
    }
}
