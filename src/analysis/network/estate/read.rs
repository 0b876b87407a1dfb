//! Reads documents with three answers: a value, nothing, or unknown and why.

use std::str::FromStr;

use crate::analysis::network::prefix::Prefix;
use crate::azure::catalogue::text_of;
use crate::azure::estate::get;
use crate::terraform::source::Span;
use crate::terraform::value::{Kind, Reason, Value};

/// What is known of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Known<T> {
    Is(T),
    Absent,
    Unknown(String),
}

/// A field and its place.
#[derive(Clone, Debug)]
pub(super) struct Field<T> {
    pub(super) known: Known<T>,
    /// The text that sets it.
    pub(super) at: Option<Span>,
    /// The attribute that uses it.
    pub(super) used: Option<Span>,
    /// The resource from whose attribute an unknown one is made.
    pub(super) of: Option<String>,
}

impl<T> Field<T> {
    pub(super) const ABSENT: Field<T> = Field { known: Known::Absent, at: None, used: None, of: None };

    fn of(value: &Value, known: Known<T>) -> Field<T> {
        let at = value.origin.at;
        let of = value.as_unknown().and_then(|u| source(&u.reason));
        Field { known, at, used: value.origin.via().last().copied().or(at), of }
    }

    pub(super) fn get(&self) -> Option<&T> {
        match &self.known {
            Known::Is(v) => Some(v),
            _ => None,
        }
    }

    /// Why it is unknown.
    pub(super) fn reason(&self) -> Option<&str> {
        match &self.known {
            Known::Unknown(reason) => Some(reason),
            _ => None,
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self.known, Known::Absent)
    }
}

/// The resource whose attribute an unknown value is, or was made from.
pub(super) fn source(reason: &Reason) -> Option<String> {
    match reason {
        Reason::Computed { address, .. } => Some(address.to_string()),
        _ => None,
    }
}

/// Why a value is unknown, in words.
fn reason(value: &Value) -> String {
    value.as_unknown().map_or_else(|| "not known".to_owned(), |u| u.reason.to_string())
}

/// A field of a document by a dotted path, converted by `read`.
fn field<T>(body: &Value, path: &str, read: impl Fn(&Value) -> Option<T>) -> Field<T> {
    let Some(value) = get(body, path) else { return Field::ABSENT };
    let known = match &value.kind {
        Kind::Unknown(u) if u.reason == Reason::Failed => {
            Known::Unknown("its expression has an error".into())
        }
        Kind::Unknown(_) => Known::Unknown(reason(value)),
        _ => read(value)
            .map_or_else(|| Known::Unknown(format!("{path} is not of the expected type")), Known::Is),
    };
    Field::of(value, known)
}

/// Text; the empty one is absent.
pub(super) fn text(body: &Value, path: &str) -> Field<String> {
    let found = field(body, path, text_of);
    match &found.known {
        Known::Is(t) if t.is_empty() => Field { known: Known::Absent, ..found },
        _ => found,
    }
}

/// Why a sensitive figure is not reckoned with: formulas would print it.
const SENSITIVE: &str = "it is sensitive, and its figures are not shown";

/// A field whose value a report would print; a sensitive one is not known.
fn shown<T>(body: &Value, path: &str, found: Field<T>) -> Field<T> {
    match get(body, path).is_some_and(|v| v.marks.sensitive) {
        true => Field { known: Known::Unknown(SENSITIVE.to_owned()), ..found },
        false => found,
    }
}

/// A whole number from 0 on; text of digits counts, as some documents have it.
pub(super) fn number(body: &Value, path: &str) -> Field<u32> {
    let found = field(body, path, |v| match v.as_i64() {
        Some(n) => u32::try_from(n).ok(),
        None => v.as_str().and_then(|t| t.parse().ok()),
    });
    shown(body, path, found)
}

/// Truth.
pub(super) fn flag(body: &Value, path: &str) -> Field<bool> {
    field(body, path, Value::as_bool)
}

/// A value of text form, such as a prefix or an amount.
pub(super) fn parsed<T: FromStr>(body: &Value, path: &str) -> Field<T>
where
    T::Err: std::fmt::Display,
{
    let found = text(body, path);
    let known = match found.known {
        Known::Is(t) => match t.parse() {
            Ok(v) => Known::Is(v),
            Err(e) => Known::Unknown(format!("{e}")),
        },
        Known::Absent => Known::Absent,
        Known::Unknown(reason) => Known::Unknown(reason),
    };
    shown(body, path, Field { known, at: found.at, used: found.used, of: found.of })
}

/// Prefixes of a list, each with its place, and what is wrong with those that are none.
#[derive(Clone, Debug, Default)]
pub(super) struct Prefixes {
    pub(super) list: Vec<Prefix>,
    /// Where each is written.
    pub(super) places: Vec<Option<Span>>,
    /// Members that are no prefix: message and place.
    pub(super) bad: Vec<(String, Option<Span>)>,
    /// Why the list, or a part of it, is unknown.
    pub(super) unknown: Option<String>,
}

impl Prefixes {
    /// The place of the first prefix.
    pub(super) fn at(&self) -> Option<Span> {
        self.places.iter().flatten().next().copied()
    }

    fn add(&mut self, value: &Value) {
        match &value.kind {
            _ if value.marks.sensitive => self.unknown = Some(SENSITIVE.to_owned()),
            Kind::Unknown(_) => self.unknown = Some(reason(value)),
            Kind::String(text) => match text.parse() {
                Ok(prefix) => {
                    self.list.push(prefix);
                    self.places.push(value.origin.at);
                }
                Err(error) => self.bad.push((format!("{error}"), value.origin.at)),
            },
            _ => {}
        }
    }
}

/// The prefixes at a path that holds a list or one text.
pub(super) fn prefixes(body: &Value, paths: &[&str]) -> Prefixes {
    let mut out = Prefixes::default();
    for value in paths.iter().filter_map(|p| get(body, p)) {
        match value.as_slice() {
            Some(items) => items.iter().for_each(|i| out.add(i)),
            None => out.add(value),
        }
        if !out.list.is_empty() || out.unknown.is_some() || !out.bad.is_empty() {
            break;
        }
    }
    out
}
