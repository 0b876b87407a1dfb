//! What a change of the code does: two declared estates of the same root, before and after.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::Effect;
use super::cascade::{Consequence, Lost, References};
use super::compare::{effect_of, same_declared};
use super::ignored::is_ignored;
use super::report::json;
use crate::azure::catalogue::{
    self, AttrType, Attribute, Compare, Config, Reader, ResourceType, WhenAbsent, is_zero,
};
use crate::azure::estate::{Association, Declared, Document, Estate};
use crate::azure::regions::normal;
use crate::terraform::address::{Address, InstanceKey, Mode};
use crate::terraform::behaviour;
use crate::terraform::evaluation::{Evaluation, Instance};
use crate::terraform::moves::{self, Repeats};
use crate::terraform::source::{Place, SourceMap, Span};
use crate::terraform::value::{Kind, Value};

/// What an apply does to a resource, given that the base was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Deleted and created again.
    Replace,
    /// Deleted.
    Remove,
    /// Left as it is, and no longer managed.
    Forget,
    /// Created.
    Add,
    /// Updated.
    Change,
}

/// One changed resource.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
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
    /// Why it is deleted or made anew, in the words of Terraform's plans; known where a state tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Which attributes differ; empty for an added or removed resource.
    pub attributes: Vec<AttributeChange>,
    /// Its block, after the change or before it; nothing for what a state has and the code has not.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// One changed attribute.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
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

/// What differs between two sides, by address. `moved` blocks of the side after are followed, and the
/// move that a `count` gained or lost implies; `removed` blocks that keep the object forget it. What is
/// made anew makes others change that refer to it.
pub fn delta(before: Side<'_>, after: Side<'_>) -> Vec<ResourceChange> {
    let old = managed(before.evaluation);
    let new = managed(after.evaluation);
    let moves = &after.evaluation.moves;
    let moved = moved(before.evaluation, after.evaluation);
    let was: BTreeMap<&String, String> = new
        .iter()
        .map(|(address, instance)| {
            let earlier = moved.get(&instance.address).map(Address::to_string);
            (address, earlier.unwrap_or_else(|| address.clone()))
        })
        .collect();
    let sides = Sides { before, after, hosts: [before, after].map(|s| associations(s.estate)) };
    let mut changes: BTreeMap<&String, ResourceChange> = BTreeMap::new();
    let mut lost: BTreeMap<String, BTreeSet<Lost>> = BTreeMap::new();
    for (address, instance) in &new {
        let whole = |action| whole(action, address, instance, &after.evaluation.sources);
        let Some(earlier) = old.get(&was[address]) else {
            lost.entry(address.clone()).or_default().insert(Lost::Everything);
            changes.insert(address, whole(Action::Add));
            continue;
        };
        let (attributes, blocks) = sides.attributes(earlier, instance);
        let moved = (was[address] != *address).then(|| was[address].clone());
        if attributes.is_empty() && moved.is_none() {
            continue;
        }
        let change =
            ResourceChange { attributes, previous_address: moved, ..whole(Action::Change) }.settled();
        let blocks = blocks.into_iter().map(Lost::Block);
        lost.entry(address.clone()).or_default().extend(match change.action {
            Action::Replace => vec![Lost::Everything],
            _ => blocks.collect(),
        });
        changes.insert(address, change);
    }
    let is_new = |address: &str| new.get_key_value(address).is_none_or(|(a, _)| !old.contains_key(&was[a]));
    for consequence in References::new(after.evaluation).follow(&lost, &is_new).into_values().flatten() {
        let Some((address, instance)) = new.get_key_value(&consequence.address) else { continue };
        let change = changes
            .entry(address)
            .or_insert_with(|| whole(Action::Change, address, instance, &after.evaluation.sources));
        change.follows(
            consequence,
            old.get(&was[address]).copied(),
            &after.evaluation.sources,
            instance.block,
        );
    }
    let mut changes: Vec<ResourceChange> = changes.into_values().map(ResourceChange::settled).collect();
    let kept: BTreeSet<&String> = was.values().collect();
    for (address, instance) in old.iter().filter(|(a, _)| !kept.contains(a)) {
        let forgotten = moves::removal(moves, &instance.address).is_some_and(|removed| !removed.destroy);
        let action = if forgotten { Action::Forget } else { Action::Remove };
        changes.push(whole(action, address, instance, &before.evaluation.sources));
    }
    changes.sort_by(|a, b| (a.action, &a.address).cmp(&(b.action, &b.address)));
    changes
}

impl ResourceChange {
    /// With the action that its attributes demand.
    pub(super) fn settled(mut self) -> ResourceChange {
        if self.action == Action::Change && self.attributes.iter().any(|a| a.effect == Effect::Replace) {
            self.action = Action::Replace;
        }
        self
    }

    /// Adds what becomes known only after apply, unless that attribute changes anyway.
    pub(super) fn follows(
        &mut self,
        consequence: Consequence,
        earlier: Option<&Instance>,
        sources: &SourceMap,
        block: Span,
    ) {
        if let Some(same) = self.attributes.iter_mut().find(|a| a.attribute == consequence.attribute) {
            same.effect = same.effect.max(consequence.effect);
            return;
        }
        let before = earlier.and_then(|e| catalogue::declared(&e.config, &consequence.attribute));
        self.attributes.push(AttributeChange {
            attribute: consequence.attribute,
            before: before.map(text),
            after: Some(AFTER_APPLY.to_owned()),
            effect: consequence.effect,
            place: sources.place(consequence.span.unwrap_or(block)),
        });
    }
}

/// The addresses that resources had before, of those that moved, by their address now.
pub fn moved(before: &Evaluation, after: &Evaluation) -> BTreeMap<Address, Address> {
    let managed = |i: &&Instance| i.address.mode == Mode::Managed;
    let mut repeats: HashMap<String, Repeats> = HashMap::new();
    for instance in after.instances.iter().filter(managed) {
        let how = match instance.address.key {
            None => Repeats::One,
            Some(InstanceKey::Index(_)) => Repeats::Count,
            Some(_) => Repeats::Each,
        };
        repeats.insert(instance.address.resource(), how);
    }
    let objects = before.instances.iter().filter(managed).map(|i| &i.address);
    moves::apply(&after.moves, objects, &|address| repeats.get(&address.resource()).copied()).was
}

fn managed(evaluation: &Evaluation) -> BTreeMap<String, &Instance> {
    let managed = evaluation.instances.iter().filter(|i| i.address.mode == Mode::Managed);
    managed.map(|i| (i.address.to_string(), i)).collect()
}

pub(super) fn whole(
    action: Action,
    address: &str,
    instance: &Instance,
    sources: &SourceMap,
) -> ResourceChange {
    ResourceChange {
        address: address.to_owned(),
        previous_address: None,
        type_name: instance.address.type_name.to_string(),
        action,
        reason: None,
        attributes: Vec::new(),
        place: Some(sources.place(instance.block)),
    }
}

/// The associations of an estate by address.
fn associations(estate: &Estate) -> HashMap<String, &Association> {
    estate.associations.iter().map(|a| (a.declared.address.to_string(), a)).collect()
}

struct Sides<'a> {
    before: Side<'a>,
    after: Side<'a>,
    /// Associations before and after.
    hosts: [HashMap<String, &'a Association>; 2],
}

impl<'a> Sides<'a> {
    /// The declared side of an instance: its document, or the association it is.
    fn side(&self, at: usize, instance: &Instance) -> Option<(&'a Declared, Option<&'a Document>)> {
        let estate = if at == 0 { self.before.estate } else { self.after.estate };
        let address = instance.address.to_string();
        if let Some(document) = estate.by_address(&address) {
            return Some((document.declared.as_ref()?, Some(document)));
        }
        let association = self.hosts.get(at)?.get(&address)?;
        Some((&association.declared, association.host.as_ref().and_then(|id| estate.by_id(id))))
    }

    /// What differs between two instances, and the blocks that are added.
    fn attributes(&self, old: &Instance, new: &Instance) -> (Vec<AttributeChange>, Vec<String>) {
        let sources = &self.after.evaluation.sources;
        let mut walk = Walk { sources, instance: new, ty: None, changes: Vec::new(), added: Vec::new() };
        let ty = catalogue::resource(&new.address.type_name);
        match (ty, self.side(0, old), self.side(1, new)) {
            (Some(ty), Some((was, _)), Some((is, document))) => {
                let nowhere = nowhere();
                let document = document.unwrap_or(&nowhere);
                let estate = self.after.estate;
                let reader = Reader { estate, document, declared: &is.attributes, parent: None };
                let by = By { ty, reader, major: is.major };
                walk.ty = Some(ty);
                for attribute in ty.roots() {
                    let name = attribute.name();
                    walk.known(by, attribute, was.attributes.get(name), is.attributes.get(name), name);
                }
            }
            _ => {
                let provider = self.after.evaluation.providers.get(&new.provider);
                let source = provider.map(|p| p.source.to_string()).unwrap_or_default();
                walk.unknown_type(&old.config, &new.config, "");
                for change in &mut walk.changes {
                    if behaviour::forces(&source, &new.address.type_name, &change.attribute) {
                        change.effect = Effect::Replace;
                    }
                }
            }
        }
        (walk.changes, walk.added)
    }
}

/// What stands for the document of a host that is declared elsewhere.
pub(super) fn nowhere() -> Document {
    let id = crate::azure::id::ResourceId::new("");
    Document::new(id, String::new(), Value::null(), None)
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
    instance: &'a Instance,
    ty: Option<&'static ResourceType>,
    changes: Vec<AttributeChange>,
    added: Vec<String>,
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
            if was_items.is_empty() {
                self.added.push(path.to_owned());
            }
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

    /// A type that the catalogue does not know: what differs.
    fn unknown_type(&mut self, was: &Value, is: &Value, path: &str) {
        let (Some(a), Some(b)) = (was.as_map(), is.as_map()) else {
            // A region is one, however it is spelt.
            let regions = [was, is].map(|v| v.as_str().filter(|_| path == "location").map(normal));
            let same_region = regions[0].is_some() && regions[0] == regions[1];
            if !same_region && !plainly_equal(was, is) {
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
        if is_ignored(self.ty, &self.instance.lifecycle, path, path) {
            return;
        }
        let text = |v: &Value| if sensitive { "(sensitive)".to_owned() } else { text(v) };
        // A removed attribute has a place only in the base, which nobody has open: the block stands for it.
        let span = is.and_then(|v| v.origin.at).unwrap_or(self.instance.block);
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

/// What an unknown is shown as.
pub const AFTER_APPLY: &str = "(known after apply)";

fn text(value: &Value) -> String {
    match &value.kind {
        Kind::Unknown(_) => AFTER_APPLY.to_owned(),
        _ => json(value).to_string(),
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
