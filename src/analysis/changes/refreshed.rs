//! What an apply would do, from three sides. Terraform refreshes its state before it plans: here the evaluation has
//! followed the state, and what is live corrects it.
//!
//! - An object that is gone in Azure is taken out of the state before ([`seen`]).
//! - Attributes that a live document tells are decided by it, as [`drift`](super::drift()) compares them: what the
//!   state alone would change is as the code has it already, or what it takes for settled has drifted.
//! - Everything else the state decides: what Azure does not tell, moves, taint, what is replaced by what triggers it.

use std::collections::{BTreeMap, BTreeSet};

use super::drift::compared;
use super::live::computed;
use super::planned::{located, put};
use super::report::{DriftReport, ResourceDrift, Status};
use super::{Class, Effect, drift};
use crate::azure::catalogue::{self, Compare, Reader, ResourceType};
use crate::azure::estate::Estate;
use crate::terraform::address::{Address, Part};
use crate::terraform::change::{Action, AttributePath, Cause, Change};
use crate::terraform::evaluation::{Evaluation, Instance};
use crate::terraform::value::Value;

/// What is live of the objects of a state.
#[derive(Debug, Default)]
pub struct Seen {
    /// Addresses of those that Azure is proved not to have.
    pub gone: BTreeSet<Address>,
    /// What Azure says of attributes that the provider computes, where the state has something else: what refers to
    /// them changes as well.
    pub computed: BTreeMap<Address, Vec<(AttributePath, Value)>>,
}

/// Looks for the objects of a state in what is live.
pub fn seen(state: &Evaluation, objects: &Estate, live: &Estate) -> Seen {
    let missing = compared(state, objects, live).into_iter().filter(|r| r.status == Status::Missing);
    let gone = missing.filter_map(|r| Address::parse(&r.address)).collect();
    let sides =
        objects.iter().filter_map(|d| Some((d, d.declared.as_ref().filter(|s| s.inline.is_empty())?)));
    let computed = sides.filter_map(|(document, side)| {
        let ty = catalogue::resource(&side.address.type_name).filter(|ty| ty.has_document())?;
        let there = live.by_id(&document.id)?;
        let before = &side.instance.planned;
        let reader = Reader { estate: live, document: there, declared: before, parent: None };
        Some((side.address.clone(), computed(ty, &reader, before))).filter(|(_, found)| !found.is_empty())
    });
    Seen { gone, computed: computed.collect() }
}

/// The attributes of an object with those that Azure says.
pub fn corrected(before: Value, computed: &[(AttributePath, Value)]) -> Value {
    computed.iter().fold(before, |value, (path, live)| put(&value, path, live))
}

/// What came of looking at what is live.
#[derive(Debug)]
pub struct Refreshed {
    /// Addresses that have to be made anew although the state says otherwise: they are to be planned once more, so
    /// that what depends on them follows.
    pub anew: BTreeSet<Address>,
    /// The comparison.
    pub report: DriftReport,
}

/// Corrects the changes of an evaluation against a state by what is live. `objects` are those of the state; those at
/// the addresses `known` were planned to be made anew because of what is live.
pub fn refresh(
    evaluation: &mut Evaluation,
    declared: &Estate,
    objects: &Estate,
    live: &Estate,
    known: &BTreeSet<Address>,
) -> Refreshed {
    let report = drift(evaluation, declared, live);
    let mut anew = BTreeSet::new();
    let Some(mut changes) = evaluation.changes.take() else { return Refreshed { anew, report } };
    let by_address: BTreeMap<&str, &ResourceDrift> =
        report.resources.iter().map(|r| (&*r.address, r)).collect();
    let create_first: BTreeSet<Address> = evaluation
        .instances
        .iter()
        .filter(|i| i.lifecycle.create_before_destroy)
        .map(|i| i.address.clone())
        .collect();
    for instance in &evaluation.instances {
        let address = instance.address.to_string();
        let Some(change) = changes.instances.get_mut(&instance.address) else { continue };
        let Some(resource) = by_address.get(&*address).filter(|r| is_told(r)) else { continue };
        let was = change.previous_address.as_ref().map_or(address, Address::to_string);
        // A new name is another resource: what is live under it is not the object of the state.
        let same = objects.by_address(&was).is_none_or(|d| d.id.key() == resource.id.to_ascii_lowercase());
        if !same {
            continue;
        }
        if known.contains(&instance.address) {
            change.cause = Some(Cause::CannotUpdate);
        }
        let before = change.action;
        correct(change, instance, resource, create_first.contains(&instance.address));
        if change.action.is_replace() && !before.is_replace() {
            anew.insert(instance.address.clone());
        }
    }
    for was in &mut changes.before {
        if let Some(change) = changes.instances.get(&was.address) {
            was.value = change.before.clone();
        }
    }
    evaluation.changes = Some(changes);
    Refreshed { anew, report }
}

/// A comparison that says something of the object.
fn is_told(resource: &ResourceDrift) -> bool {
    matches!(resource.status, Status::InSync | Status::Changed)
}

fn correct(change: &mut Change, instance: &Instance, resource: &ResourceDrift, create_first: bool) {
    let Some(ty) = catalogue::resource(&instance.address.type_name) else { return };
    let told = told(ty, resource);
    let acts: Vec<_> =
        resource.differences.iter().filter(|d| matches!(d.class, Class::Drift | Class::Spelling)).collect();
    let drifted: BTreeSet<&str> = acts.iter().map(|d| root(&d.attribute)).collect();
    // What the state takes for another value than the code has, and Azure has as the code.
    let stale: Vec<String> = differing(&change.before, &instance.planned)
        .into_iter()
        .filter(|name| told.contains(name) && !drifted.contains(&**name))
        .collect();
    if stale.is_empty() && acts.is_empty() {
        return;
    }
    let planned = |name: &str| instance.planned.get(name).cloned().unwrap_or_else(Value::null);
    for name in &stale {
        change.before = put(&change.before, &located(&change.before, name), &planned(name));
    }
    for difference in &acts {
        let live = difference.live.clone().unwrap_or_else(Value::null);
        let path = located(&instance.planned, &difference.attribute);
        change.before = put(&change.before, &path, &live);
    }
    if matches!(change.cause, Some(Cause::Tainted | Cause::Triggers)) {
        return;
    }
    let stale_path = |path: &AttributePath| matches!(path.first(), Some(Part::Name(name)) if stale.iter().any(|s| **s == **name));
    change.replace_paths.retain(|path| !stale_path(path));
    for difference in acts.iter().filter(|d| d.effect == Effect::Replace) {
        let path = located(&instance.planned, &difference.attribute);
        if !change.replace_paths.contains(&path) {
            change.replace_paths.push(path);
        }
    }
    let open = differing(&change.before, &instance.planned);
    (change.action, change.cause) = if !change.replace_paths.is_empty() {
        let anew = if create_first { Action::CreateThenDelete } else { Action::DeleteThenCreate };
        let anew = if change.action.is_replace() { change.action } else { anew };
        (anew, Some(Cause::CannotUpdate))
    } else if !acts.is_empty() || !open.is_empty() {
        (Action::Update, None)
    } else {
        (Action::NoOp, None)
    };
}

/// Names of the attributes at the root that a live document tells of a type, also as older majors have them.
fn told(ty: &'static ResourceType, resource: &ResourceDrift) -> BTreeSet<String> {
    let tells = |a: &&catalogue::Attribute| a.arm.is_some() && a.compare != Compare::None && a.provider_reads;
    let mut told: BTreeSet<String> = ty.roots().filter(tells).map(|a| a.name().to_owned()).collect();
    let older = ty.aliases.iter().filter(|a| a.new.is_some_and(|new| told.contains(root(new))));
    told.extend(older.map(|a| root(a.old).to_owned()).collect::<Vec<_>>());
    for (path, _) in &resource.not_compared {
        told.remove(root(path));
    }
    told
}

fn root(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

/// Names of the attributes at the root that differ; what is known only after apply does not.
fn differing(before: &Value, planned: &Value) -> Vec<String> {
    let members = planned.as_map().into_iter().flatten();
    let differs = members.filter(|(name, value)| {
        let was = before.get(name);
        !value.is_unknown() && was.is_none_or(|was| was.equals(value).as_bool() == Some(false))
    });
    differs.map(|(name, _)| name.to_string()).collect()
}
