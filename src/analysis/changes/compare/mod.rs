//! The decision for one resource: declared attributes against a live document, attribute by
//! attribute, as the catalogue says. See `docs/drift.md` for the procedure in words.

mod block;
mod equal;
mod normal;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use block::is_filled as is_filled_block;
use equal::matches_any;
use equal::same;
pub(super) use equal::same as same_declared;
pub(super) use equal::same_to_provider;

use super::{Class, Effect};
use crate::azure::catalogue::{
    Attribute, Compare, Config, Element, LiveRule, Reader, ResourceType, WhenAbsent, declared, is_zero,
    text_of,
};
use crate::terraform::value::Value;

/// One difference, in the catalogue's names.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Dotted attribute path, a map key at its end.
    pub(super) path: String,
    /// The entry that decided.
    pub(super) attribute: &'static Attribute,
    /// Configured (or default) value; `None` when absent.
    pub(super) declared: Option<Value>,
    /// Live value in HCL terms; `None` when absent.
    pub(super) live: Option<Value>,
    /// What kind of difference.
    pub(super) class: Class,
    /// What an apply would do about it; `None` when that hangs on an unknown.
    pub(super) effect: Option<Effect>,
}

/// Looks for what an unknown configured value will be.
pub(super) trait Resolve {
    /// The value, when another resource's live document says it.
    fn resolve(&self, unknown: &Value) -> Option<Value>;
}

/// Compares one resource.
pub(super) struct Comparer<'a> {
    /// Reads the live document.
    pub(super) reader: Reader<'a>,
    /// The entry of the type.
    pub(super) ty: &'static ResourceType,
    /// Major version of azurerm.
    pub(super) major: u32,
    /// Settles unknowns.
    pub(super) resolve: &'a dyn Resolve,
    /// What differs.
    pub(super) found: Vec<Found>,
    /// Paths that could not be compared, with the reason.
    pub(super) unknown: BTreeSet<(String, String)>,
}

impl Comparer<'_> {
    /// Compares all attributes within an element of the document (of a synthetic type).
    pub(super) fn run(&mut self, within: &[Element]) {
        let declared = self.reader.declared;
        for attribute in self.ty.roots() {
            self.attribute(attribute, declared, within, attribute.name());
        }
    }

    fn attribute(&mut self, attribute: &'static Attribute, parent: &Value, within: &[Element], path: &str) {
        let config = attribute.config_in(self.major);
        let no_members = attribute.is_block() && self.ty.members(attribute).next().is_none();
        if config == Config::Computed
            || attribute.compare == Compare::None
            || attribute.arm.is_none()
            || no_members
        {
            return;
        }
        let mut configured = parent.get(attribute.name()).filter(|v| !v.is_null()).cloned();
        if let Some(value) = &configured {
            match self.settle(value) {
                Ok(settled) => configured = Some(settled),
                Err(reason) if !attribute.is_block() || value.is_unknown() => {
                    self.unknown.insert((path.to_owned(), reason));
                    return;
                }
                // A block with unknown members is compared member by member.
                Err(_) => {}
            }
        }
        if let Some(condition) = &attribute.compare_when
            && self.reader.holds(condition, within) != Some(true)
        {
            return;
        }
        if attribute.is_block() {
            self.block(attribute, configured.as_ref(), within, path);
        } else {
            self.leaf(attribute, configured.as_ref(), within, path);
        }
    }

    /// The value with what another live document can tell put in; the reason when that is not enough.
    fn settle(&self, value: &Value) -> Result<Value, String> {
        if value.is_wholly_known() {
            return Ok(value.clone());
        }
        if let Some(unknown) = value.as_unknown() {
            return self.resolve.resolve(value).ok_or_else(|| unknown.reason.to_string());
        }
        if let Some(items) = value.as_slice() {
            let items = items.iter().map(|v| self.settle(v)).collect::<Result<Vec<_>, _>>()?;
            return Ok(Value::tuple(items).with_origin(value.origin.clone()));
        }
        let members = value.as_map().into_iter().flatten();
        let members =
            members.map(|(k, v)| Ok((k.clone(), self.settle(v)?))).collect::<Result<Vec<_>, String>>()?;
        Ok(Value::object(members).with_origin(value.origin.clone()))
    }

    fn leaf(
        &mut self,
        attribute: &'static Attribute,
        configured: Option<&Value>,
        within: &[Element],
        path: &str,
    ) {
        let live = self.reader.live(attribute, within);
        if let Some(unknown) = live.as_ref().and_then(Value::as_unknown) {
            self.unknown.insert((path.to_owned(), unknown.reason.to_string()));
            return;
        }
        let when_absent = attribute.when_absent_in(self.major);
        let empty = |v: &Value| v.as_str() == Some("") || (!v.is_unknown() && is_empty_collection(v));
        let configured = configured.filter(|v| !(when_absent == Some(WhenAbsent::Zero) && empty(v)));
        let default;
        let configured = match configured {
            Some(value) => value,
            None => {
                if self.is_filled(attribute, live.as_ref()) {
                    return self.filled(attribute, live, path);
                }
                let has_live = live.as_ref().is_some_and(|l| !is_zero(l));
                if when_absent == Some(WhenAbsent::Unmanaged) {
                    if has_live {
                        self.put(attribute, path, None, live, Class::OutsideTerraform);
                    }
                    return;
                }
                let fallback =
                    attribute.default_in(self.major).filter(|_| when_absent == Some(WhenAbsent::Default));
                match fallback {
                    Some(value) => {
                        default = value.clone();
                        &default
                    }
                    None if !has_live => return,
                    None if is_map(attribute) => {
                        let none = Value::object::<&str>([]);
                        return self.maps(attribute, &none, &live.unwrap_or_else(Value::null), path);
                    }
                    None => return self.differ(attribute, path, None, live),
                }
            }
        };
        let null = Value::null();
        let there = live.as_ref().unwrap_or(&null);
        if is_map(attribute) {
            self.maps(attribute, configured, there, path);
        } else if !same(attribute, configured, there) {
            self.differ(attribute, path, Some(configured), live);
        } else if !same_to_provider(attribute, configured, there) {
            self.put(attribute, path, Some(configured.clone()), live, Class::Spelling);
        }
    }

    /// True when the live value is one that Azure puts there by itself.
    fn is_filled(&self, attribute: &Attribute, live: Option<&Value>) -> bool {
        let (Some(fills), Some(live)) = (attribute.service_fills.as_ref().and_then(Value::as_slice), live)
        else {
            return false;
        };
        let fits = |l: &Value| fills.iter().any(|f| f.as_str() == Some("*") || same(attribute, f, l));
        fits(live) || live.as_slice().is_some_and(|items| items.iter().all(fits))
    }

    /// What Azure puts there by itself is no difference where the provider sends nothing. Where it sends a default,
    /// it would act on what it finds.
    fn filled(&mut self, attribute: &'static Attribute, live: Option<Value>, path: &str) {
        let default = attribute
            .default_in(self.major)
            .filter(|_| attribute.when_absent_in(self.major) == Some(WhenAbsent::Default));
        let (Some(default), Some(there)) = (default, &live) else { return };
        if !same(attribute, default, there) {
            self.put(attribute, path, Some(default.clone()), live, Class::Expected);
        }
    }

    /// Differences of a map, key by key.
    fn maps(&mut self, attribute: &'static Attribute, configured: &Value, live: &Value, path: &str) {
        let fold = |k: &str| if attribute.compare == Compare::Tags { k.to_lowercase() } else { k.to_owned() };
        // An entry without a value is none.
        let entries = |v: &Value| -> BTreeMap<String, (String, Value)> {
            let all = v.as_map().into_iter().flatten().filter(|(_, v)| !v.is_null());
            all.map(|(k, v)| (fold(k), (k.to_string(), v.clone()))).collect()
        };
        let declared: BTreeMap<String, (String, Value)> = entries(configured);
        let mut there = entries(live);
        there.retain(|key, _| declared.contains_key(key) || !matches_any_prefix(&attribute.ignore_keys, key));
        let keys: BTreeSet<&String> = declared.keys().chain(there.keys()).collect();
        for key in keys {
            let (c, l) = (declared.get(key), there.get(key));
            let text = |e: Option<&(String, Value)>| e.and_then(|e| text_of(&e.1)).unwrap_or_default();
            let name = c.or(l).map_or("", |e| e.0.as_str());
            let step = format!("{path}.{name}");
            if c.is_none() || l.is_none() || text(c) != text(l) {
                self.differ(attribute, &step, c.map(|e| &e.1), l.map(|e| e.1.clone()));
            } else if let (Some(c), Some(l)) = (c, l)
                && c.0 != l.0
            {
                let spelled = |e: &(String, Value)| Some(Value::from(e.0.as_str()));
                self.put(attribute, &step, spelled(c), spelled(l), Class::Spelling);
            }
        }
    }

    /// Records a difference that Terraform would act on, unless it is one that happens by itself.
    fn differ(
        &mut self,
        attribute: &'static Attribute,
        path: &str,
        declared: Option<&Value>,
        live: Option<Value>,
    ) {
        let class = match self.is_expected(attribute, declared, live.as_ref()) {
            true => Class::Expected,
            false if self.is_blind(attribute) => Class::OutsideTerraform,
            false => Class::Drift,
        };
        self.put(attribute, path, declared.cloned(), live, class);
    }

    /// True for what the provider writes and never reads back, and for all below it.
    fn is_blind(&self, attribute: &Attribute) -> bool {
        let mut at = Some(attribute);
        while let Some(one) = at {
            if !one.provider_reads {
                return true;
            }
            at = self.ty.parent(one);
        }
        false
    }

    fn put(
        &mut self,
        attribute: &'static Attribute,
        path: &str,
        declared: Option<Value>,
        live: Option<Value>,
        class: Class,
    ) {
        let effect = effect_of(&self.reader, self.ty, attribute, live.as_ref(), declared.as_ref());
        self.found.push(Found { path: path.to_owned(), attribute, declared, live, class, effect });
    }

    /// True when the live value is one to which it may change by itself.
    fn is_expected(&self, attribute: &Attribute, configured: Option<&Value>, live: Option<&Value>) -> bool {
        let (Some(expected), Some(configured)) = (&attribute.expected_when, configured) else { return false };
        if let Some(condition) = &expected.condition
            && self.reader.holds(condition, &[]) != Some(true)
        {
            return false;
        }
        match expected.live {
            LiveRule::Any => true,
            LiveRule::Higher => version(live) > version(Some(configured)),
            LiveRule::Between(min, max) => {
                let bound = |p| declared(self.reader.declared, p).and_then(Value::as_i64).unwrap_or(0);
                let count = live.and_then(Value::as_i64).unwrap_or(0);
                (bound(min)..=bound(max)).contains(&count)
            }
        }
    }
}

/// What an apply does to bring one value to another; `None` when an unknown decides.
pub(super) fn effect_of(
    reader: &Reader<'_>,
    ty: &ResourceType,
    attribute: &Attribute,
    from: Option<&Value>,
    to: Option<&Value>,
) -> Option<Effect> {
    let any = |clauses: &[_]| -> Option<bool> {
        let mut open = false;
        for clause in clauses {
            match reader.matches(clause, from, to) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => open = true,
            }
        }
        if open { None } else { Some(false) }
    };
    let replaces = match &attribute.force_new_unless {
        Some(clauses) => any(clauses).map(|kept| !kept),
        None if attribute.force_new => Some(true),
        None => any(&attribute.force_new_when),
    };
    match replaces {
        Some(true) => Some(Effect::Replace),
        Some(false) => Some(match reader.rotates(ty, attribute, from, to)? {
            true => Effect::Rotate,
            false => Effect::InPlace,
        }),
        None => None,
    }
}

/// The numbers of a version, for comparison.
fn version(value: Option<&Value>) -> Vec<u64> {
    let text = value.and_then(text_of).unwrap_or_default();
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}

fn is_map(attribute: &Attribute) -> bool {
    matches!(attribute.compare, Compare::Tags | Compare::Map)
        || attribute.ty == crate::azure::catalogue::AttrType::Map
}

fn is_empty_collection(value: &Value) -> bool {
    value.as_slice().is_some_and(<[Value]>::is_empty) || value.as_map().is_some_and(|m| m.is_empty())
}

/// Keys are ignored by patterns that match from their start.
fn matches_any_prefix(patterns: &[String], key: &str) -> bool {
    let anchored: Vec<String> = patterns.iter().map(|p| format!("^(?:{p})")).collect();
    matches_any(&anchored, key)
}
