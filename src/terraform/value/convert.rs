//! Conversion of values between types, with Terraform's rules and messages (`cty/convert`).
//!
//! Conversions are *safe* when they cannot fail for any value of the type (number to string), else
//! *unsafe*. Explicit conversions may be unsafe; finding a common type for the arms of a conditional
//! or the members of a list asks for safe ones first.

mod mismatch;
mod unify;

use std::sync::Arc;

use super::text::quote_go;
use super::{Entries, Kind, Number, ObjectType, Refinement, Str, Type, Unknown, Value};
pub use mismatch::mismatch;
pub use unify::{unify, unify_unsafe};

/// Why a value cannot be converted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ConvertError {
    /// Where in the value.
    pub path: Vec<PathStep>,
    /// A sentence without capital and full stop.
    pub message: String,
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq)]
pub enum PathStep {
    /// An attribute of an object.
    Attribute(Str),
    /// A member of a list, set or tuple.
    Index(usize),
    /// An entry of a map.
    Key(Str),
}

impl ConvertError {
    fn new(path: &Path, message: impl Into<String>) -> ConvertError {
        ConvertError { path: path.steps(), message: message.into() }
    }

    /// The message after the path, as diagnostics show it: `.a[0]: a number is required`.
    pub fn with_path(&self) -> String {
        use std::fmt::Write;
        let mut text = String::new();
        for step in &self.path {
            _ = match step {
                PathStep::Attribute(name) => write!(text, ".{name}"),
                PathStep::Index(i) => write!(text, "[{i}]"),
                PathStep::Key(key) => write!(text, "[{}]", quote_go(key)),
            };
        }
        if text.is_empty() { self.message.clone() } else { format!("{text}: {}", self.message) }
    }
}

/// The way to a part of a value: a list through the stack, so that conversions that succeed pay
/// nothing for it.
#[derive(Clone, Copy)]
struct Path<'a> {
    above: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Attribute(&'a Str),
    Index(usize),
    Key(&'a Str),
}

impl<'a> Path<'a> {
    const ROOT: Path<'static> = Path { above: None, step: Step::Root };

    fn then(&'a self, step: Step<'a>) -> Path<'a> {
        Path { above: Some(self), step }
    }

    fn steps(&self) -> Vec<PathStep> {
        let mut steps = self.above.map(Path::steps).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Attribute(name) => steps.push(PathStep::Attribute(name.clone())),
            Step::Index(i) => steps.push(PathStep::Index(i)),
            Step::Key(key) => steps.push(PathStep::Key(key.clone())),
        }
        steps
    }
}

/// Converts a value to a type constraint, safely or not. Marks and origins stay.
pub fn convert(value: Value, want: &Type) -> Result<Value, ConvertError> {
    // Finding the type of a structure is as much work as it is large.
    if *want == Type::Dynamic {
        return Ok(value);
    }
    let got = value.ty();
    if got == want.without_optional() {
        return Ok(value);
    }
    if !is_convertible(&got, want, true) {
        return Err(ConvertError::new(&Path::ROOT, mismatch(&got, want)));
    }
    apply(value, want, true, &Path::ROOT)
}

/// True when there is a conversion from one type to the other; an unsafe one may fail for some values.
pub fn is_convertible(from: &Type, to: &Type, allow_unsafe: bool) -> bool {
    let each = |from: &Type, to: &Type| from == to || is_convertible(from, to, allow_unsafe);
    match (from, to) {
        (_, Type::Dynamic) => true,
        (Type::Dynamic, _) => allow_unsafe,
        (Type::Number | Type::Bool, Type::String) => true,
        (Type::String, Type::Number | Type::Bool) => allow_unsafe,
        (Type::Object(from), Type::Object(to)) => {
            to.attributes.iter().all(|(name, to_type)| match from.attributes.get(name) {
                Some(from_type) => each(from_type, to_type),
                None => to.optional.contains(name),
            })
        }
        (Type::Tuple(from), Type::Tuple(to)) => {
            from.len() == to.len() && from.iter().zip(to.iter()).all(|(f, t)| each(f, t))
        }
        (Type::List(_), Type::Set(_)) if !allow_unsafe => false,
        (Type::List(f) | Type::Set(f), Type::List(t) | Type::Set(t)) | (Type::Map(f), Type::Map(t)) => {
            each(f, t)
        }
        (Type::Tuple(members), Type::List(element) | Type::Set(element)) => {
            if members.is_empty() {
                return true;
            }
            match unify::settle(element, members.iter(), allow_unsafe) {
                None => false,
                // Nothing in common but that anything goes: only when nothing is known of any.
                Some(Type::Dynamic) if **element == Type::Dynamic => {
                    members.iter().all(|m| *m == Type::Dynamic)
                }
                Some(element) => members.iter().all(|m| each(m, &element)),
            }
        }
        (Type::Object(object), Type::Map(element)) => {
            object.attributes.is_empty()
                || unify::settle(element, object.attributes.values(), allow_unsafe)
                    .is_some_and(|element| object.attributes.values().all(|a| each(a, &element)))
        }
        (Type::Map(element), Type::Object(object)) => {
            allow_unsafe
                && object.attributes.iter().all(|(name, ty)| {
                    ty == &**element || is_convertible(element, ty, true) || object.optional.contains(name)
                })
        }
        _ => false,
    }
}

/// Converts where `is_convertible` said yes.
fn apply(value: Value, want: &Type, allow_unsafe: bool, path: &Path) -> Result<Value, ConvertError> {
    if *want == Type::Dynamic {
        return Ok(value);
    }
    let Value { kind, marks, origin } = value;
    let converted = match kind {
        Kind::Unknown(u) => unknown(&u, want),
        Kind::Null(ty) => Value::null_of(replace_dynamic(&ty, &want.without_optional())),
        kind => known(kind, want, allow_unsafe, path)?,
    };
    // A converted unknown of fixed length has unknown members without marks of their own.
    Ok(converted.with_origin(origin).with_marks(marks))
}

/// Converts a member unless it has the type already.
fn member(value: Value, want: &Type, allow_unsafe: bool, path: &Path) -> Result<Value, ConvertError> {
    let got = value.ty();
    if got == *want {
        return Ok(value);
    }
    if !is_convertible(&got, want, allow_unsafe) {
        return Err(ConvertError::new(path, mismatch(&got, want)));
    }
    apply(value, want, allow_unsafe, path)
}

fn known(kind: Kind, want: &Type, allow_unsafe: bool, path: &Path) -> Result<Value, ConvertError> {
    let got = Value::from(kind);
    Ok(match (got.kind, want) {
        (Kind::Number(n), Type::String) => Value::string(&n.to_string()),
        (Kind::Bool(b), Type::String) => Value::string(if b { "true" } else { "false" }),
        (Kind::String(s), Type::Number) => match Number::parse(&s) {
            Some(number) => number.into(),
            None => return Err(ConvertError::new(path, "a number is required")),
        },
        (Kind::String(s), Type::Bool) => match &*s {
            "true" | "1" => true.into(),
            "false" | "0" => false.into(),
            other => {
                let lower = other.to_lowercase();
                let hint = match &*lower {
                    "true" | "false" => {
                        format!("; to convert from string, use lowercase {}", quote_go(&lower))
                    }
                    _ => String::new(),
                };
                return Err(ConvertError::new(path, format!("a bool is required{hint}")));
            }
        },
        (Kind::Set(element, v), Type::List(_)) if v.len() > 1 && v.iter().any(|v| !v.is_wholly_known()) => {
            let reason = Value::from(Kind::Set(element.clone(), v)).unknown_reason();
            Value::unknown(Type::list(element), reason.unwrap_or(super::Reason::Failed).derived())
        }
        (Kind::List(element, v) | Kind::Set(element, v), Type::List(to) | Type::Set(to)) => {
            let items = members(v, to, allow_unsafe, path)?;
            let empty_type = if **to == Type::Dynamic { element } else { to.without_optional() };
            collection(want, items, empty_type, path)?
        }
        (Kind::Tuple(v), Type::List(to) | Type::Set(to)) => {
            let types: Vec<Type> = v.iter().map(Value::ty).collect();
            let Some(element) = unify::settle(to, types.iter(), allow_unsafe) else {
                return Err(ConvertError::new(path, "cannot find a common base type for all elements"));
            };
            let mut items = members(v, &element, allow_unsafe, path)?;
            if matches!(want, Type::List(_)) {
                items = unified(items, allow_unsafe, path)?;
            }
            collection(want, items, to.without_optional(), path)?
        }
        (Kind::Map(element, m), Type::Map(to)) => {
            let entries = entries(m, to, allow_unsafe, path)?;
            let empty_type = if **to == Type::Dynamic { element } else { to.without_optional() };
            map(entries, to, empty_type, false, path)?
        }
        (Kind::Object(m), Type::Map(to)) => {
            let types: Vec<Type> = m.values().map(Value::ty).collect();
            let Some(element) = unify::settle(to, types.iter(), allow_unsafe) else {
                return Err(ConvertError::new(path, "cannot find a common base type for all elements"));
            };
            let entries = entries(m, &element, allow_unsafe, path)?;
            map(entries, &element, to.without_optional(), allow_unsafe, path)?
        }
        (Kind::Tuple(v), Type::Tuple(to)) => {
            let items = Arc::unwrap_or_clone(v).into_iter().zip(to.iter()).enumerate();
            let items = items.map(|(i, (v, to))| member(v, to, allow_unsafe, &path.then(Step::Index(i))));
            Value::tuple(items.collect::<Result<_, _>>()?)
        }
        (Kind::Object(m), Type::Object(to)) => object_from_object(m, to, allow_unsafe, path)?,
        (Kind::Map(_, m), Type::Object(to)) => object_from_map(m, to, path)?,
        (kind, want) => {
            let got = Value::from(kind).ty();
            return Err(ConvertError::new(path, mismatch(&got, want)));
        }
    })
}

fn members(
    members: Arc<Vec<Value>>,
    to: &Type,
    allow_unsafe: bool,
    path: &Path,
) -> Result<Vec<Value>, ConvertError> {
    let items = Arc::unwrap_or_clone(members).into_iter().enumerate();
    items.map(|(i, v)| member(v, to, allow_unsafe, &path.then(Step::Index(i)))).collect()
}

fn entries(
    entries: Arc<Entries>,
    to: &Type,
    allow_unsafe: bool,
    path: &Path,
) -> Result<Entries, ConvertError> {
    Arc::unwrap_or_clone(entries)
        .into_iter()
        .map(|(k, v)| {
            let v = member(v, to, allow_unsafe, &path.then(Step::Key(&k)))?;
            Ok((k, v))
        })
        .collect()
}

/// Members brought to one type once more: converting to a type with `any` inside leaves them apart.
fn unified(items: Vec<Value>, allow_unsafe: bool, path: &Path) -> Result<Vec<Value>, ConvertError> {
    let types: Vec<Type> = items.iter().map(Value::ty).collect();
    match types.first() {
        Some(first) if types.iter().any(|t| t != first) => {
            let Some(ty) = unify::unify_types(&types, allow_unsafe) else {
                return Err(ConvertError::new(path, "cannot find a common base type for all elements"));
            };
            members(Arc::new(items), &ty, allow_unsafe, path)
        }
        _ => Ok(items),
    }
}

fn have_one_type<'a>(values: impl Iterator<Item = &'a Value>) -> bool {
    let mut types = values.map(Value::ty).filter(|ty| *ty != Type::Dynamic);
    let first = types.next();
    types.all(|ty| Some(&ty) == first.as_ref())
}

fn collection(want: &Type, items: Vec<Value>, empty_type: Type, path: &Path) -> Result<Value, ConvertError> {
    let (kind, make): (_, fn(Type, Vec<Value>) -> Value) = match want {
        Type::Set(_) => ("set", Value::set),
        _ => ("list", Value::list),
    };
    if !have_one_type(items.iter()) {
        let message = format!("element types must all match for conversion to {kind}");
        return Err(ConvertError::new(path, message));
    }
    let element = if items.is_empty() { empty_type } else { Type::Dynamic };
    Ok(make(element, items))
}

fn map(
    entries: Entries,
    element: &Type,
    empty_type: Type,
    allow_unsafe: bool,
    path: &Path,
) -> Result<Value, ConvertError> {
    if entries.is_empty() {
        return Ok(Value::map(empty_type, []));
    }
    let (keys, mut values): (Vec<Str>, Vec<Value>) = entries.into_iter().unzip();
    if element.is_collection() || matches!(element, Type::Object(_)) {
        values = unified(values, allow_unsafe, path)?;
    }
    if !have_one_type(values.iter()) {
        return Err(ConvertError::new(path, "attribute types must all match for conversion to map"));
    }
    Ok(Value::map(Type::Dynamic, keys.into_iter().zip(values)))
}

fn object_from_object(
    attributes: Arc<Entries>,
    to: &ObjectType,
    allow_unsafe: bool,
    path: &Path,
) -> Result<Value, ConvertError> {
    let mut converted: Vec<(Str, Value)> = Vec::with_capacity(to.attributes.len());
    for (name, ty) in &to.attributes {
        let value = match attributes.get(name) {
            Some(value) => member(value.clone(), ty, allow_unsafe, &path.then(Step::Attribute(name)))?,
            None => Value::null_of(ty.without_optional()),
        };
        converted.push((name.clone(), value));
    }
    Ok(Value::object(converted))
}

fn object_from_map(entries: Arc<Entries>, to: &ObjectType, path: &Path) -> Result<Value, ConvertError> {
    let mut converted: Vec<(Str, Value)> = Vec::with_capacity(to.attributes.len());
    for (name, ty) in &to.attributes {
        let value = match entries.get(name) {
            Some(value) if value.ty() == *ty => value.clone(),
            Some(value) if is_convertible(&value.ty(), ty, true) => {
                apply(value.clone(), ty, true, &path.then(Step::Key(name)))?
            }
            Some(value) => {
                let reason = mismatch(&value.ty(), ty);
                let message =
                    format!("map element type is incompatible with attribute {}: {reason}", quote_go(name));
                return Err(ConvertError::new(path, message));
            }
            None if to.optional.contains(name) => Value::null_of(ty.without_optional()),
            None => {
                let message = format!("map has no element for required attribute {}", quote_go(name));
                return Err(ConvertError::new(path, message));
            }
        };
        converted.push((name.clone(), value));
    }
    Ok(Value::object(converted))
}

/// An unknown of another type, with what is still known of it.
fn unknown(from: &Unknown, want: &Type) -> Value {
    let target = replace_dynamic(&from.ty, &want.without_optional());
    let old = &from.refinement;
    let mut new = Refinement { not_null: old.not_null, ..Default::default() };
    let mut bounds = |min: u64, max: Option<u64>| (new.min_length, new.max_length) = (Some(min), max);
    match (&from.ty, &target) {
        (Type::Object(o), Type::Map(_)) => {
            let n = o.attributes.len() as u64;
            bounds(n, Some(n));
        }
        (Type::Tuple(t), Type::List(_)) => bounds(t.len() as u64, Some(t.len() as u64)),
        (Type::Tuple(t), Type::Set(_)) => bounds(t.len().min(1) as u64, Some(t.len() as u64)),
        (from, Type::Set(_)) if from.is_collection() => {
            bounds(old.min_length.unwrap_or(0).min(1), old.max_length);
        }
        (from, to) if from.is_collection() && to.is_collection() => {
            bounds(old.min_length.unwrap_or(0), old.max_length);
        }
        _ => {}
    }
    let arm = |v: &Value| convert(v.clone(), &target).ok();
    new.one_of = old
        .one_of
        .as_deref()
        .and_then(|arms| arms.iter().map(arm).collect::<Option<Vec<_>>>())
        .map(Into::into);
    Value::refined(target, from.reason.derived(), new)
}

/// `out` with `Dynamic` replaced by what `from` has in its place.
fn replace_dynamic(from: &Type, out: &Type) -> Type {
    if *from == Type::Dynamic {
        return out.clone();
    }
    let joined = |types: Vec<Type>, out: &Type| match unify_unsafe(&types) {
        Some(ty) => replace_dynamic(&ty, out),
        None => out.clone(),
    };
    match (from, out) {
        (_, Type::Dynamic) => from.clone(),
        (Type::Map(f), Type::Map(t)) => Type::map(replace_dynamic(f, t)),
        (Type::Object(f), Type::Map(t)) => Type::map(joined(f.attributes.values().cloned().collect(), t)),
        (Type::Map(f), Type::Object(t)) => {
            Type::object(t.attributes.iter().map(|(k, t)| (k.clone(), replace_dynamic(f, t))))
        }
        (Type::Object(f), Type::Object(t)) => Type::object(t.attributes.iter().map(|(k, t)| {
            let ty = f.attributes.get(k).map_or_else(|| t.clone(), |f| replace_dynamic(f, t));
            (k.clone(), ty)
        })),
        (Type::Set(f) | Type::List(f), Type::Set(t)) => Type::set(replace_dynamic(f, t)),
        (Type::Set(f) | Type::List(f), Type::List(t)) => Type::list(replace_dynamic(f, t)),
        (Type::Tuple(f), Type::Set(t)) => Type::set(joined(f.to_vec(), t)),
        (Type::Tuple(f), Type::List(t)) => Type::list(joined(f.to_vec(), t)),
        (Type::Tuple(f), Type::Tuple(t)) => {
            Type::Tuple(Arc::new(f.iter().zip(t.iter()).map(|(f, t)| replace_dynamic(f, t)).collect()))
        }
        _ => out.clone(),
    }
}
