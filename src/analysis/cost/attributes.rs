//! Reading what a price depends on from a document: a value, its default, or why it is not known.

use rust_decimal::Decimal;
use std::str::FromStr;

use crate::azure::estate::{Document, get};
use crate::terraform::address::InstanceKey;
use crate::terraform::value::Value;

/// Why something cannot be priced, in words.
pub(super) type Gap = String;

/// Fails for a document that stands for nobody knows how many: a `count` or `for_each` on the way to it
/// is not known.
pub(super) fn countable(doc: &Document) -> Result<(), Gap> {
    let Some(declared) = &doc.declared else { return Ok(()) };
    let modules = declared.address.module.0.iter().map(|step| &step.key);
    let open = modules.chain([&declared.address.key]).any(|key| *key == Some(InstanceKey::Unknown));
    match open {
        true => Err("how many there are is not known: its count or for_each is unknown".to_owned()),
        false => Ok(()),
    }
}

fn known<'a>(body: &'a Value, path: &str) -> Result<Option<&'a Value>, Gap> {
    match get(body, path) {
        Some(value) => match value.as_unknown() {
            Some(unknown) => Err(format!("{} is not known: {}", last(path), unknown.reason)),
            // A component's name or figures would print it.
            None if value.marks.sensitive => {
                Err(format!("{} is sensitive: its cost would show it", last(path)))
            }
            None => Ok(Some(value)),
        },
        None => Ok(None),
    }
}

fn last(path: &str) -> &str {
    path.strip_prefix("properties.").unwrap_or(path)
}

/// A text at a path; `None` when absent or empty.
pub(super) fn text<'a>(body: &'a Value, path: &str) -> Result<Option<&'a str>, Gap> {
    match known(body, path)? {
        Some(value) => match value.as_str() {
            Some(text) => Ok((!text.is_empty()).then_some(text)),
            None => Err(format!("{} is not a text", last(path))),
        },
        None => Ok(None),
    }
}

/// A text that must be there.
pub(super) fn required<'a>(body: &'a Value, path: &str) -> Result<&'a str, Gap> {
    text(body, path)?.ok_or_else(|| format!("{} is not set", last(path)))
}

/// A whole number at a path within bounds; `None` when absent.
pub(super) fn whole(body: &Value, path: &str, most: i64) -> Result<Option<i64>, Gap> {
    let Some(value) = known(body, path)? else { return Ok(None) };
    let number = value.as_i64().or_else(|| value.as_str().and_then(|s| s.parse().ok()));
    match number {
        Some(n) if (0..=most).contains(&n) => Ok(Some(n)),
        Some(n) => Err(format!("{} is {n}, not between 0 and {most}", last(path))),
        None => Err(format!("{} is not a whole number", last(path))),
    }
}

/// A decimal number at a path, sign and all; `None` when absent.
pub(super) fn decimal(body: &Value, path: &str) -> Result<Option<Decimal>, Gap> {
    let Some(value) = known(body, path)? else { return Ok(None) };
    let text = match (value.as_i64(), value.as_number(), value.as_str()) {
        (Some(n), ..) => n.to_string(),
        (_, Some(n), _) => n.to_f64().to_string(),
        (.., Some(text)) => text.to_owned(),
        _ => return Err(format!("{} is not a number", last(path))),
    };
    let number = Decimal::from_str(&text).map_err(|_| format!("{} is not a number", last(path)))?;
    Ok(Some(number))
}

/// A flag at a path; absent is false.
pub(super) fn flag(body: &Value, path: &str) -> Result<bool, Gap> {
    let Some(value) = known(body, path)? else { return Ok(false) };
    value
        .as_bool()
        .or_else(|| value.as_str().and_then(|s| s.parse().ok()))
        .ok_or_else(|| format!("{} is neither true nor false", last(path)))
}

/// The members of a list at a path; absent is none.
pub(super) fn list<'a>(body: &'a Value, path: &str) -> Result<&'a [Value], Gap> {
    match known(body, path)? {
        Some(value) => value.as_slice().ok_or_else(|| format!("{} is not a list", last(path))),
        None => Ok(&[]),
    }
}

/// True when something stands at a path, known or not.
pub(super) fn has(body: &Value, path: &str) -> bool {
    get(body, path).is_some()
}

/// The SKU of a document: `sku.name`, else `sku.tier`, in lower case.
pub(super) fn sku(doc: &Document) -> Result<Option<String>, Gap> {
    let name = match text(&doc.body, "sku.name")? {
        Some(name) => Some(name),
        None => text(&doc.body, "sku.tier")?,
    };
    Ok(name.map(str::to_ascii_lowercase))
}
