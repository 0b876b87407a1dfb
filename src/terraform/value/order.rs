//! The order of members of a set.

use std::cmp::Ordering;

use super::equality::equal;
use super::number::Layout;
use super::text::quote_go;
use super::{Kind, Value};

/// Sorts members as Terraform shows them and drops repeated ones. Unknown members are all kept: they
/// may turn out to differ.
pub(super) fn sort_unique(mut members: Vec<Value>) -> Vec<Value> {
    let structured = members.iter().any(|m| m.as_slice().is_some() || m.as_map().is_some());
    if structured {
        members.sort_by_cached_key(|m| (rank(m), serialised(m)));
    } else {
        members.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| compare(a, b)));
    }
    members.dedup_by(|later, kept| equal(kept, later) == Some(true));
    members
}

impl Value {
    /// A text that two wholly known values of one type share exactly when they are equal; marks do not
    /// count.
    pub fn identity(&self) -> String {
        let mut out = String::new();
        serialise(self, &mut out, true);
        out
    }
}

/// Known values before unknown ones, nulls last.
fn rank(value: &Value) -> u8 {
    match value.kind {
        Kind::Unknown(_) => 1,
        Kind::Null(_) => 2,
        _ => 0,
    }
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (&a.kind, &b.kind) {
        (Kind::String(a), Kind::String(b)) => a.cmp(b),
        (Kind::Number(a), Kind::Number(b)) => a.compare(b),
        (Kind::Bool(a), Kind::Bool(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

/// cty's serialised form, by which sets of lists, maps, tuples and objects are ordered; numbers have
/// ten digits in it, so the full text follows to tell near ones apart.
fn serialised(value: &Value) -> (String, String) {
    let (mut short, mut full) = (String::new(), String::new());
    serialise(value, &mut short, false);
    serialise(value, &mut full, true);
    (short, full)
}

fn serialise(value: &Value, out: &mut String, full: bool) {
    let list = |members: &[Value], open: char, close: char, out: &mut String| {
        out.push(open);
        for member in members {
            serialise(member, out, full);
            out.push(';');
        }
        out.push(close);
    };
    match &value.kind {
        Kind::Unknown(_) => out.push('?'),
        Kind::Null(_) => out.push('~'),
        Kind::Bool(b) => out.push(if *b { 'T' } else { 'F' }),
        Kind::Number(n) if full => match n.to_integer() {
            Some(whole) => out.push_str(&whole.to_string()),
            None => out.push_str(&n.to_string()),
        },
        Kind::Number(n) => {
            if n.is_negative() {
                out.push('-');
            }
            out.push_str(&n.format(Layout::General(Some(10)), 'e'));
        }
        Kind::String(s) => out.push_str(&quote_go(s)),
        Kind::List(_, v) | Kind::Set(_, v) => list(v, '[', ']', out),
        Kind::Tuple(v) => list(v, '<', '>', out),
        Kind::Map(_, m) => {
            out.push('{');
            for (k, v) in m.iter() {
                out.push_str(&quote_go(k));
                out.push(':');
                serialise(v, out, full);
                out.push(';');
            }
            out.push('}');
        }
        Kind::Object(m) => {
            out.push('<');
            for v in m.values() {
                serialise(v, out, full);
                out.push(';');
            }
            out.push('>');
        }
    }
}
