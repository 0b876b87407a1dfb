//! Reads documents with three answers: a value, nothing, or unknown and why.

use std::str::FromStr;

use crate::analysis::network::prefix::{Family, Prefix};
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
    /// Something is written, and it is no such value: the reason says what would be right.
    pub(super) wrong: bool,
}

impl<T> Field<T> {
    pub(super) const ABSENT: Field<T> =
        Field { known: Known::Absent, at: None, used: None, of: None, wrong: false };

    fn of(value: &Value, known: Known<T>) -> Field<T> {
        let at = value.origin.at;
        let of = value.as_unknown().and_then(|u| source(&u.reason));
        Field { known, at, used: value.origin.via().last().copied().or(at), of, wrong: false }
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
    let mut found = field(body, path, |v| match v.as_i64() {
        Some(n) => u32::try_from(n).ok(),
        None => v.as_str().and_then(|t| t.parse().ok()),
    });
    let written = get(body, path).filter(|v| v.as_unknown().is_none()).and_then(text_of);
    if let (Known::Unknown(reason), Some(text)) = (&mut found.known, written) {
        *reason = format!("`{text}` is no whole number from 0 on");
        found.wrong = true;
    }
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
    let mut wrong = false;
    let known = match found.known {
        Known::Is(t) => t.parse().map_or_else(
            |e: T::Err| {
                wrong = true;
                Known::Unknown(e.to_string())
            },
            Known::Is,
        ),
        Known::Absent => Known::Absent,
        Known::Unknown(reason) => Known::Unknown(reason),
    };
    shown(body, path, Field { known, at: found.at, used: found.used, of: found.of, wrong })
}

/// The IPv4 range at a path; where there is none, the one of the list at another path that holds
/// ranges of both families.
pub(super) fn range_v4(body: &Value, one: &str, several: &str) -> Field<Prefix> {
    let found: Field<Prefix> = parsed(body, one);
    match found.get() {
        Some(prefix) if !prefix.is_v4() => {
            let reason = format!("`{prefix}` is not an IPv4 prefix");
            Field { known: Known::Unknown(reason), wrong: true, ..found }
        }
        Some(_) => found,
        None if found.wrong => found,
        None => {
            let listed = listed(body, several, Family::V4);
            if listed.is_absent() { found } else { listed }
        }
    }
}

/// The range of a family in a list that holds ranges of both.
pub(super) fn listed(body: &Value, path: &str, family: Family) -> Field<Prefix> {
    let Some(value) = get(body, path) else { return Field::ABSENT };
    if value.as_unknown().is_some() {
        return Field::of(value, Known::Unknown(reason(value)));
    }
    let mut open = Field::ABSENT;
    for item in value.as_slice().into_iter().flatten() {
        match item.as_str().map(str::parse::<Prefix>) {
            _ if item.marks.sensitive => open = Field::of(item, Known::Unknown(SENSITIVE.to_owned())),
            Some(Ok(prefix)) if prefix.family() == family => return Field::of(item, Known::Is(prefix)),
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                let known = Known::Unknown(error.to_string());
                open = Field { wrong: true, ..Field::of(item, known) };
            }
            None => open = Field::of(item, Known::Unknown(reason(item))),
        }
    }
    open
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

    /// Each prefix with its place.
    pub(super) fn placed(&self) -> impl Iterator<Item = (&Prefix, Option<Span>)> {
        self.list.iter().zip(self.places.iter().copied())
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
