//! When a configured and a live value are the same, and when the provider would disagree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use regex::{Regex, RegexBuilder};

use super::normal::{Normal, last_segment, normal};
use crate::azure::catalogue::{Attribute, Compare, is_zero, text_of};
use crate::terraform::value::Value;

/// True when a configured value and a live one (already in HCL terms) are the same.
pub(in crate::analysis::changes) fn same(attribute: &Attribute, configured: &Value, live: &Value) -> bool {
    if is_zero(configured) && is_zero(live) {
        return true;
    }
    let live = &without_extra(attribute, configured, live);
    match attribute.compare {
        Compare::VersionPrefix => match (text_of(configured), text_of(live)) {
            (Some(c), Some(l)) => {
                c == l || l.strip_prefix(c.as_str()).is_some_and(|rest| rest.starts_with('.'))
            }
            _ => is_zero(configured) && is_zero(live),
        },
        // A role that the built-in table does not know was not named: nothing to compare with.
        Compare::RoleName if is_zero(live) => true,
        Compare::Superset => {
            let items = |v: &Value| -> BTreeSet<Normal> {
                v.as_slice().unwrap_or_default().iter().map(|i| normal(Compare::Superset, i)).collect()
            };
            let (wanted, found) = (items(configured), items(live));
            // What may be there besides was dropped from `live` already when patterns say which.
            wanted.is_subset(&found) && (attribute.ignore_extra.is_empty() || wanted.len() == found.len())
        }
        Compare::KvKeyUrl => match (normal(Compare::KvKeyUrl, configured), normal(Compare::KvKeyUrl, live)) {
            (Normal::Text(c), Normal::Text(l)) => {
                l == c || l.strip_prefix(c.as_str()).is_some_and(|rest| rest.starts_with('/'))
            }
            (c, l) => c == l,
        },
        compare => normal(compare, &listed(configured, live)) == normal(compare, &listed(live, configured)),
    }
}

/// A scalar beside a list is a list of one.
fn listed(value: &Value, beside: &Value) -> Value {
    if beside.as_slice().is_some() && value.as_slice().is_none() && !is_zero(value) {
        return Value::tuple(vec![value.clone()]);
    }
    value.clone()
}

/// The live list without members that do not count unless configured.
fn without_extra(attribute: &Attribute, configured: &Value, live: &Value) -> Value {
    let Some(items) = live.as_slice().filter(|_| !attribute.ignore_extra.is_empty()) else {
        return live.clone();
    };
    let wanted = configured.as_slice().unwrap_or_default();
    let is_wanted = |v: &Value| wanted.iter().any(|w| normal(Compare::Ci, w) == normal(Compare::Ci, v));
    let is_extra = |v: &Value| text_of(v).is_some_and(|t| matches_any(&attribute.ignore_extra, &t));
    Value::tuple(items.iter().filter(|v| is_wanted(v) || !is_extra(v)).cloned().collect())
        .with_origin(live.origin.clone())
}

/// True when one of the patterns, any case, is found in a text.
pub(super) fn matches_any(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|p| compiled(p).is_some_and(|r| r.is_match(text)))
}

/// A pattern of the catalogue, compiled once.
fn compiled(pattern: &str) -> Option<Regex> {
    static COMPILED: Mutex<BTreeMap<String, Option<Regex>>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = compiled.get(pattern) {
        return known.clone();
    }
    let regex = RegexBuilder::new(pattern).case_insensitive(true).build().ok();
    compiled.insert(pattern.to_owned(), regex.clone());
    regex
}

/// True when the provider too takes two values for the same. Called for values that are the same.
pub(in crate::analysis::changes) fn same_to_provider(
    attribute: &Attribute,
    configured: &Value,
    live: &Value,
) -> bool {
    let strict = attribute.strict;
    if !(strict.case || strict.name_case || strict.order) {
        return true;
    }
    if attribute.compare == Compare::Tags {
        let keys = |v: &Value| v.as_map().map(|m| m.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        return keys(configured) == keys(live);
    }
    let spelled = |v: &Value| -> Vec<String> {
        let one = std::slice::from_ref(v);
        let items = v.as_slice().unwrap_or(if is_zero(v) { &[] } else { one });
        let mut texts: Vec<String> = items
            .iter()
            .filter_map(text_of)
            // A name is told of by an id that ends in it.
            .map(|t| match attribute.compare {
                Compare::LastSegment | Compare::LastSegmentSet => last_segment(&t).to_owned(),
                _ => t,
            })
            .map(|t| match (strict.name_case, strict.case) {
                (true, _) => fixed_segments_lower(&t),
                (false, true) => t,
                (false, false) => t.trim().to_lowercase(),
            })
            .collect();
        if !strict.order {
            texts.sort();
        }
        texts
    };
    // What only Azure adds does not count here either.
    spelled(configured) == spelled(&without_extra(attribute, configured, live))
}

/// An id with its fixed segments (`resourceGroups`, `providers` and what follows it) in lower case
/// and the names as they are.
fn fixed_segments_lower(id: &str) -> String {
    let mut previous = "";
    let mut out = Vec::new();
    for (at, segment) in id.split('/').enumerate() {
        let is_name = at > 0 && at % 2 == 0 && !previous.eq_ignore_ascii_case("providers");
        out.push(if is_name { segment.to_owned() } else { segment.to_lowercase() });
        previous = segment;
    }
    out.join("/")
}
