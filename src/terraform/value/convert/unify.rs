//! A common type for several (`convert.Unify` of cty).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::is_convertible;
use crate::terraform::value::{ObjectType, Str, Type};

/// The most general type that all can be safely converted to; `None` when there is none.
pub fn unify(types: &[Type]) -> Option<Type> {
    unify_types(types, false)
}

/// Like [`unify`], allowing conversions that may fail for some values.
pub fn unify_unsafe(types: &[Type]) -> Option<Type> {
    unify_types(types, true)
}

/// The element type wanted, or for `Dynamic` the common type of the members.
pub(super) fn settle<'a>(
    want: &Type,
    members: impl Iterator<Item = &'a Type>,
    allow_unsafe: bool,
) -> Option<Type> {
    match want {
        Type::Dynamic => {
            let types: Vec<Type> = members.cloned().collect();
            if types.is_empty() { Some(Type::Dynamic) } else { unify_types(&types, allow_unsafe) }
        }
        want => Some(want.clone()),
    }
}

pub(super) fn unify_types(types: &[Type], allow_unsafe: bool) -> Option<Type> {
    let first = types.first()?;
    let distinct = distinct(types);
    // Equal types need no search; it also keeps long lists of equal members linear.
    if let [only] = &distinct[..]
        && !only.has_dynamic()
    {
        return Some(first.clone());
    }
    let count = |test: fn(&Type) -> bool| distinct.iter().filter(|t| test(t)).count();
    let maps = count(|t| matches!(t, Type::Map(_)));
    let lists = count(|t| matches!(t, Type::List(_)));
    let sets = count(|t| matches!(t, Type::Set(_)));
    let objects = count(|t| matches!(t, Type::Object(_)));
    let tuples = count(|t| matches!(t, Type::Tuple(_)));
    let dynamics = count(|t| *t == Type::Dynamic);
    let all = distinct.len();
    // With a type not known yet, what it will be decides: nothing can be said.
    let known = |unified: Option<Type>| if dynamics > 0 { Some(Type::Dynamic) } else { unified };
    if maps > 0 && maps + dynamics == all {
        return known(collections(&distinct, Type::map, allow_unsafe));
    }
    if maps > 0 && maps + objects + dynamics == all {
        if let Some(ty @ Type::Map(_)) = structures_as_collection(&distinct, allow_unsafe) {
            return Some(ty);
        }
    } else if lists > 0 && lists + dynamics == all {
        return known(collections(&distinct, Type::list, allow_unsafe));
    } else if lists > 0 && lists + tuples + dynamics == all {
        if let Some(ty @ Type::List(_)) = structures_as_collection(&distinct, allow_unsafe) {
            return Some(ty);
        }
    } else if sets > 0 && sets + dynamics == all {
        return known(collections(&distinct, Type::set, allow_unsafe));
    } else if objects > 0 && objects + dynamics == all {
        return if dynamics > 0 { Some(Type::Dynamic) } else { unify_objects(&distinct, allow_unsafe) };
    } else if tuples > 0 && tuples + dynamics == all {
        return if dynamics > 0 { Some(Type::Dynamic) } else { unify_tuples(&distinct, allow_unsafe) };
    } else if objects > 0 && tuples > 0 {
        return None;
    }
    by_preference(&distinct)
        .into_iter()
        .find(|want| distinct.iter().all(|ty| ty == want || is_convertible(ty, want, allow_unsafe)))
}

/// Each type once, in order of first appearance.
fn distinct(types: &[Type]) -> Vec<Type> {
    let mut seen = std::collections::HashSet::new();
    types.iter().filter(|ty| seen.insert(*ty)).cloned().collect()
}

fn collections(types: &[Type], make: fn(Type) -> Type, allow_unsafe: bool) -> Option<Type> {
    let elements: Vec<Type> = types.iter().filter_map(Type::element).cloned().collect();
    unify_types(&elements, allow_unsafe).map(make)
}

/// Objects among maps as maps, tuples among lists as lists.
fn structures_as_collection(types: &[Type], allow_unsafe: bool) -> Option<Type> {
    let structures: Vec<Type> =
        types.iter().filter(|t| matches!(t, Type::Object(_) | Type::Tuple(_))).cloned().collect();
    let as_collection = match structures.first()? {
        Type::Object(_) => objects_to_map(&structures, allow_unsafe)?,
        _ => tuples_to_list(&structures, allow_unsafe)?,
    };
    let replaced: Vec<Type> = types
        .iter()
        .map(|t| match t {
            Type::Object(_) | Type::Tuple(_) => as_collection.clone(),
            other => other.clone(),
        })
        .collect();
    unify_types(&replaced, allow_unsafe)
}

fn convertible_to(types: &[Type], unified: Type, allow_unsafe: bool) -> Option<Type> {
    types.iter().all(|t| *t == unified || is_convertible(t, &unified, allow_unsafe)).then_some(unified)
}

fn attributes(ty: &Type) -> Option<&BTreeMap<Str, Type>> {
    match ty {
        Type::Object(o) => Some(&o.attributes),
        _ => None,
    }
}

fn unify_objects(types: &[Type], allow_unsafe: bool) -> Option<Type> {
    let all: Vec<_> = types.iter().filter_map(attributes).collect();
    let first = all.first()?;
    if all.iter().any(|a| !a.keys().eq(first.keys())) {
        return objects_to_map(types, allow_unsafe);
    }
    let mut unified = BTreeMap::new();
    for name in first.keys() {
        let across: Vec<Type> = all.iter().filter_map(|a| a.get(name)).cloned().collect();
        unified.insert(name.clone(), unify_types(&across, allow_unsafe)?);
    }
    let object = Type::Object(Arc::new(ObjectType { attributes: unified, ..Default::default() }));
    convertible_to(types, object, allow_unsafe).or_else(|| objects_to_map(types, allow_unsafe))
}

fn objects_to_map(types: &[Type], allow_unsafe: bool) -> Option<Type> {
    let across: Vec<Type> = types.iter().filter_map(attributes).flat_map(|a| a.values()).cloned().collect();
    let map = Type::map(unify_types(&across, allow_unsafe)?);
    convertible_to(types, map, allow_unsafe)
}

fn members(ty: &Type) -> &[Type] {
    match ty {
        Type::Tuple(t) => t,
        _ => &[],
    }
}

fn unify_tuples(types: &[Type], allow_unsafe: bool) -> Option<Type> {
    let length = members(types.first()?).len();
    if types.iter().any(|t| members(t).len() != length) {
        return tuples_to_list(types, allow_unsafe);
    }
    let mut unified = Vec::with_capacity(length);
    for i in 0..length {
        let across: Vec<Type> = types.iter().filter_map(|t| members(t).get(i)).cloned().collect();
        unified.push(unify_types(&across, allow_unsafe)?);
    }
    let tuple = Type::Tuple(Arc::new(unified));
    convertible_to(types, tuple, allow_unsafe).or_else(|| tuples_to_list(types, allow_unsafe))
}

fn tuples_to_list(types: &[Type], allow_unsafe: bool) -> Option<Type> {
    let across: Vec<Type> = types.iter().flat_map(members).cloned().collect();
    let list = Type::list(unify_types(&across, allow_unsafe)?);
    convertible_to(types, list, allow_unsafe)
}

/// The more general types first: a topological sort of "more general than".
fn by_preference(types: &[Type]) -> Vec<Type> {
    let n = types.len();
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); n];
    let mut above = vec![0usize; n];
    for i in 0..n {
        for j in i + 1..n {
            let (from, to) = match generality(&types[i], &types[j]) {
                0 => continue,
                c if c < 0 => (i, j),
                _ => (j, i),
            };
            below[from].push(to);
            above[to] += 1;
        }
    }
    let mut order: Vec<usize> = (0..n).filter(|i| above[*i] == 0).collect();
    let mut next = 0;
    while let Some(i) = order.get(next).copied() {
        next += 1;
        for j in below[i].clone() {
            above[j] -= 1;
            if above[j] == 0 {
                order.push(j);
            }
        }
    }
    order.into_iter().map(|i| types[i].clone()).collect()
}

/// Negative when `a` is the more general of the two, positive when `b` is.
fn generality(a: &Type, b: &Type) -> i32 {
    match (a, b) {
        (Type::Dynamic, Type::Dynamic) => 0,
        (_, Type::Dynamic) => -1,
        (Type::Dynamic, _) => 1,
        (Type::String, Type::String) => 0,
        (Type::String, b) if b.is_primitive() => -1,
        (a, Type::String) if a.is_primitive() => 1,
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            generality(a, b)
        }
        (Type::List(_), Type::Tuple(_)) | (Type::Map(_), Type::Object(_)) => -1,
        (Type::Tuple(_), Type::List(_)) | (Type::Object(_), Type::Map(_)) => 1,
        (Type::Tuple(_) | Type::List(_), Type::Set(_)) => -1,
        (Type::Set(_), Type::Tuple(_) | Type::List(_)) => 1,
        (Type::Object(a), Type::Object(b)) if a.attributes.keys().eq(b.attributes.keys()) => {
            consensus(a.attributes.values().zip(b.attributes.values()))
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => consensus(a.iter().zip(b.iter())),
        _ => 0,
    }
}

/// The direction on which all pairs that have one agree, else 0.
fn consensus<'a>(pairs: impl Iterator<Item = (&'a Type, &'a Type)>) -> i32 {
    let (mut a_super, mut b_super) = (false, false);
    for (a, b) in pairs {
        match generality(a, b) {
            0 => {}
            c if c < 0 => a_super = true,
            _ => b_super = true,
        }
    }
    i32::from(b_super) - i32::from(a_super)
}
