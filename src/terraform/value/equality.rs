//! `==` of Terraform, and the identity that sets use.

use super::{Entries, Kind, Number, Refinement, Type, Unknown, Value};

/// Three-valued truth: `None` is unknown.
type Truth = Option<bool>;

impl Value {
    /// `==`: types count, nulls of all types are equal, unknown parts give an unknown bool.
    /// The result has the marks of both sides, also those inside collections.
    pub fn equals(&self, other: &Value) -> Value {
        let marks = self.deep_marks().and(other.deep_marks());
        let result = match equal(self, other) {
            Some(b) => Value::from(b),
            None => {
                let reason = self.unknown_reason().or_else(|| other.unknown_reason());
                Value::unknown_not_null(Type::Bool, reason.unwrap_or(super::Reason::Failed).derived())
            }
        };
        result.with_marks(marks)
    }

    /// True when both are the same in type and content, unknown parts included (an unknown is the
    /// same as another of its type); marks and origins do not count.
    pub fn same(&self, other: &Value) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Unknown(a), Kind::Unknown(b)) => a.ty == b.ty,
            (Kind::Null(a), Kind::Null(b)) => a == b,
            (Kind::Bool(a), Kind::Bool(b)) => a == b,
            (Kind::Number(a), Kind::Number(b)) => a.equals(b),
            (Kind::String(a), Kind::String(b)) => a == b,
            (Kind::List(t, a), Kind::List(u, b)) | (Kind::Set(t, a), Kind::Set(u, b)) => {
                t == u && same_members(a, b)
            }
            (Kind::Tuple(a), Kind::Tuple(b)) => same_members(a, b),
            (Kind::Map(t, a), Kind::Map(u, b)) => t == u && same_entries(a, b),
            (Kind::Object(a), Kind::Object(b)) => same_entries(a, b),
            _ => false,
        }
    }
}

fn same_members(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.same(y))
}

fn same_entries(a: &Entries, b: &Entries) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|((k, x), (l, y))| k == l && x.same(y))
}

/// Equality of unmarked values.
pub(super) fn equal(a: &Value, b: &Value) -> Truth {
    match (&a.kind, &b.kind) {
        (Kind::Unknown(_), Kind::Unknown(_)) => None,
        (Kind::Unknown(u), _) => equal_to_unknown(b, u),
        (_, Kind::Unknown(u)) => equal_to_unknown(a, u),
        (Kind::Null(_), Kind::Null(_)) => Some(true),
        (Kind::Null(_), _) | (_, Kind::Null(_)) => Some(false),
        (Kind::Bool(x), Kind::Bool(y)) => Some(x == y),
        (Kind::Number(x), Kind::Number(y)) => Some(x.equals(y)),
        (Kind::String(x), Kind::String(y)) => Some(x == y),
        (Kind::Bool(_) | Kind::Number(_) | Kind::String(_), _) => Some(false),
        _ => equal_structures(a, b),
    }
}

/// A known value against an unknown: only what is known of the unknown can tell them apart.
fn equal_to_unknown(known: &Value, unknown: &Unknown) -> Truth {
    if known.is_null() {
        return unknown.refinement.not_null.then_some(false);
    }
    // The known side is not null, so neither another type nor a bound that it breaks can be met.
    let possible = conforms(&known.ty(), &unknown.ty) && !unknown.refinement.excludes(known);
    if possible { None } else { Some(false) }
}

fn equal_structures(a: &Value, b: &Value) -> Truth {
    let (ta, tb) = (a.ty(), b.ty());
    if !has_known_type(a) || !has_known_type(b) {
        return if conforms(&ta, &tb) || conforms(&tb, &ta) { None } else { Some(false) };
    }
    if ta != tb {
        return Some(false);
    }
    match (&a.kind, &b.kind) {
        (Kind::Set(_, x), Kind::Set(_, y)) => {
            if x.iter().chain(y.iter()).any(Value::is_unknown) {
                return None;
            }
            Some(x.len() == y.len() && x.iter().zip(y.iter()).all(|(x, y)| equal(x, y) == Some(true)))
        }
        (Kind::List(_, x), Kind::List(_, y)) | (Kind::Tuple(x), Kind::Tuple(y)) => {
            if x.len() != y.len() {
                return Some(false);
            }
            all(x.iter().zip(y.iter()))
        }
        (Kind::Map(_, x), Kind::Map(_, y)) | (Kind::Object(x), Kind::Object(y)) => {
            if x.len() != y.len() || !x.keys().eq(y.keys()) {
                return Some(false);
            }
            all(x.values().zip(y.values()))
        }
        _ => Some(false),
    }
}

/// Members in order: the first that differs or is unknown decides, as in cty.
fn all<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Truth {
    for (x, y) in pairs {
        match equal(x, y) {
            Some(true) => {}
            decided => return decided,
        }
    }
    Some(true)
}

/// False when a part is unknown and so is its type.
fn has_known_type(value: &Value) -> bool {
    match &value.kind {
        Kind::Unknown(u) => !u.ty.has_dynamic(),
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => v.iter().all(has_known_type),
        Kind::Map(_, m) | Kind::Object(m) => m.values().all(has_known_type),
        _ => true,
    }
}

/// True when `given` is `want`, where `Dynamic` in `want` stands for any type.
pub(super) fn conforms(given: &Type, want: &Type) -> bool {
    match (given, want) {
        (_, Type::Dynamic) => true,
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            conforms(a, b)
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| conforms(a, b))
        }
        (Type::Object(a), Type::Object(b)) => {
            a.attributes.len() == b.attributes.len()
                && a.attributes.iter().zip(&b.attributes).all(|((k, a), (l, b))| k == l && conforms(a, b))
        }
        _ => given == want,
    }
}

impl Refinement {
    /// True when the known value cannot be the unknown one.
    pub fn excludes(&self, known: &Value) -> bool {
        match &known.kind {
            Kind::Null(_) => self.not_null,
            Kind::String(s) => self.prefix.as_ref().is_some_and(|p| !s.starts_with(&**p)),
            Kind::Number(n) => self.excludes_number(n),
            Kind::List(_, v) => self.excludes_length(v.len(), v.len()),
            Kind::Set(_, v) => {
                let known = v.iter().filter(|v| v.is_wholly_known()).count();
                self.excludes_length(known.max(usize::from(!v.is_empty())), v.len())
            }
            Kind::Map(_, m) => self.excludes_length(m.len(), m.len()),
            _ => false,
        }
    }

    fn excludes_length(&self, least: usize, most: usize) -> bool {
        self.min_length.is_some_and(|min| (most as u64) < min)
            || self.max_length.is_some_and(|max| least as u64 > max)
    }

    fn excludes_number(&self, n: &Number) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let outside = |bound: &Option<(Number, bool)>, side| match bound {
            Some((bound, inclusive)) => match n.compare(bound) {
                Equal => !inclusive,
                order => order == side,
            },
            None => false,
        };
        outside(&self.min, Less) || outside(&self.max, Greater)
    }
}
