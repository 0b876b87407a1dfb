//! What azurerm does with a change, as far as the catalogue tells: which attributes it cannot update,
//! which defaults it fills in, and which spellings are the same to it.

use super::Effect;
use super::cascade::entry;
use super::compare::{effect_of, same_declared, same_to_provider};
use super::delta::nowhere;
use crate::azure::catalogue::{self, Alias, Config, Reader, ResourceType, Transform, WhenAbsent, is_zero};
use crate::azure::estate::{Document, Estate};
use crate::terraform::address::{InstanceKey, Part};
use crate::terraform::behaviour::{Planned, Providers, Update, is_left, kept_computed};
use crate::terraform::change::AttributePath;
use crate::terraform::schema::Block;
use crate::terraform::value::convert::convert;
use crate::terraform::value::{Kind, Str, Value};

/// The catalogue as a provider's behaviour.
#[derive(Clone, Copy, Debug, Default)]
pub struct Catalogue;

impl Providers for Catalogue {
    fn update(&self, update: &Update<'_>) -> Option<Planned> {
        let ty = catalogue::resource(&update.address.type_name)?;
        let (estate, document) = (Estate::default(), nowhere());
        let mut walk = Walk {
            ty,
            major: update.major.unwrap_or(4),
            estate: &estate,
            document: &document,
            declared: update.proposed,
            replace: Vec::new(),
        };
        let value = walk.block(update.schema, update.prior, update.proposed, "", &Vec::new());
        Some(Planned { value, replace: walk.replace })
    }
}

struct Walk<'a> {
    ty: &'static ResourceType,
    major: u32,
    estate: &'a Estate,
    document: &'a Document,
    declared: &'a Value,
    replace: Vec<AttributePath>,
}

impl Walk<'_> {
    /// An object of a block; `dotted` is its path in the catalogue, `path` in the value.
    fn block(&mut self, block: &Block, was: &Value, is: &Value, dotted: &str, path: &AttributePath) -> Value {
        let (Some(old), Some(new)) = (was.as_map(), is.as_map()) else { return is.clone() };
        let members: Vec<_> = new
            .iter()
            .map(|(name, value)| {
                let dotted = if dotted.is_empty() { name.to_string() } else { format!("{dotted}.{name}") };
                let mut path = path.clone();
                path.push(Part::Name(name.clone()));
                let value = match (old.get(name), block.nested(name)) {
                    (Some(was), Some(nested)) => self.nested(&nested.block, was, value, &dotted, &path),
                    (Some(was), None) => self.leaf(was, value, &dotted, &path),
                    (None, _) => value.clone(),
                };
                (name.clone(), value)
            })
            .collect();
        Value { kind: Kind::Object(std::sync::Arc::new(members.into_iter().collect())), ..is.clone() }
    }

    fn nested(
        &mut self,
        block: &Block,
        was: &Value,
        is: &Value,
        dotted: &str,
        path: &AttributePath,
    ) -> Value {
        let (Some(old), Some(new)) = (was.as_slice(), is.as_slice()) else {
            return self.block(block, was, is, dotted, path);
        };
        if new.is_empty() && self.computes(dotted) {
            return was.clone();
        }
        if old.len() != new.len() {
            self.effect(was, is, dotted, path);
            return is.clone();
        }
        if matches!(is.kind, Kind::Set(..)) {
            return self.set(block, was, is, dotted, path);
        }
        let mut earlier = old.iter().enumerate();
        is.clone().map_children(|item| match earlier.next() {
            Some((at, was)) => {
                let mut path = path.clone();
                path.push(Part::Key(InstanceKey::Index(at as u64)));
                self.block(block, was, &item, dotted, &path)
            }
            None => item,
        })
    }

    /// A set is as it was when each member is one of those that were.
    fn set(&mut self, block: &Block, was: &Value, is: &Value, dotted: &str, path: &AttributePath) -> Value {
        let forced = self.replace.len();
        let mut left: Vec<&Value> = was.as_slice().unwrap_or_default().iter().collect();
        for item in is.as_slice().unwrap_or_default() {
            let same = left.iter().position(|was| {
                let item = kept_computed(block, item, was);
                self.block(block, was, &item, dotted, path).equals(was).as_bool() == Some(true)
            });
            match same {
                Some(at) => drop(left.remove(at)),
                None => break,
            }
        }
        self.replace.truncate(forced);
        if left.is_empty() {
            return was.clone();
        }
        self.effect(was, is, dotted, path);
        is.clone()
    }

    /// True for an argument or a block that the provider fills in when the configuration leaves it out: as its
    /// major has it, or a block that the next major knows by another name only, while both stand side by side.
    fn computes(&self, dotted: &str) -> bool {
        self.alias(dotted).is_some()
            || entry(self.ty, dotted).is_some_and(|a| a.config_in(self.major) == Config::OptionalComputed)
    }

    fn alias(&self, dotted: &str) -> Option<&'static Alias> {
        self.ty.aliases.iter().find(|a| a.old == dotted && self.major < a.removed_in)
    }

    /// A default of today's argument, in the words of the older one that stands in its place.
    fn in_old_words(&self, dotted: &str, value: Value) -> Value {
        let Some(Transform::Words(words)) = self.alias(dotted).map(|a| &a.transform) else { return value };
        let old = words.iter().find(|(_, new)| value.as_str() == Some(*new));
        old.map_or(value, |(old, _)| Value::string(old))
    }

    fn leaf(&mut self, was: &Value, is: &Value, dotted: &str, path: &AttributePath) -> Value {
        let Some(attribute) = entry(self.ty, dotted) else {
            return if self.is_left(is, was, dotted) { was.clone() } else { is.clone() };
        };
        if attribute.config_in(self.major) == Config::Computed {
            return is.clone();
        }
        // Blocks that the schema has as objects: what the configuration leaves out, the provider fills in.
        if attribute.is_block() && self.is_covered(was, is, dotted) {
            return was.clone();
        }
        let mut is = is.clone();
        if is.is_null() {
            let filled = match attribute.when_absent_in(self.major) {
                None | Some(WhenAbsent::Unmanaged) => return was.clone(),
                Some(WhenAbsent::Default) => attribute.default_in(self.major).cloned(),
                Some(_) => None,
            };
            match filled.and_then(|d| convert(self.in_old_words(dotted, d), &is.ty()).ok()) {
                Some(default) => is = default,
                None if is_zero(was) => return was.clone(),
                None => {}
            }
        }
        let known = was.is_wholly_known() && is.is_wholly_known();
        if known && same_declared(attribute, &is, was) && same_to_provider(attribute, &is, was) {
            return was.clone();
        }
        self.effect(was, &is, dotted, path);
        is
    }

    /// True when what is set is as it was, whatever else is there.
    fn is_covered(&self, was: &Value, is: &Value, dotted: &str) -> bool {
        if is.is_null() {
            return true;
        }
        if let (Some(old), Some(new)) = (was.as_map(), is.as_map()) {
            let below = |(name, value): (&Str, &Value)| {
                old.get(name).is_some_and(|was| self.is_covered(was, value, &format!("{dotted}.{name}")))
            };
            return new.iter().all(below);
        }
        let objects = |v: &Value| v.as_slice().is_some_and(|v| v.iter().any(|v| v.as_map().is_some()));
        if let (Some(old), Some(new), true) = (was.as_slice(), is.as_slice(), objects(is)) {
            let mut left: Vec<&Value> = old.iter().collect();
            let mut is_there = |item: &Value| {
                let found = left.iter().position(|was| self.is_covered(was, item, dotted));
                found.map(|at| left.remove(at)).is_some()
            };
            return old.len() == new.len() && new.iter().all(&mut is_there);
        }
        let known = was.is_wholly_known() && is.is_wholly_known();
        known
            && match entry(self.ty, dotted) {
                Some(attribute) => same_declared(attribute, is, was) && same_to_provider(attribute, is, was),
                None => self.is_left(is, was, dotted) || is.equals(was).as_bool() == Some(true),
            }
    }

    /// [`is_left`] for an argument that the catalogue has not.
    fn is_left(&self, is: &Value, was: &Value, dotted: &str) -> bool {
        let name = dotted.rsplit('.').next().unwrap_or(dotted);
        is_left(self.ty.name, name, is, was)
    }

    fn effect(&mut self, was: &Value, is: &Value, dotted: &str, path: &AttributePath) {
        let Some(attribute) = entry(self.ty, dotted) else { return };
        let reader =
            Reader { estate: self.estate, document: self.document, declared: self.declared, parent: None };
        let side = |v: &Value| Some(v.clone()).filter(|v| !v.is_null());
        let (was, is) = (side(was), side(is));
        if effect_of(&reader, self.ty, attribute, was.as_ref(), is.as_ref()) == Some(Effect::Replace) {
            self.replace.push(path.clone());
        }
    }
}
