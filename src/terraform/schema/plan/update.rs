//! What is proposed to a provider for an object that exists: the configuration, and what the provider
//! computed before where the configuration says nothing. It follows `ProposedNew` of Terraform.

use std::sync::Arc;

use super::super::{Attribute, Block, NestedBlock, Nesting};
use crate::terraform::address::{Address, InstanceKey, Part};
use crate::terraform::value::{Entries, Kind, Marks, Reason, Value};

/// The proposed value of an instance. `created` is what [`plan_value`](super::plan_value) gives for a new
/// one, `prior` the object as it is, both in the types of the block.
pub fn propose(block: &Block, address: &Address, created: &Value, prior: &Value) -> Value {
    Proposal { address }.block(block, created, prior)
}

/// What the schema marks sensitive and nothing else: values that are kept lose the marks they had.
pub fn kept(block: &Block, prior: &Value) -> Value {
    let plain = prior.clone().unmark_deep().0;
    mark(block, plain)
}

fn mark(block: &Block, value: Value) -> Value {
    let Value { kind, marks, origin } = value;
    let kind = match kind {
        Kind::Object(members) => {
            let mut members = Arc::unwrap_or_clone(members);
            for attribute in block.attributes.iter().filter(|a| a.sensitive) {
                if let Some(slot) = members.get_mut(&attribute.name) {
                    slot.marks = slot.marks.and(Marks::SENSITIVE);
                }
            }
            for nested in &block.blocks {
                if let Some(slot) = members.get_mut(&nested.name) {
                    *slot = match slot.as_slice() {
                        Some(_) => slot.clone().map_children(|child| mark(&nested.block, child)),
                        None => mark(&nested.block, slot.clone()),
                    };
                }
            }
            Kind::Object(Arc::new(members))
        }
        other => other,
    };
    Value { kind, marks, origin }
}

struct Proposal<'a> {
    address: &'a Address,
}

impl Proposal<'_> {
    /// True for what the provider computes of this very object.
    fn is_own(&self, value: &Value) -> bool {
        let Some(unknown) = value.as_unknown() else { return false };
        matches!(&unknown.reason, Reason::Computed { address, derived: false, .. } if **address == *self.address)
    }

    fn block(&self, block: &Block, created: &Value, prior: &Value) -> Value {
        let (Some(new), Some(old)) = (created.as_map(), prior.as_map()) else { return created.clone() };
        let mut members = Entries::default();
        for (name, value) in new {
            let proposed = match (old.get(name), block.attribute(name), block.nested(name)) {
                (Some(old), Some(attribute), _) => self.attribute(attribute, value, old),
                (Some(old), None, Some(nested)) => self.nested(nested, value, old),
                _ => value.clone(),
            };
            members.insert(name.clone(), proposed);
        }
        Value { kind: Kind::Object(Arc::new(members)), ..created.clone() }
    }

    fn attribute(&self, attribute: &Attribute, created: &Value, prior: &Value) -> Value {
        if attribute.computed && self.is_own(created) {
            return prior.clone();
        }
        match &attribute.nested {
            Some(nested) => self.objects(nested.nesting, &nested.block, created, prior),
            // Blocks written as an attribute: their type is all that is known of their members.
            None if attribute.computed => self.filled(created, prior),
            None => created.clone(),
        }
    }

    /// The value with what the provider computes inside of it taken from the prior one. What the code
    /// leaves out has the provider's default, which the prior value shows; ids have none.
    fn filled(&self, created: &Value, prior: &Value) -> Value {
        let is_id = prior.as_str().is_some_and(|text| text.starts_with('/'));
        if self.is_own(created) || (created.is_null() && !is_id) {
            return prior.clone();
        }
        match (&created.kind, &prior.kind) {
            (Kind::Object(new), Kind::Object(old)) => {
                let member = |(name, value): (&_, &Value)| {
                    let value = old.get(name).map_or_else(|| value.clone(), |old| self.filled(value, old));
                    (Clone::clone(name), value)
                };
                let members: Entries = new.iter().map(member).collect();
                Value { kind: Kind::Object(Arc::new(members)), ..created.clone() }
            }
            (Kind::Set(ty, new), Kind::Set(_, old)) => {
                let mut old: Vec<&Value> = old.iter().collect();
                let fill = |value: &Value| match old.iter().position(|old| self.agrees(value, old)) {
                    Some(at) => self.filled(value, old.remove(at)),
                    None => value.clone(),
                };
                let items = new.iter().map(fill).collect();
                Value { kind: Value::set(ty.clone(), items).kind, ..created.clone() }
            }
            (Kind::List(..), Kind::List(_, old)) => {
                let mut old = old.iter();
                created.clone().map_children(|value| {
                    old.next().map_or_else(|| value.clone(), |old| self.filled(&value, old))
                })
            }
            _ => created.clone(),
        }
    }

    /// True when a prior value can have come from this one: what the provider computes may be anything.
    fn agrees(&self, created: &Value, prior: &Value) -> bool {
        match (&created.kind, &prior.kind) {
            _ if self.is_own(created) || created.is_null() => true,
            (Kind::Object(new), Kind::Object(old)) => {
                new.iter().all(|(name, value)| old.get(name).is_some_and(|old| self.agrees(value, old)))
            }
            (Kind::List(_, new), Kind::List(_, old)) | (Kind::Set(_, new), Kind::Set(_, old)) => {
                new.len() == old.len() && new.iter().zip(old.iter()).all(|(new, old)| self.agrees(new, old))
            }
            _ => created.equals(prior).as_bool() == Some(true),
        }
    }

    fn nested(&self, nested: &NestedBlock, created: &Value, prior: &Value) -> Value {
        if nested.computed && self.is_own(created) {
            return prior.clone();
        }
        self.objects(nested.nesting, &nested.block, created, prior)
    }

    /// Objects of a nested block or attribute, each with the prior one that it continues.
    fn objects(&self, nesting: Nesting, block: &Block, created: &Value, prior: &Value) -> Value {
        match nesting {
            Nesting::Single | Nesting::Group => self.block(block, created, prior),
            Nesting::List => {
                let old = prior.as_slice().unwrap_or_default();
                let mut at = 0;
                created.clone().map_children(|new| {
                    at += 1;
                    old.get(at - 1).map_or(new.clone(), |old| self.block(block, &new, old))
                })
            }
            Nesting::Set => {
                let mut old: Vec<&Value> = prior.as_slice().unwrap_or_default().iter().collect();
                let proposed = created.clone().map_children(|new| {
                    let same = old.iter().position(|old| self.continues(block, old, &new));
                    same.map_or(new.clone(), |at| self.block(block, &new, old.remove(at)))
                });
                match &proposed.kind {
                    // What was put in may change the order.
                    Kind::Set(ty, items) => Value::set(ty.clone(), items.to_vec())
                        .with_marks(proposed.marks)
                        .with_origin(proposed.origin.clone()),
                    _ => proposed,
                }
            }
            // Labelled blocks, which no provider here has, and maps of objects.
            Nesting::Map => created.clone(),
        }
    }

    /// True when the prior object can have come from this configuration.
    fn continues(&self, block: &Block, prior: &Value, created: &Value) -> bool {
        let (Some(new), Some(old)) = (created.as_map(), prior.as_map()) else { return false };
        new.iter().all(|(name, value)| {
            let Some(old) = old.get(name) else { return false };
            match block.nested(name) {
                _ if self.is_own(value) => true,
                Some(nested) => match (value.as_slice(), old.as_slice()) {
                    (Some(a), Some(b)) => {
                        a.len() == b.len()
                            && a.iter().zip(b).all(|(a, b)| self.continues(&nested.block, b, a))
                    }
                    _ => self.continues(&nested.block, old, value),
                },
                None => value.equals(old).as_bool() == Some(true),
            }
        })
    }
}

/// The part of a value at a path.
pub fn at<'v>(value: &'v Value, path: &[Part]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, part| match part {
        Part::Name(name) | Part::Key(InstanceKey::Key(name)) => value.get(name),
        Part::Key(InstanceKey::Index(at)) => value.as_slice()?.get(usize::try_from(*at).ok()?),
        Part::Key(InstanceKey::Unknown) => None,
    })
}

/// `new` with what `ignore_changes` names as it was.
pub fn ignore(new: &Value, prior: &Value, path: &[Part]) -> Value {
    let Some((part, rest)) = path.split_first() else { return prior.clone() };
    let (Part::Name(name) | Part::Key(InstanceKey::Key(name))) = part else {
        let (Part::Key(InstanceKey::Index(at)), Some(old)) = (part, prior.as_slice()) else {
            return new.clone();
        };
        let mut left = *at;
        return new.clone().map_children(|child| {
            let here = left == 0;
            left = left.wrapping_sub(1);
            let old = usize::try_from(*at).ok().and_then(|at| old.get(at)).filter(|_| here);
            old.map_or(child.clone(), |old| ignore(&child, old, rest))
        });
    };
    let old = prior.get(name);
    match (&new.kind, rest.is_empty()) {
        // An entry of a map comes back or goes, as it was.
        (Kind::Map(ty, entries), true) => {
            let mut entries = Entries::clone(entries);
            match old {
                Some(old) => entries.insert(name.clone(), old.clone()),
                None => entries.remove(name),
            };
            Value { kind: Kind::Map(ty.clone(), Arc::new(entries)), ..new.clone() }
        }
        (Kind::Null(_), true) if matches!(prior.kind, Kind::Map(..)) => match (&prior.kind, old) {
            (Kind::Map(ty, _), Some(old)) => Value::map(ty.clone(), [(name.clone(), old.clone())]),
            _ => new.clone(),
        },
        (Kind::Object(members) | Kind::Map(_, members), _) => {
            let (Some(own), Some(old)) = (members.get(name), old) else { return new.clone() };
            let mut members = Entries::clone(members);
            let own = ignore(own, old, rest);
            members.insert(name.clone(), own);
            let members = Arc::new(members);
            let kind = match &new.kind {
                Kind::Map(ty, _) => Kind::Map(ty.clone(), members),
                _ => Kind::Object(members),
            };
            Value { kind, ..new.clone() }
        }
        _ => new.clone(),
    }
}
