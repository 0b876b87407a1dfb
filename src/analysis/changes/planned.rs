//! The changes of a root module against what there was before, whatever told of it: a state (which the
//! evaluation has followed itself), a base ([`delta`](super::delta)) or what is live ([`drift`](super::drift)).

use std::collections::BTreeMap;

use super::delta::{AFTER_APPLY, Action, AttributeChange, ResourceChange, whole};
use super::report::{DriftReport, ResourceDrift, Status, json};
use super::{Class, Effect};
use crate::terraform::address::{Address, InstanceKey, Mode, Part};
use crate::terraform::change::{self, Change, Changes, Gone};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::{Evaluation, Instance};
use crate::terraform::source::SourceMap;
use crate::terraform::value::{Entries, Kind, Str, Value};

/// What an apply does, of an evaluation against a prior state.
pub fn planned(evaluation: &Evaluation) -> Vec<ResourceChange> {
    let Some(changes) = &evaluation.changes else { return Vec::new() };
    let sources = &evaluation.sources;
    let managed = evaluation.instances.iter().filter(|i| i.address.mode == Mode::Managed);
    let mut out: Vec<ResourceChange> = managed
        .filter_map(|instance| {
            let address = instance.address.to_string();
            let Some(prior) = changes.instances.get(&instance.address) else {
                return Some(whole(Action::Add, &address, instance, sources));
            };
            let action = match prior.action {
                change::Action::NoOp if prior.previous_address.is_none() => return None,
                action if action.is_replace() => Action::Replace,
                _ => Action::Change,
            };
            let mut found = Differences { instance, sources, forced: &prior.replace_paths, out: Vec::new() };
            found.value(&prior.before, &instance.planned, &mut Vec::new());
            Some(ResourceChange {
                previous_address: prior.previous_address.as_ref().map(Address::to_string),
                reason: prior.cause.map(change::Cause::word),
                attributes: found.out,
                ..whole(action, &address, instance, sources)
            })
        })
        .collect();
    out.extend(changes.gone.iter().map(|gone| of_gone(gone, evaluation)));
    out.sort_by(|a, b| (a.action, &a.address).cmp(&(b.action, &b.address)));
    out
}

fn of_gone(gone: &Gone, evaluation: &Evaluation) -> ResourceChange {
    let action = if gone.change.action == change::Action::Forget { Action::Forget } else { Action::Remove };
    let deposed = gone.deposed.iter().map(|key| format!(" (deposed object {key})"));
    // It stands nowhere in the code; another instance of its block is the nearest place.
    let near = evaluation.instances.iter().find(|i| i.address.resource() == gone.address.resource());
    let near = near.map(|i| evaluation.sources.place(i.block));
    ResourceChange {
        address: format!("{}{}", gone.address, deposed.collect::<String>()),
        previous_address: gone.change.previous_address.as_ref().map(Address::to_string),
        type_name: gone.address.type_name.to_string(),
        action,
        reason: gone.change.cause.map(change::Cause::word),
        attributes: Vec::new(),
        place: near,
    }
}

struct Differences<'a> {
    instance: &'a Instance,
    sources: &'a SourceMap,
    forced: &'a [change::AttributePath],
    out: Vec<AttributeChange>,
}

impl Differences<'_> {
    fn value(&mut self, was: &Value, is: &Value, path: &mut Vec<Part>) {
        if was.equals(is).as_bool() == Some(true) {
            return;
        }
        match (was.as_map(), is.as_map(), was.as_slice(), is.as_slice()) {
            (Some(old), Some(new), ..) => {
                let names: std::collections::BTreeSet<&Str> = old.keys().chain(new.keys()).collect();
                let null = Value::null();
                for name in names {
                    path.push(Part::Name(name.clone()));
                    self.value(old.get(name).unwrap_or(&null), new.get(name).unwrap_or(&null), path);
                    path.pop();
                }
            }
            (.., Some(old), Some(new)) if old.len() == new.len() && !matches!(is.kind, Kind::Set(..)) => {
                for (at, (was, is)) in old.iter().zip(new).enumerate() {
                    path.push(Part::Key(InstanceKey::Index(at as u64)));
                    self.value(was, is, path);
                    path.pop();
                }
            }
            _ => self.leaf(was, is, path),
        }
    }

    fn leaf(&mut self, was: &Value, is: &Value, path: &[Part]) {
        let within = |forced: &change::AttributePath| path.starts_with(forced) || forced.starts_with(path);
        let effect = if self.forced.iter().any(within) { Effect::Replace } else { Effect::InPlace };
        let hidden = was.is_sensitive_anywhere() || is.is_sensitive_anywhere();
        let text = |v: &Value| match v {
            v if v.is_null() => None,
            v if v.is_unknown() => Some(AFTER_APPLY.to_owned()),
            _ if hidden => Some("(sensitive)".to_owned()),
            v => Some(json(v).to_string()),
        };
        self.out.push(AttributeChange {
            attribute: shown(path),
            before: text(was),
            after: text(is),
            effect,
            place: self.sources.place(is.origin.at.unwrap_or(self.instance.block)),
        });
    }
}

/// `default_node_pool[0].name`
fn shown(path: &[Part]) -> String {
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

/// What an apply does about what is live: the comparison read the other way.
pub fn from_live(report: &DriftReport, evaluation: &Evaluation) -> Vec<ResourceChange> {
    let instances: BTreeMap<String, &Instance> =
        evaluation.instances.iter().map(|i| (i.address.to_string(), i)).collect();
    let sources = &evaluation.sources;
    let mut changes: BTreeMap<&String, ResourceChange> = BTreeMap::new();
    for resource in &report.resources {
        let Some(instance) = instances.get(&resource.address) else { continue };
        let of = |action, address: &str, instance| whole(action, address, instance, sources);
        match resource.status {
            Status::Missing => {
                for address in [&resource.address].into_iter().chain(&resource.missing_with) {
                    if let Some((address, instance)) = instances.get_key_value(address) {
                        let change = of(Action::Add, address, instance);
                        changes.insert(address, change);
                    }
                }
            }
            Status::Changed => {
                let attributes = attributes(resource);
                if !attributes.is_empty() {
                    let change = of(Action::Change, &resource.address, instance);
                    changes.insert(&resource.address, ResourceChange { attributes, ..change }.settled());
                }
            }
            _ => {}
        }
    }
    for consequence in report.resources.iter().flat_map(|r| &r.consequences) {
        let Some((address, instance)) = instances.get_key_value(&consequence.address) else { continue };
        let change =
            changes.entry(address).or_insert_with(|| whole(Action::Change, address, instance, sources));
        if change.action != Action::Add {
            change.follows(consequence.clone(), None, sources, instance.block);
        }
    }
    let mut changes: Vec<ResourceChange> = changes.into_values().map(ResourceChange::settled).collect();
    changes.sort_by(|a, b| (a.action, &a.address).cmp(&(b.action, &b.address)));
    changes
}

/// What Terraform acts on, from live to declared.
fn attributes(resource: &ResourceDrift) -> Vec<AttributeChange> {
    let acts = resource.differences.iter().filter(|d| matches!(d.class, Class::Drift | Class::Spelling));
    acts.map(|d| {
        let text = |v: &Option<Value>| {
            v.as_ref().map(|v| if d.sensitive { "(sensitive)".to_owned() } else { json(v).to_string() })
        };
        AttributeChange {
            attribute: d.attribute.clone(),
            before: text(&d.live),
            after: text(&d.declared),
            effect: d.effect,
            place: d.place.clone(),
        }
    })
    .collect()
}

/// An instance that the code no longer has: its address, its provider, its attributes as they were.
pub(super) type Former = (Address, Str, Value);

/// Writes changes into an evaluation, so that its plan tells them. `before` gives the attributes that an
/// instance had, as far as they are known, by its address then.
pub fn record(
    evaluation: &mut Evaluation,
    changes: &[ResourceChange],
    before: &dyn Fn(&str, &Instance) -> Option<Value>,
    gone: &dyn Fn(&str) -> Option<Former>,
) {
    let by_address: BTreeMap<&str, &ResourceChange> = changes.iter().map(|c| (&*c.address, c)).collect();
    let mut recorded = Changes::default();
    let managed = evaluation.instances.iter().filter(|i| i.address.mode == Mode::Managed);
    for instance in managed {
        let address = instance.address.to_string();
        let change = by_address.get(&*address);
        let action = match change.map(|c| c.action) {
            Some(Action::Add) => continue,
            Some(Action::Replace) if instance.lifecycle.create_before_destroy => {
                change::Action::CreateThenDelete
            }
            Some(Action::Replace) => change::Action::DeleteThenCreate,
            Some(Action::Change) if change.is_some_and(|c| !c.attributes.is_empty()) => {
                change::Action::Update
            }
            _ => change::Action::NoOp,
        };
        let previous = change.and_then(|c| c.previous_address.as_deref());
        let Some(before) = before(previous.unwrap_or(&address), instance) else { continue };
        let forced = change.into_iter().flat_map(|c| &c.attributes).filter(|a| a.effect == Effect::Replace);
        let replace_paths = forced.map(|a| located(&instance.planned, &a.attribute)).collect();
        let cause = action.is_replace().then_some(change::Cause::CannotUpdate);
        let previous_address = previous.and_then(Address::parse);
        recorded.before.push(change::Before {
            address: instance.address.clone(),
            source: source(evaluation, instance),
            value: before.clone(),
        });
        recorded.instances.insert(
            instance.address.clone(),
            Change { action, cause, before, replace_paths, previous_address },
        );
    }
    for change in changes.iter().filter(|c| matches!(c.action, Action::Remove | Action::Forget)) {
        let Some((address, source, before)) = gone(&change.address) else { continue };
        let action =
            if change.action == Action::Forget { change::Action::Forget } else { change::Action::Delete };
        let change =
            Change { action, cause: None, before, replace_paths: Vec::new(), previous_address: None };
        recorded.gone.push(Gone { address, source, deposed: None, change });
    }
    evaluation.changes = Some(recorded);
}

/// Source address of an instance's provider.
pub(super) fn source(evaluation: &Evaluation, instance: &Instance) -> Str {
    evaluation.providers.get(&instance.provider).map_or_else(|| "".into(), |p| p.source.clone())
}

/// The steps of a path that leaves out indexes: of a list of blocks the first is meant.
pub(super) fn located(value: &Value, dotted: &str) -> change::AttributePath {
    let mut path = Vec::new();
    let mut at = Some(value);
    for name in dotted.split('.') {
        if let Some(items) = at.and_then(Value::as_slice) {
            path.push(Part::Key(InstanceKey::Index(0)));
            at = items.first();
        }
        path.push(Part::Name(name.into()));
        at = at.and_then(|v| v.get(name));
    }
    path
}

/// The attributes of an instance as they are live: as declared, but for what differs.
pub fn live_values(report: &DriftReport) -> impl Fn(&str, &Instance) -> Option<Value> {
    let mut differing: BTreeMap<String, Vec<(String, Value)>> = BTreeMap::new();
    for resource in &report.resources {
        let acts = resource.differences.iter();
        let values = acts.map(|d| (d.attribute.clone(), d.live.clone().unwrap_or_else(Value::null)));
        differing.entry(resource.address.clone()).or_default().extend(values);
    }
    move |address, instance| {
        let mut value = instance.planned.clone();
        for (dotted, live) in differing.get(address).into_iter().flatten() {
            value = put(&value, &located(&value, dotted), live);
        }
        Some(value)
    }
}

/// The value with another part at a path that it has.
pub(super) fn put(value: &Value, path: &[Part], part: &Value) -> Value {
    let Some((step, rest)) = path.split_first() else { return part.clone() };
    match (step, value.as_map()) {
        (Part::Name(name) | Part::Key(InstanceKey::Key(name)), Some(members)) => {
            let mut members: Entries = members.clone();
            let inner = members.get(&**name).cloned().unwrap_or_else(Value::null);
            members.insert(name.clone(), put(&inner, rest, part));
            Value { kind: Kind::Object(std::sync::Arc::new(members)), ..value.clone() }
        }
        (Part::Key(InstanceKey::Index(index)), None) => {
            let mut at = 0;
            value.clone().map_children(|child| {
                at += 1;
                if at - 1 == *index { put(&child, rest, part) } else { child }
            })
        }
        _ => value.clone(),
    }
}

/// Terraform's refusal to destroy what `prevent_destroy` protects.
pub fn prevented(changes: &[ResourceChange], evaluation: &Evaluation) -> Vec<Diagnostic> {
    let protected = |change: &ResourceChange| -> Option<Diagnostic> {
        let named = Address::parse(&change.address)?;
        let of = |i: &&Instance| match change.action {
            Action::Replace => i.address == named,
            Action::Remove => i.address.resource() == named.resource(),
            _ => false,
        };
        let instance = evaluation.instances.iter().filter(of).find(|i| i.lifecycle.prevent_destroy)?;
        Some(change::prevented(&named, instance.block))
    };
    changes.iter().filter_map(protected).collect()
}
