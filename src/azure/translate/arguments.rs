//! The arguments of an instance in today's names and in the types of the catalogue.

use std::sync::Arc;

use super::references::References;
use crate::azure::catalogue::{AttrType, Attribute, Elem, ResourceType, Transform};
use crate::azure::document::{entry, set};
use crate::azure::estate::UNKNOWN_SUBSCRIPTION;
use crate::terraform::address::Address;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::convert::convert;
use crate::terraform::value::{Kind, Reason, Type, Value};

/// The arguments that an instance sets: references answered, older names turned into today's, what
/// is absent left out. Blocks are tuples of objects.
pub(super) fn today(ty: &ResourceType, instance: &Instance, references: &References<'_>) -> Value {
    let written = instance.config.as_map().is_some();
    let set = if written { &instance.config } else { &instance.planned };
    let subscription = references.subscription(instance).unwrap_or(UNKNOWN_SUBSCRIPTION);
    let renamed = rename(ty, references.resolve(set), subscription);
    object(ty, None, &renamed, &Setter { own: &instance.address, written })
}

/// Whose arguments are read.
struct Setter<'a> {
    own: &'a Address,
    /// True for the code itself, false for planned values, where an absent block is an empty list.
    written: bool,
}

/// An object of the catalogue's attributes below a block (or of the type itself).
fn object(ty: &ResourceType, block: Option<&Attribute>, value: &Value, of: &Setter<'_>) -> Value {
    if value.as_map().is_none() {
        return value.clone();
    }
    let typed = |attribute: &Attribute| {
        let value = value.get(attribute.name()).filter(|v| !is_unset(v, attribute, of))?;
        let value =
            if attribute.is_block() { blocks(ty, attribute, value, of) } else { leaf(attribute, value) };
        Some((attribute.name(), value))
    };
    let members: Vec<_> = match block {
        Some(block) => ty.members(block).filter_map(typed).collect(),
        None => ty.roots().filter_map(typed).collect(),
    };
    Value::object(members).with_origin(value.origin.clone()).with_marks(value.marks)
}

/// True for what the configuration leaves to the provider: null, or the resource's own computed
/// attribute.
fn is_unset(value: &Value, attribute: &Attribute, of: &Setter<'_>) -> bool {
    let empty = || value.as_slice().is_some_and(<[Value]>::is_empty);
    value.is_null()
        || attribute.is_block() && !of.written && empty()
        || matches!(value.as_unknown().map(|u| &u.reason),
            Some(Reason::Computed { address, .. }) if **address == *of.own)
}

fn blocks(ty: &ResourceType, block: &Attribute, value: &Value, of: &Setter<'_>) -> Value {
    let items: Vec<Value> = match value.as_slice() {
        Some(items) => items.iter().map(|i| object(ty, Some(block), i, of)).collect(),
        None if value.as_map().is_some() => vec![object(ty, Some(block), value, of)],
        None => return value.clone(),
    };
    Value::tuple(items).with_origin(value.origin.clone()).with_marks(value.marks)
}

/// The value in the type of its attribute; as it is when it does not convert. An unknown stays the
/// attribute that it is, which a conversion would count as something computed from it.
fn leaf(attribute: &Attribute, value: &Value) -> Value {
    if value.is_unknown() {
        return value.clone();
    }
    let elem = || match attribute.elem {
        Some(Elem::Int) => Type::Number,
        _ => Type::String,
    };
    let want = match attribute.ty {
        AttrType::String => Type::String,
        AttrType::Bool => Type::Bool,
        AttrType::Int | AttrType::Float => Type::Number,
        AttrType::List => Type::list(elem()),
        AttrType::Set => Type::set(elem()),
        AttrType::Map => Type::map(elem()),
    };
    let origin = value.origin.clone();
    match convert(value.clone(), &want) {
        Ok(converted) => {
            let kept = if converted.origin.at.is_some() { converted.origin.clone() } else { origin };
            converted.with_origin(kept)
        }
        Err(_) => value.clone(),
    }
}

/// Turns attributes of older majors into today's. Where both are set, today's counts.
pub(super) fn rename(ty: &ResourceType, mut object: Value, subscription: &str) -> Value {
    for alias in &ty.aliases {
        let (old_blocks, old) = alias.old.rsplit_once('.').unwrap_or(("", alias.old));
        let new = alias.new.map(|n| n.rsplit_once('.').unwrap_or(("", n)));
        match new {
            Some(new) if new.0 != old_blocks => {
                relocate(&mut object, (old_blocks, old), new, &alias.transform, subscription);
            }
            _ => within(&mut object, old_blocks, &mut |at| {
                let Some(value) = at.get(old).filter(|v| !v.is_null()).cloned() else { return };
                let scope = at.clone();
                if new.map(|(_, n)| n) != Some(old) {
                    remove(at, old);
                }
                let Some((_, new)) = new else { return };
                if at.get(new).is_none_or(Value::is_null)
                    && let Some(today) = transform(&alias.transform, value, &scope, subscription)
                {
                    set(at, new, today);
                }
            }),
        }
    }
    object
}

/// Moves an attribute to another block (made when it is missing), or to the top. Of several old blocks
/// the first counts.
fn relocate(
    object: &mut Value,
    (old_blocks, old): (&str, &str),
    (blocks, new): (&str, &str),
    how: &Transform,
    subscription: &str,
) {
    let mut moved = None;
    within(object, old_blocks, &mut |at| {
        let Some(value) = at.get(old).filter(|v| !v.is_null()).cloned() else { return };
        let scope = at.clone();
        remove(at, old);
        moved = moved.take().or_else(|| transform(how, value, &scope, subscription));
    });
    let Some(value) = moved else { return };
    let empty = |v: Option<&Value>| v.and_then(Value::as_slice).is_none_or(<[_]>::is_empty);
    let missing = !blocks.is_empty() && object.get(blocks).is_none_or(|v| !v.is_unknown());
    if missing && empty(object.get(blocks)) {
        set(object, blocks, Value::tuple(vec![Value::object::<&str>([])]));
    }
    within(object, blocks, &mut |at| {
        if at.get(new).is_none_or(Value::is_null) {
            set(at, new, value.clone());
        }
    });
}

/// Calls `f` with every object at a path of blocks.
fn within(value: &mut Value, blocks: &str, f: &mut dyn FnMut(&mut Value)) {
    if let Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) = &mut value.kind {
        for item in Arc::make_mut(items) {
            within(item, blocks, f);
        }
        return;
    }
    if value.as_map().is_none() {
        return;
    }
    if blocks.is_empty() {
        return f(value);
    }
    let (first, rest) = blocks.split_once('.').unwrap_or((blocks, ""));
    if value.get(first).is_some()
        && let Some(next) = entry(value, first)
    {
        within(next, rest, f);
    }
}

fn remove(object: &mut Value, name: &str) {
    if let Kind::Object(map) | Kind::Map(_, map) = &mut object.kind {
        Arc::make_mut(map).remove(name);
    }
}

/// Days of a retention policy that names none.
const USUAL_DAYS: i64 = 7;

/// Today's value of an older attribute; `None`: none.
fn transform(how: &Transform, value: Value, scope: &Value, subscription: &str) -> Option<Value> {
    let (origin, marks) = (value.origin.clone(), value.marks);
    let unknown = value.as_unknown().map(|u| (u.ty.clone(), u.reason.derived()));
    let made: Value = match (how, unknown) {
        (Transform::Same, _) => return Some(value),
        (Transform::Dropped, _) => return None,
        (Transform::WrapInList, _) => Value::tuple(vec![value]),
        (Transform::Compose(template), _) => compose(template, scope, subscription)?,
        (Transform::Negate, Some((ty, reason))) => Value::unknown(ty, reason),
        (_, Some((_, reason))) => Value::unknown(Type::Dynamic, reason),
        (Transform::Negate, None) => (!truth(&value)?).into(),
        (Transform::Words(words), None) => {
            let word =
                value.as_bool().map_or_else(|| value.as_str().map(str::to_owned), |b| Some(b.to_string()))?;
            let new = words.iter().find(|(old, _)| old.eq_ignore_ascii_case(&word));
            new.map_or(word.as_str(), |(_, new)| new).into()
        }
        (Transform::NamesToBlocks(name), None) => {
            let block = |v: &Value| Value::object([(*name, v.clone())]).with_origin(v.origin.clone());
            Value::tuple(value.as_slice()?.iter().map(block).collect())
        }
        (Transform::KeepEnabled, None) => {
            let kept = value.as_slice()?.iter().filter(|b| b.get("enabled").and_then(truth) != Some(false));
            let kept = kept.map(|block| {
                let mut block = block.clone();
                remove(&mut block, "enabled");
                block
            });
            Value::tuple(kept.collect())
        }
        (Transform::DaysWhenEnabled, None) => {
            let block = value.as_slice().map_or(Some(&value), <[_]>::first)?;
            let days = || block.get("days").filter(|d| !d.is_null()).cloned();
            (block.get("enabled").and_then(truth)?).then(|| days().unwrap_or_else(|| USUAL_DAYS.into()))?
        }
    };
    Some(made.with_origin(origin).with_marks(marks))
}

fn truth(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

/// Fills in a template; unknown when a part of it is.
fn compose(template: &str, scope: &Value, subscription: &str) -> Option<Value> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        out.push_str(text);
        rest = after;
        if name == "subscription" {
            out.push_str(subscription);
            continue;
        }
        let part = scope.get(name)?;
        match (part.as_str(), part.as_unknown()) {
            (Some(text), _) => out.push_str(text),
            (None, Some(unknown)) => return Some(Value::unknown(Type::String, unknown.reason.derived())),
            (None, None) => return None,
        }
    }
    out.push_str(rest);
    Some(out.into())
}
