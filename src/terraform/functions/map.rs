//! Maps and objects: `keys`, `lookup`, `merge`, `transpose`, `values`, `zipmap`.

use std::collections::BTreeMap;

use super::call::{Call, Fault, fail, wrong};
use super::list::sequence;
use super::table::{Function, Param, Shape};
use crate::terraform::value::convert::convert;
use crate::terraform::value::text::quote_go;
use crate::terraform::value::{Kind, Marks, Str, Type, Value};

const LIST_OF_STRING: Shape = Shape::List(&Shape::String);
/// Any number of arguments that may be anything.
const VALUES: Param = Param::any("vals").unknown().dynamic().nullable();

pub(super) const FUNCTIONS: &[Function] = &[
    Function::typed("keys", &[Param::any("inputMap").unknown().marked()], keys_type, keys),
    Function::typed(
        "lookup",
        &[Param::any("inputMap").marked().unknown(), Param::string("key").marked().unknown()],
        lookup_type,
        lookup,
    )
    .selects()
    .variadic(Param::any("default").unknown().dynamic().nullable().marked())
    .may_be_null(),
    Function::typed("map", &[], |_| fail(MAP_GONE), |_| fail(MAP_GONE)).variadic(VALUES),
    Function::typed("merge", &[], merge_type, merge)
        .variadic(Param::any("maps").dynamic().nullable().marked()),
    Function::new(
        "transpose",
        &[Param::new("values", Shape::Map(&LIST_OF_STRING))],
        Shape::Map(&LIST_OF_STRING),
        transpose,
    ),
    Function::typed("values", &[Param::any("mapping").marked()], values_type, values),
    Function::typed(
        "zipmap",
        &[Param::new("keys", LIST_OF_STRING).marked(), Param::any("values").marked()],
        zipmap_type,
        zipmap,
    ),
];

const MAP_GONE: &str = "the \"map\" function was deprecated in Terraform v0.12 and is no longer available; \
                        use tomap({ ... }) syntax to write a literal map";

fn keys_type(call: &Call) -> Result<Type, Fault> {
    match call.arg(0).ty() {
        Type::Map(_) => Ok(Type::list(Type::String)),
        Type::Object(object) => Ok(Type::Tuple(vec![Type::String; object.attributes.len()].into())),
        _ => wrong(0, "must have map or object type"),
    }
}

fn keys(call: &Call) -> Result<Value, Fault> {
    let marks = call.arg(0).marks;
    let names: Vec<Value> = match (&call.arg(0).kind, call.arg(0).ty()) {
        (Kind::Map(_, m), _) => m.keys().map(|k| Kind::String(k.clone()).into()).collect(),
        (_, Type::Object(object)) => {
            object.attributes.keys().map(|k| Kind::String(k.clone()).into()).collect()
        }
        _ => return Ok(call.unknown_result().with_marks(marks)),
    };
    Ok(sequence(&call.returns, names).with_marks(marks))
}

fn lookup_type(call: &Call) -> Result<Type, Fault> {
    if call.args.len() > 3 {
        return fail(format!("lookup() takes two or three arguments, got {}", call.args.len()));
    }
    let default = call.args.get(2);
    if let (Kind::Object(entries), Some(key)) = (&call.arg(0).kind, call.arg(1).as_str()) {
        // The type of one attribute, and not of all.
        return match (entries.get(key), default) {
            (Some(value), _) => Ok(value.ty()),
            (None, Some(default)) => Ok(default.ty()),
            (None, None) => wrong(0, format!("the given object has no attribute {}", quote_go(key))),
        };
    }
    match call.arg(0).ty() {
        Type::Object(object) => {
            let Some(key) = call.arg(1).as_str() else { return Ok(Type::Dynamic) };
            match (object.attributes.get(key), default) {
                (Some(ty), _) => Ok(ty.clone()),
                (None, Some(default)) => Ok(default.ty()),
                (None, None) => wrong(0, format!("the given object has no attribute {}", quote_go(key))),
            }
        }
        Type::Map(element) => match default {
            Some(default) if convert(default.clone(), &element).is_err() => {
                wrong(2, "the default value must have the same type as the map elements")
            }
            _ => Ok((*element).clone()),
        },
        _ => wrong(0, "lookup() requires a map as the first argument"),
    }
}

fn lookup(call: &Call) -> Result<Value, Fault> {
    let (map, key) = (call.arg(0), call.arg(1));
    let marks = map.marks.and(key.marks);
    let (Some(entries), Some(name)) = (map.as_map(), key.as_str()) else {
        return Ok(call.unknown_result().with_marks(marks));
    };
    if let Some(value) = entries.get(name) {
        return Ok(value.clone().with_marks(marks));
    }
    match call.args.get(2) {
        Some(default) => match convert(default.clone(), &call.returns) {
            Ok(value) => Ok(value.with_marks(marks)),
            Err(error) => fail(error.message),
        },
        None => {
            let shown = if key.marks.sensitive { "(sensitive value)".into() } else { quote_go(name) };
            fail(format!("lookup failed to find key {shown}"))
        }
    }
}

fn merge_type(call: &Call) -> Result<Type, Fault> {
    let mut attributes: BTreeMap<Str, Type> = BTreeMap::new();
    let mut first: Option<Type> = None;
    let (mut matching, mut attributes_known) = (true, true);
    for arg in &call.args {
        let ty = arg.ty();
        match &ty {
            Type::Dynamic => return Ok(Type::Dynamic),
            Type::Object(_) if arg.is_null() => {}
            Type::Object(object) => {
                attributes.extend(object.attributes.iter().map(|(k, t)| (k.clone(), t.clone())));
            }
            Type::Map(element) => match arg.as_map() {
                Some(m) => attributes.extend(m.keys().map(|k| (k.clone(), (**element).clone()))),
                None if arg.is_null() => {}
                None => attributes_known = false,
            },
            other => {
                let got = quote_go(&other.friendly_name());
                return fail(format!("arguments must be maps or objects, got {got}"));
            }
        }
        match &first {
            None => first = Some(ty),
            Some(first) => matching &= *first == ty,
        }
    }
    Ok(match first {
        None => Type::object([]),
        Some(first) if matching => first,
        Some(_) if !attributes_known => Type::Dynamic,
        Some(_) => Type::object(attributes),
    })
}

fn merge(call: &Call) -> Result<Value, Fault> {
    let mut entries: BTreeMap<Str, Value> = BTreeMap::new();
    let mut marks = Marks::NONE;
    for arg in &call.args {
        let Some(m) = arg.as_map() else { continue };
        marks = marks.and(arg.marks);
        call.charge_members(m.len())?;
        entries.extend(m.iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    Ok(match &call.returns {
        Type::Map(element) => Value::map((**element).clone(), entries),
        _ => Value::object(entries),
    }
    .with_marks(marks))
}

fn transpose(call: &Call) -> Result<Value, Fault> {
    if !call.arg(0).is_wholly_known() {
        return Ok(call.unknown_result());
    }
    let mut turned: BTreeMap<Str, Vec<Value>> = BTreeMap::new();
    for (key, list) in call.arg(0).as_map().into_iter().flatten() {
        let Some(items) = list.as_slice() else { return fail("input must not contain null list") };
        call.charge_members(items.len())?;
        for item in items {
            let Kind::String(text) = &item.kind else {
                return fail("input list must not contain null string");
            };
            turned.entry(text.clone()).or_default().push(Kind::String(key.clone()).into());
        }
    }
    let lists = turned.into_iter().map(|(key, keys)| (key, Value::list(Type::String, keys)));
    Ok(Value::map(Type::list(Type::String), lists))
}

fn values_type(call: &Call) -> Result<Type, Fault> {
    match call.arg(0).ty() {
        Type::Map(element) => Ok(Type::List(element)),
        Type::Object(object) => {
            Ok(Type::Tuple(object.attributes.values().cloned().collect::<Vec<_>>().into()))
        }
        _ => fail("values() requires a map as the first argument"),
    }
}

fn values(call: &Call) -> Result<Value, Fault> {
    let values = call.arg(0).as_map().into_iter().flatten().map(|(_, v)| v.clone()).collect();
    Ok(sequence(&call.returns, values).with_marks(call.arg(0).marks))
}

fn zipmap_type(call: &Call) -> Result<Type, Fault> {
    let (keys, ty) = (call.arg(0), call.arg(1).ty());
    let types = match &ty {
        Type::List(element) => return Ok(Type::Map(element.clone())),
        Type::Tuple(types) => types,
        _ => return fail("values argument must be a list or tuple value"),
    };
    if !keys.is_wholly_known() {
        return Ok(Type::Dynamic);
    }
    check_lengths(call.members(0).len(), types.len())?;
    let mut attributes = BTreeMap::new();
    for (i, (key, ty)) in call.members(0).iter().zip(types.iter()).enumerate() {
        let Kind::String(key) = &key.kind else {
            return fail(format!("keys list has null value at index {i}"));
        };
        attributes.insert(key.clone(), ty.clone());
    }
    Ok(Type::object(attributes))
}

fn check_lengths(keys: usize, values: usize) -> Result<(), Fault> {
    if keys == values {
        return Ok(());
    }
    fail(format!("number of keys ({keys}) does not match number of values ({values})"))
}

fn zipmap(call: &Call) -> Result<Value, Fault> {
    let (keys, values) = (call.arg(0), call.arg(1));
    let mut marks = keys.marks.and(values.marks);
    if !keys.is_wholly_known() {
        return Ok(call.unknown_result().with_marks(marks));
    }
    check_lengths(call.members(0).len(), call.members(1).len())?;
    let mut entries = BTreeMap::new();
    for (i, (key, value)) in call.members(0).iter().zip(call.members(1)).enumerate() {
        let Kind::String(name) = &key.kind else {
            return fail(format!("keys list has null value at index {i}"));
        };
        marks = marks.and(key.marks);
        entries.insert(name.clone(), value.clone());
    }
    Ok(match &call.returns {
        Type::Map(element) => Value::map((**element).clone(), entries),
        _ => Value::object(entries),
    }
    .with_marks(marks))
}
