//! What follows when a resource is made anew: its `id` and what Azure computes for it are known only
//! after apply, and whoever refers to them is updated, or replaced where the attribute demands it.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde::Serialize;

use super::Effect;
use super::ignored::{is_ignored, without_indexes};
use crate::azure::catalogue::{self, AttrType, Attribute, ResourceType};
use crate::terraform::address::Mode;
use crate::terraform::evaluation::{Evaluation, Instance};
use crate::terraform::source::Span;
use crate::terraform::value::{Kind, Reason, Value};

/// What happens to another resource because of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Consequence {
    /// The other resource.
    pub address: String,
    /// Its attribute that becomes known only after apply.
    pub attribute: String,
    /// What an apply does to it.
    pub effect: Effect,
    /// The text that refers to the first.
    #[serde(skip)]
    pub(super) span: Option<Span>,
}

/// What becomes unknown of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lost {
    /// Its id and everything computed.
    Everything,
    /// The computed members of a block that is added.
    Block(String),
}

/// Who refers to what.
pub(super) struct References {
    by_source: HashMap<String, Vec<Reference>>,
}

struct Reference {
    user: String,
    managed: bool,
    attribute: String,
    /// Path in the source, without indexes.
    path: String,
    effect: Effect,
    span: Option<Span>,
}

impl References {
    pub(super) fn new(evaluation: &Evaluation) -> References {
        let mut references = References { by_source: HashMap::new() };
        for instance in &evaluation.instances {
            let mut walk = Walk {
                instance,
                user: instance.address.to_string(),
                ty: catalogue::resource(&instance.address.type_name),
                references: &mut references,
            };
            walk.value(&instance.config, "");
        }
        references
    }

    /// What follows from what is lost, by the address it is lost of. `is_new` tells what is created
    /// anyway.
    pub(super) fn follow(
        &self,
        lost: &BTreeMap<String, BTreeSet<Lost>>,
        is_new: &dyn Fn(&str) -> bool,
    ) -> BTreeMap<String, Vec<Consequence>> {
        let whole = |all: &BTreeSet<Lost>| all.contains(&Lost::Everything);
        let mut anew: BTreeSet<String> =
            lost.iter().filter(|(_, l)| whole(l)).map(|(a, _)| a.clone()).collect();
        let mut queue: VecDeque<(String, Lost, String)> = VecDeque::new();
        for (address, all) in lost {
            queue.extend(all.iter().map(|l| (address.clone(), l.clone(), address.clone())));
        }
        let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
        let mut out: BTreeMap<String, Vec<Consequence>> = BTreeMap::new();
        while let Some((source, what, cause)) = queue.pop_front() {
            for reference in self.by_source.get(&source).into_iter().flatten() {
                let touched = match &what {
                    Lost::Everything => true,
                    Lost::Block(block) => {
                        reference.path.strip_prefix(block.as_str()).is_some_and(|r| r.starts_with('.'))
                    }
                };
                if !touched || is_new(&reference.user) {
                    continue;
                }
                if reference.managed && seen.insert((&reference.user, &reference.attribute)) {
                    out.entry(cause.clone()).or_default().push(Consequence {
                        address: reference.user.clone(),
                        attribute: reference.attribute.clone(),
                        effect: reference.effect,
                        span: reference.span,
                    });
                }
                if reference.effect == Effect::Replace && anew.insert(reference.user.clone()) {
                    queue.push_back((reference.user.clone(), Lost::Everything, cause.clone()));
                }
            }
        }
        for consequences in out.values_mut() {
            consequences.sort_by(|a, b| (&a.address, &a.attribute).cmp(&(&b.address, &b.attribute)));
        }
        out
    }
}

struct Walk<'a> {
    instance: &'a Instance,
    user: String,
    ty: Option<&'static ResourceType>,
    references: &'a mut References,
}

impl Walk<'_> {
    fn value(&mut self, value: &Value, path: &str) {
        if value.is_wholly_known() {
            return;
        }
        match &value.kind {
            Kind::Unknown(unknown) => {
                let (Reason::Computed { address, path: source, .. }
                | Reason::Data { address, path: source, .. }) = &unknown.reason
                else {
                    return;
                };
                self.reference(path, address.to_string(), source, value.origin.at);
            }
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
                items.iter().for_each(|item| self.value(item, path));
            }
            Kind::Map(_, members) | Kind::Object(members) => {
                for (name, member) in members.iter() {
                    let dot = if path.is_empty() { "" } else { "." };
                    self.value(member, &format!("{path}{dot}{name}"));
                }
            }
            _ => {}
        }
    }

    fn reference(&mut self, path: &str, source: String, source_path: &str, span: Option<Span>) {
        if source == self.user {
            return;
        }
        let managed = self.instance.address.mode == Mode::Managed;
        let entry = self.ty.and_then(|ty| Some((ty, entry(ty, path)?)));
        let (attribute, effect) = match entry {
            // A data source that reads by what is not known yet answers after apply.
            _ if !managed => (path.to_owned(), Effect::Replace),
            Some((ty, entry)) => {
                if is_ignored(Some(ty), &self.instance.lifecycle, entry.path, path) {
                    return;
                }
                let effect = if entry.force_new { Effect::Replace } else { Effect::InPlace };
                (shown(ty, entry, path), effect)
            }
            None => (path.to_owned(), Effect::InPlace),
        };
        let user = self.user.clone();
        let path = without_indexes(source_path);
        let reference = Reference { user, managed, attribute, path, effect, span };
        self.references.by_source.entry(source).or_default().push(reference);
    }
}

/// The entry of an attribute path, also under an older name; of a map's key the map's.
pub(super) fn entry(ty: &'static ResourceType, path: &str) -> Option<&'static Attribute> {
    let mut head = path;
    loop {
        let rest = &path[head.len()..];
        if let Some(found) = ty.attribute(head) {
            return Some(found);
        }
        if let Some(new) = ty.aliases.iter().find(|a| a.old == head).and_then(|a| a.new) {
            return ty.attribute(&format!("{new}{rest}")).or_else(|| ty.attribute(new));
        }
        head = head.rsplit_once('.')?.0;
    }
}

/// The path as shown: what is inside a set is the set.
fn shown(ty: &ResourceType, entry: &Attribute, path: &str) -> String {
    let mut shown = path.to_owned();
    let mut at = ty.parent(entry);
    while let Some(block) = at {
        if block.ty == AttrType::Set {
            shown = block.path.to_owned();
        }
        at = ty.parent(block);
    }
    shown
}
