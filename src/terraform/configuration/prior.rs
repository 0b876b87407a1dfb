//! Evaluation against a prior state: what is there keeps what the provider computed, and each object gets
//! what an apply does to it. It follows Terraform's `plan` of a resource instance.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::declaration::{Resource, ResourceName};
use super::resource::Common;
use super::run::{Children, Run, Shape};
use super::scope::Frame;
use crate::terraform::address::{Address, InstanceKey, Mode, Part, parts};
use crate::terraform::behaviour::{self, Update};
use crate::terraform::change::{Action, AttributePath, Before, Cause, Change, Changes, Gone, prevented};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::{Lifecycle, Move};
use crate::terraform::expression::{Reference, Step};
use crate::terraform::input::{PriorObject, PriorState};
use crate::terraform::moves::{self, Repeats};
use crate::terraform::plan::sensitive_json;
use crate::terraform::schema::Block;
use crate::terraform::schema::plan::update::{at, ignore, kept, propose};
use crate::terraform::value::{Kind, Value};

use super::tree::Tree;

/// The prior state, at the addresses that the configuration gives its objects.
pub(super) struct Prior<'a> {
    state: &'a PriorState,
    /// The current object of each address, and its address before moves.
    current: HashMap<Address, (&'a PriorObject, Option<Address>)>,
    /// `moved` and `removed` blocks.
    moves: &'a [Move],
    /// Moves that something was in the way of.
    blocked: Vec<(Address, Address)>,
}

impl<'a> Prior<'a> {
    /// Applies the moves of a configuration to a state.
    pub(super) fn new(state: &'a PriorState, tree: &Tree, moves: &'a [Move]) -> Prior<'a> {
        let current: HashMap<&Address, &PriorObject> =
            state.objects.iter().filter(|o| o.deposed.is_none()).map(|o| (&o.address, o)).collect();
        let managed = current.keys().copied().filter(|a| a.mode == Mode::Managed);
        let repeats = |address: &Address| declared(tree, address).map(|(_, resource)| repeats(resource));
        let moved = moves::apply(moves, managed, &repeats);
        let was: HashMap<&Address, &Address> = moved.was.iter().map(|(new, old)| (old, new)).collect();
        let current = current
            .into_iter()
            .map(|(old, object)| match was.get(old) {
                Some(new) => ((*new).clone(), (object, Some(old.clone()))),
                None => (old.clone(), (object, None)),
            })
            .collect();
        Prior { state, current, moves, blocked: moved.blocked }
    }

    /// The object at an address.
    pub(super) fn object(&self, address: &Address) -> Option<&'a PriorObject> {
        self.current.get(address).map(|(object, _)| *object)
    }

    /// True when there is an object at the address.
    pub(super) fn has(&self, address: &Address) -> bool {
        self.current.contains_key(address)
    }
}

fn repeats(resource: &Resource) -> Repeats {
    match (&resource.count, &resource.for_each) {
        (Some(_), _) => Repeats::Count,
        (None, Some(_)) => Repeats::Each,
        (None, None) => Repeats::One,
    }
}

/// The block of an address, and the node of the tree it stands in.
fn declared<'t>(tree: &'t Tree, address: &Address) -> Option<(usize, &'t Resource)> {
    let mut node = 0;
    for step in address.module.0.iter() {
        let call = tree.module(node).calls.get_index_of(&step.name)?;
        node = tree.nodes[node].children.get(call).copied().flatten()?;
    }
    let name =
        ResourceName { mode: address.mode, type_name: address.type_name.clone(), name: address.name.clone() };
    Some((node, tree.module(node).resources.get(&name)?))
}

/// What the configuration says of an object that it does not make.
enum Fate {
    /// Nothing certain: how often its block repeats is not known, or its module could not be read.
    Open,
    /// It is gone.
    Gone(Option<Cause>),
}

impl Run<'_> {
    /// The planned value of an instance, given what there is: records what an apply does to it.
    pub(super) fn against_prior(
        &self,
        address: &Address,
        created: Value,
        config: &Value,
        common: &Common<'_>,
        frame: &Frame<'_, '_>,
    ) -> Value {
        let schema = common.schema.as_deref();
        let (before, is_tainted, previous_address) =
            match self.prior.as_ref().and_then(|p| p.current.get(address)) {
                Some((object, was)) => (object.value(schema), object.tainted, was.clone()),
                None => match self.imported(address, schema) {
                    Some(before) => (before, false, None),
                    None => return created,
                },
            };
        let lifecycle = &common.resource.lifecycle;
        let anew = if lifecycle.create_before_destroy || common.create_first {
            Action::CreateThenDelete
        } else {
            Action::DeleteThenCreate
        };
        let mut change =
            Change { action: Action::NoOp, cause: None, before, replace_paths: Vec::new(), previous_address };
        let planned = if is_tainted {
            (change.action, change.cause) = (anew, Some(Cause::Tainted));
            created
        } else {
            let prior = schema.map_or_else(|| change.before.clone(), |s| kept(s, &change.before));
            let updated = match schema {
                Some(schema) => {
                    let new = ignored(lifecycle, &created, &prior);
                    let proposed = propose(schema, address, &new, &prior);
                    let provider = self.providers.get(&super::providers::local_name(common.resource));
                    let update = Update {
                        address,
                        source: provider.map_or("", |p| &*p.source),
                        major: provider.and_then(|p| p.major),
                        schema,
                        prior: &prior,
                        proposed: &proposed,
                    };
                    behaviour::plan(self.options.providers.as_ref(), &update)
                }
                None => behaviour::Planned {
                    value: ignored(lifecycle, &laid_over(&prior, config), &prior),
                    replace: Vec::new(),
                },
            };
            let same = updated.value.equals(&prior).as_bool() == Some(true);
            let triggered = self.is_triggered(common.resource, frame);
            change.replace_paths = updated.replace;
            (change.action, change.cause) = match () {
                () if triggered => (anew, Some(Cause::Triggers)),
                () if same && sensitive_json(&updated.value) == sensitive_json(&change.before) => {
                    (Action::NoOp, None)
                }
                () if !same && !change.replace_paths.is_empty() => (anew, Some(Cause::CannotUpdate)),
                () => (Action::Update, None),
            };
            // What is made anew is as the configuration says, with nothing of what was.
            if change.action.is_replace() { created } else { updated.value }
        };
        if lifecycle.prevent_destroy && change.action.is_replace() {
            self.report(prevented(address, common.resource.header));
        }
        self.state.borrow_mut().changes.insert(address.clone(), change);
        planned
    }

    /// What an import of `terraform_data` finds: the id and nothing else. Other types only Azure can tell.
    fn imported(&self, address: &Address, schema: Option<&Block>) -> Option<Value> {
        let schema = schema.filter(|_| &*address.type_name == "terraform_data")?;
        let id = self.state.borrow().imports.get(&address.to_string())?.clone();
        let members = schema.attributes.iter().map(|a| (a.name.clone(), Value::null_of(a.value_type())));
        let mut members: BTreeMap<_, _> = members.collect();
        members.insert("id".into(), id);
        Some(Value::object(members))
    }

    /// True when something changes that `replace_triggered_by` names.
    fn is_triggered(&self, resource: &Resource, frame: &Frame<'_, '_>) -> bool {
        let named = resource.replace_triggered_by.iter().filter(|r| !matches!(&*r.root, "each" | "count"));
        named.into_iter().any(|reference| self.triggers(reference, frame).unwrap_or(false))
    }

    fn triggers(&self, reference: &Reference, frame: &Frame<'_, '_>) -> Option<bool> {
        let mut parts: Vec<Part> = vec![Part::Name(reference.root.clone())];
        for step in &reference.steps {
            parts.push(match step {
                Step::Attribute(name) => Part::Name(name.clone()),
                Step::Key(key) => Part::Key(InstanceKey::Key(key.clone())),
                Step::Index(at) => Part::Key(InstanceKey::Index(u64::try_from(*at).ok()?)),
                // Only `count.index` and `each.key` may stand there.
                Step::Dynamic => Part::Key(frame.key.clone()?),
            });
        }
        let (named, path) = Address::from_parts(parts)?;
        let state = self.state.borrow();
        let module = state.modules.get(frame.instance())?.path.clone();
        let named = Address { module, ..named };
        let moves = |change: &Change| change.action == Action::Update || change.action.is_replace();
        if path.is_empty() {
            let one = |address: &Address| match named.key {
                Some(_) => *address == named,
                None => Address { key: None, ..address.clone() } == named,
            };
            let first = Address { key: None, ..named.clone() };
            let all = state.changes.range(first..).take_while(|(a, _)| {
                (&a.module, a.mode, &a.type_name, &a.name)
                    == (&named.module, named.mode, &named.type_name, &named.name)
            });
            return Some(all.into_iter().any(|(address, change)| one(address) && moves(change)));
        }
        let change = state.changes.get(&named).filter(|c| moves(c))?;
        let after = state.instances.iter().rev().find(|i| i.address == named).map(|i| &i.planned)?;
        Some(match (at(&change.before, &path), at(after, &path)) {
            (Some(was), Some(is)) => !was.same(is),
            (was, is) => was.is_some() || is.is_some(),
        })
    }

    /// What becomes of the prior state, once all instances are made.
    pub(super) fn changes(&self) -> Option<Changes> {
        let instances = std::mem::take(&mut self.state.borrow_mut().changes);
        let mut changes = Changes { instances, ..Changes::default() };
        let Some(prior) = &self.prior else {
            return (!changes.instances.is_empty()).then_some(changes);
        };
        changes.outputs = prior.state.outputs.clone();
        self.blocked(prior);
        let mut current: Vec<_> = prior.current.iter().collect();
        current.sort_by_key(|(address, _)| *address);
        let mut left = Vec::new();
        for (address, (object, was)) in current {
            if address.mode != Mode::Managed {
                continue;
            }
            if let Some(change) = changes.instances.get(address) {
                let (source, value) = (object.source.clone(), change.before.clone());
                changes.before.push(Before { address: address.clone(), source, value });
                continue;
            }
            let value = object.value(self.schema_of(address, object).as_deref());
            let before = value.clone();
            changes.before.push(Before { address: address.clone(), source: object.source.clone(), value });
            let Fate::Gone(cause) = self.fate(address, was.is_some()) else { continue };
            left.push((address, was, before, cause, *object));
        }
        for (address, was, before, cause, object) in left {
            let change = self.removal(prior, address, before, cause, was.clone());
            let (address, source) = (address.clone(), object.source.clone());
            changes.gone.push(Gone { address, source, deposed: None, change });
        }
        for object in prior.state.objects.iter().filter(|o| o.deposed.is_some()) {
            let before = object.value(self.schema_of(&object.address, object).as_deref());
            let change = self.removal(prior, &object.address, before, None, None);
            let (address, source) = (object.address.clone(), object.source.clone());
            changes.gone.push(Gone { address, source, deposed: object.deposed.clone(), change });
        }
        changes.gone.sort_by(|a, b| (&a.address, &a.deposed).cmp(&(&b.address, &b.deposed)));
        self.forgotten(&changes);
        Some(changes)
    }

    /// What happens to an object that has no place in the configuration.
    fn removal(
        &self,
        prior: &Prior<'_>,
        address: &Address,
        before: Value,
        cause: Option<Cause>,
        previous_address: Option<Address>,
    ) -> Change {
        let block = declared(self.tree, address).map(|(_, resource)| resource);
        let removed = block.is_none().then(|| moves::removal(prior.moves, address)).flatten();
        let forgotten = removed.is_some_and(|r| !r.destroy);
        let action = if forgotten { Action::Forget } else { Action::Delete };
        if let Some(block) = block.filter(|b| b.lifecycle.prevent_destroy) {
            self.report(prevented(address, block.header));
        }
        Change { action, cause, before, replace_paths: Vec::new(), previous_address }
    }

    fn schema_of(&self, address: &Address, object: &PriorObject) -> Option<Arc<Block>> {
        match declared(self.tree, address) {
            Some((_, resource)) => self.schema(resource),
            None => {
                let major =
                    self.providers.values().find(|p| *p.source == *object.source).and_then(|p| p.major);
                object.schema(major)
            }
        }
    }

    /// Why an object has no instance in the configuration.
    fn fate(&self, address: &Address, moved: bool) -> Fate {
        let nowhere = if moved { Cause::NoMoveTarget } else { Cause::NoResourceConfig };
        let state = self.state.borrow();
        let (mut node, mut instance) = (0, Some(0));
        for step in address.module.0.iter() {
            let Some(call) = self.tree.module(node).calls.get_index_of(&step.name) else {
                return Fate::Gone(Some(nowhere));
            };
            let Some(child) = self.tree.nodes[node].children.get(call).copied().flatten() else {
                return Fate::Open;
            };
            if let Some(number) = instance {
                let made = state.modules.get(number).and_then(|m| m.children.get(call)?.as_deref());
                let Some(Children { shape, by_key, .. }) = made else { return Fate::Open };
                if matches!(shape, Shape::Unknown(_)) {
                    return Fate::Open;
                }
                instance = by_key.get(&step.key).copied();
            }
            node = child;
        }
        let name = ResourceName {
            mode: address.mode,
            type_name: address.type_name.clone(),
            name: address.name.clone(),
        };
        let Some((at, _, resource)) = self.tree.module(node).resources.get_full(&name) else {
            return Fate::Gone(Some(nowhere));
        };
        let Some(instance) = instance else { return Fate::Gone(Some(Cause::NoModule)) };
        match state.modules.get(instance).and_then(|m| m.resources.get(at)?.as_ref()) {
            None => return Fate::Open,
            Some(made) if matches!(made.shape, Shape::Unknown(_)) => return Fate::Open,
            Some(_) => {}
        }
        Fate::Gone(match (&address.key, repeats(resource)) {
            (None, Repeats::Count | Repeats::Each) => Some(Cause::WrongRepetition),
            (Some(InstanceKey::Index(_)), Repeats::Count) => Some(Cause::CountIndex),
            (Some(InstanceKey::Key(_)), Repeats::Each) => Some(Cause::EachKey),
            (Some(_), _) => Some(Cause::WrongRepetition),
            (None, Repeats::One) => None,
        })
    }

    fn blocked(&self, prior: &Prior<'_>) {
        if prior.blocked.is_empty() {
            return;
        }
        let each = prior.blocked.iter().map(|(from, to)| format!("\n  - {from} could not move to {to}"));
        let detail = format!(
            "Addresses of the prior state could not be changed as the configuration says, because there are \
             objects at the new addresses already:{}\n\nTerraform plans to destroy these objects.",
            each.collect::<String>()
        );
        self.report(Diagnostic::warning(None, "Unresolved resource instance address changes", detail));
    }

    fn forgotten(&self, changes: &Changes) {
        let forgotten = changes.gone.iter().filter(|g| g.change.action == Action::Forget);
        let each: Vec<String> = forgotten.map(|g| format!("\n  - {}", g.address)).collect();
        if each.is_empty() {
            return;
        }
        let detail = format!(
            "An apply discards the tracking information of these objects and does not delete them:{}",
            each.concat()
        );
        self.report(Diagnostic::warning(None, "Some objects will no longer be managed by Terraform", detail));
    }
}

/// What `ignore_changes` leaves of a change.
fn ignored(lifecycle: &Lifecycle, new: &Value, prior: &Value) -> Value {
    if lifecycle.ignore_all {
        return prior.clone();
    }
    let paths = lifecycle.ignore_changes.iter().filter_map(|text| parts(text));
    paths.fold(new.clone(), |new, path: AttributePath| ignore(&new, prior, &path))
}

/// A type without schema: what was, and over it what the configuration sets.
fn laid_over(prior: &Value, config: &Value) -> Value {
    let (Some(prior), Some(set)) = (prior.as_map(), config.as_map()) else { return config.clone() };
    let mut members = prior.clone();
    members.extend(set.iter().map(|(k, v)| (k.clone(), v.clone())));
    Value { kind: Kind::Object(Arc::new(members)), ..config.clone() }
}
