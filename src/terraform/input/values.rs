//! The values of a record: what is planned, and of that what the code sets.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::Record;
use super::references::{Configuration, Instances};
use crate::terraform::address::{Address, Mode};
use crate::terraform::schema::{Block, NestedBlock, Nesting, blocks};
use crate::terraform::value::convert::convert;
use crate::terraform::value::json::{from_json, type_from_json};
use crate::terraform::value::{Entries, Kind, Marks, Origin, Reason, Str, Type, Value};

/// Nothing of a tree.
const NONE: &Json = &Json::Null;

/// Reads the values of one instance.
pub(super) struct Reader<'a> {
    pub(super) address: &'a Address,
    /// Where everything stands.
    pub(super) origin: Origin,
    pub(super) configuration: &'a Configuration,
    pub(super) instances: &'a Instances<'a>,
    /// The values are those of a state.
    pub(super) applied: bool,
    /// A value of any type stands with its type.
    pub(super) wrapped: bool,
}

/// A part of a record: the value, and the trees of what is unknown and sensitive in it.
#[derive(Clone, Copy)]
struct Part<'a> {
    value: &'a Json,
    unknown: &'a Json,
    sensitive: &'a Json,
}

impl<'a> Part<'a> {
    fn get(self, name: &str) -> Part<'a> {
        Part { value: self.value.get(name).unwrap_or(NONE), ..self.trees(|t| t.get(name)) }
    }

    fn at(self, index: usize) -> Part<'a> {
        Part { value: self.value.get(index).unwrap_or(NONE), ..self.trees(|t| t.get(index)) }
    }

    /// A tree that is `true` is so for everything below.
    fn trees(self, step: impl Fn(&'a Json) -> Option<&'a Json>) -> Part<'a> {
        let below = |tree: &'a Json| if tree.is_boolean() { tree } else { step(tree).unwrap_or(NONE) };
        Part { value: NONE, unknown: below(self.unknown), sensitive: below(self.sensitive) }
    }

    fn is_unknown(self) -> bool {
        *self.unknown == Json::Bool(true)
    }

    /// How many elements a list has, known or not.
    fn len(self) -> usize {
        let len = |json: &Json| json.as_array().map_or(0, Vec::len);
        len(self.value).max(len(self.unknown))
    }

    /// The names of an object's members, known or not.
    fn names(self) -> Vec<&'a str> {
        let names = |json: &'a Json| json.as_object().into_iter().flat_map(|m| m.keys().map(String::as_str));
        let mut all: Vec<&str> = names(self.value).chain(names(self.unknown)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Gives each unknown part its reason.
type Why<'w> = &'w dyn Fn(&str) -> Reason;

/// How many parts of a tree are unknown.
fn count(unknown: &Json) -> usize {
    match unknown {
        Json::Bool(true) => 1,
        Json::Array(items) => items.iter().map(count).sum(),
        Json::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

impl Reader<'_> {
    /// What is planned, and what the code sets, of a record.
    pub(super) fn values(&self, block: Option<&Block>, record: &Record) -> (Value, Value) {
        let part = Part { value: &record.values, unknown: &record.unknown, sensitive: &record.sensitive };
        let written = self.configuration.expressions(self.address);
        match block {
            Some(block) => self.block(block, part, written, ""),
            None => {
                let own = |path: &str| self.own(path);
                let whole = self.value(part, &Type::Dynamic, "", &own);
                (whole.clone(), whole)
            }
        }
    }

    fn origin(&self) -> Origin {
        self.origin.clone()
    }

    /// An attribute that the provider computes.
    fn own(&self, path: &str) -> Reason {
        let (address, path, derived) = (Arc::new(self.address.clone()), Str::from(path), false);
        match address.mode {
            Mode::Data => Reason::Data { address, path, derived, why: None },
            _ => Reason::Computed { address, path, derived },
        }
    }

    /// A block: planned, and as the code has it. `written`: what the plan's configuration says of it.
    fn block(&self, block: &Block, part: Part<'_>, written: Option<&Json>, path: &str) -> (Value, Value) {
        let (mut planned, mut config) = (BTreeMap::<Str, Value>::new(), BTreeMap::<Str, Value>::new());
        for attribute in &block.attributes {
            let inner = part.get(&attribute.name);
            let expression = written.and_then(|w| w.get(&*attribute.name));
            let is_set = written.is_none() || expression.is_some();
            let place = below(path, &attribute.name);
            let open = count(inner.unknown);
            let reasons = match expression {
                Some(e) if open > 0 => {
                    self.configuration.reasons(self.address, &attribute.name, e, open, self.instances)
                }
                // Without a word about the code, what may be computed is.
                None if attribute.computed => Vec::new(),
                _ => vec![None; open],
            };
            let computed = open > 0 && reasons.is_empty();
            let left = RefCell::new(reasons.into_iter());
            let why = |path: &str| match left.borrow_mut().next() {
                Some(Some(reason)) => reason,
                Some(None) => Reason::Other("it is known only after apply".into()),
                None => self.own(path),
            };
            let ty = attribute.value_type();
            let mut value = match (&ty, expression) {
                (Type::List(element) | Type::Set(element), Some(e)) if inner.is_unknown() => {
                    let of = (self.address, &*attribute.name);
                    let members = self.configuration.members(of.0, of.1, e, self.instances);
                    match members {
                        Some(members) => self.members(&ty, element, members),
                        None => self.value(inner, &ty, &place, &why),
                    }
                }
                _ => self.value(inner, &ty, &place, &why),
            };
            if attribute.sensitive {
                value = value.with_marks(Marks::SENSITIVE);
            }
            let takes = attribute.required || attribute.optional;
            let is_left_out = self.applied && !attribute.required && is_empty(&value);
            if takes && is_set && !value.is_null() && !computed && !is_left_out {
                config.insert(attribute.name.clone(), value.clone());
            }
            planned.insert(attribute.name.clone(), value);
        }
        for nested in &block.blocks {
            let place = below(path, &nested.name);
            let (value, set) = self.nested(nested, part.get(&nested.name), written, &place);
            planned.insert(nested.name.clone(), value);
            config.extend(set.map(|set| (nested.name.clone(), set)));
        }
        let object = |members: BTreeMap<Str, Value>| Value::object(members).with_origin(self.origin());
        (object(planned), object(config))
    }

    /// A collection of unknown members.
    fn members(&self, ty: &Type, element: &Type, members: Vec<Reason>) -> Value {
        let members = members.into_iter().map(|why| Value::unknown(element.clone(), why)).collect();
        let value = match ty {
            Type::Set(_) => Value::set(element.clone(), members),
            _ => Value::list(element.clone(), members),
        };
        value.with_origin(self.origin())
    }

    /// All nested blocks of one name.
    fn nested(
        &self,
        nested: &NestedBlock,
        part: Part<'_>,
        written: Option<&Json>,
        path: &str,
    ) -> (Value, Option<Value>) {
        let written = written.and_then(|w| w.get(&*nested.name));
        let ty = nested.implied_type();
        let has_dynamic = ty.has_dynamic();
        if part.is_unknown() {
            let whole = if has_dynamic { Type::Dynamic } else { ty };
            let value = Value::unknown(whole, self.own(path)).with_origin(self.origin());
            let is_set = written.is_some() || !nested.computed;
            return (value.clone(), is_set.then_some(value));
        }
        let single = matches!(nested.nesting, Nesting::Single | Nesting::Group);
        if single && part.value.is_null() && !part.unknown.is_object() {
            return (Value::null_of(ty).with_origin(self.origin()), None);
        }
        let number = if single { 1 } else { part.len() };
        // `dynamic` blocks are not written down in a plan; then the values must tell alone.
        let all = written.and_then(Json::as_array).filter(|all| all.len() == number);
        let mut left: Vec<&Json> = all.into_iter().flatten().collect();
        let said: Vec<Option<&Json>> = (0..number)
            .map(|i| match nested.nesting {
                Nesting::Single | Nesting::Group => written,
                // A set has an order of its own: the constants tell which is which.
                Nesting::Set | Nesting::Map if number > 1 => {
                    let at = left.iter().position(|w| agrees(w, part.at(i).value))?;
                    Some(left.swap_remove(at))
                }
                _ => all.and_then(|all| all.get(i)),
            })
            .collect();
        let all = (0..number).map(|i| {
            let inner = if single { part } else { part.at(i) };
            let step = match nested.nesting {
                Nesting::List => format!("{path}[{i}]"),
                Nesting::Set | Nesting::Map => format!("{path}[*]"),
                Nesting::Single | Nesting::Group => path.to_owned(),
            };
            self.block(&nested.block, inner, said.get(i).copied().flatten(), &step)
        });
        let (mut planned, set): (Vec<Value>, Vec<Value>) = all.unzip();
        let object = nested.block.implied_type();
        let value = match nested.nesting {
            Nesting::Single | Nesting::Group => planned.pop().unwrap_or_else(Value::null),
            _ if has_dynamic => Value::tuple(planned),
            Nesting::List => Value::list(object, planned),
            Nesting::Set => Value::set(object, planned),
            Nesting::Map => Value::tuple(planned),
        };
        let nothing = set.iter().all(|s| s.as_map().is_none_or(Entries::is_empty));
        let is_set = !set.is_empty() && (written.is_some() || !(nothing && nested.computed));
        let set = is_set.then(|| blocks(set).with_origin(self.origin()));
        (value.with_origin(self.origin()), set)
    }

    /// A value of a type. The types are finite; how deep a value of any type goes is bounded by the
    /// JSON parser.
    fn value(&self, part: Part<'_>, ty: &Type, path: &str, why: Why<'_>) -> Value {
        let marks = Marks { sensitive: *part.sensitive == Json::Bool(true), ..Marks::NONE };
        let value = if part.is_unknown() {
            Value::unknown(ty.clone(), why(path))
        } else {
            self.known(part, ty, path, why)
        };
        value.with_marks(marks).with_origin(self.origin())
    }

    fn known(&self, part: Part<'_>, ty: &Type, path: &str, why: Why<'_>) -> Value {
        let element = |i: usize, ty: &Type| self.value(part.at(i), ty, &format!("{path}[{i}]"), why);
        let member = |name: &str, ty: &Type| self.value(part.get(name), ty, &below(path, name), why);
        if *ty == Type::Dynamic
            && self.wrapped
            && let Some((value, ty)) = unwrapped(part.value)
        {
            return self.known(Part { value, ..part }, &ty, path, why);
        }
        let is_list = part.value.is_array();
        let is_object = part.value.is_object() || part.value.is_null() && part.unknown.is_object();
        match ty {
            Type::List(inner) | Type::Set(inner) if is_list => {
                let items = (0..part.len()).map(|i| element(i, inner)).collect();
                match ty {
                    _ if inner.has_dynamic() => Value::tuple(items),
                    Type::Set(_) => Value::set((**inner).clone(), items),
                    _ => Value::list((**inner).clone(), items),
                }
            }
            Type::Tuple(types) if is_list => {
                let items = (0..part.len()).map(|i| element(i, types.get(i).unwrap_or(&Type::Dynamic)));
                Value::tuple(items.collect())
            }
            Type::Dynamic if is_list => Value::tuple((0..part.len()).map(|i| element(i, ty)).collect()),
            Type::Map(inner) if is_object && !inner.has_dynamic() => {
                let entries = part.names().into_iter().map(|n| (Str::from(n), member(n, inner)));
                Value::map((**inner).clone(), entries.collect::<Vec<_>>())
            }
            Type::Object(object) if is_object => {
                let members = object.attributes.iter().map(|(n, ty)| (n.clone(), member(n, ty)));
                Value::object(members.collect::<Vec<_>>())
            }
            Type::Map(_) | Type::Dynamic if is_object => {
                Value::object(part.names().into_iter().map(|n| (n, member(n, &Type::Dynamic))))
            }
            _ if part.value.is_null() => Value::null_of(ty.clone()),
            _ => {
                let value = from_json(part.value);
                convert(value.clone(), ty).unwrap_or(value)
            }
        }
    }
}

/// The value and type of `{"value": ..., "type": ...}`, as a state file has a value of any type.
pub(super) fn unwrapped(json: &Json) -> Option<(&Json, Type)> {
    let members = json.as_object().filter(|m| m.len() == 2)?;
    Some((members.get("value")?, type_from_json(members.get("type")?)?))
}

/// True when no constant of a written block contradicts a planned one.
fn agrees(written: &Json, planned: &Json) -> bool {
    let text = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    let scalar = |json: &&Json| !json.is_array() && !json.is_object();
    written.as_object().into_iter().flatten().all(|(name, expression)| {
        let constant = expression.get("constant_value").filter(scalar);
        constant.is_none_or(|c| text(c) == text(planned.get(name).unwrap_or(NONE)))
    })
}

/// What a provider leaves in a state for an argument that is not set.
fn is_empty(value: &Value) -> bool {
    match &value.kind {
        Kind::String(text) => text.is_empty(),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => items.is_empty(),
        Kind::Map(_, members) | Kind::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// A path one name further down.
fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
