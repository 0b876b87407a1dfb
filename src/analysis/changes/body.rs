//! azapi: its body is an ARM document already, so what the code sets is held against the same place of
//! the live one. What the code leaves out is not managed, as azapi has it.

use std::collections::BTreeSet;

use super::compare::Resolve;
use super::ignored::is_ignored;
use super::report::{Difference, ResourceDrift};
use super::{Class, Effect};
use crate::azure::catalogue::{is_zero, text_of};
use crate::azure::estate::{Declared, get};
use crate::terraform::source::SourceMap;
use crate::terraform::value::{Kind, Value};

/// Bodies nested deeper than this are not compared any further.
const MAX_DEPTH: usize = 64;

/// Objects whose members are all managed as soon as one is set: a live member more is drift.
const WHOLE: [&str; 2] = ["tags", "identity.userAssignedIdentities"];

/// Compares a declared body with a live one.
pub(super) fn compare(
    result: &mut ResourceDrift,
    side: &Declared,
    declared: &Value,
    live: &Value,
    resolve: &dyn Resolve,
    sources: &SourceMap,
) {
    let mut walk = Walk { result, side, resolve, sources };
    for (name, value) in declared.as_map().into_iter().flatten() {
        if !["id", "name", "type"].contains(&&**name) {
            walk.value(value, get(live, name), name, 0);
        }
    }
    walk.result.settle();
}

struct Walk<'a> {
    result: &'a mut ResourceDrift,
    side: &'a Declared,
    resolve: &'a dyn Resolve,
    sources: &'a SourceMap,
}

impl Walk<'_> {
    fn value(&mut self, declared: &Value, live: Option<&Value>, path: &str, depth: usize) {
        if declared.is_null() || depth > MAX_DEPTH {
            return;
        }
        if let Some(unknown) = declared.as_unknown() {
            match self.resolve.resolve(declared) {
                Some(known) => self.value(&known, live, path, depth + 1),
                None => self.result.not_compared.push((self.shown(path), unknown.reason.to_string())),
            }
            return;
        }
        let live = live.filter(|v| !v.is_null());
        match (declared.as_map(), declared.as_slice(), live) {
            (Some(members), _, Some(there)) if there.as_map().is_some() => {
                let whole = WHOLE.contains(&path);
                for (name, value) in members {
                    let (step, found) = (format!("{path}.{name}"), member(there, name));
                    match found {
                        None if whole && !value.is_null() => self.put(Some(value), None, &step, Class::Drift),
                        found => self.value(value, found, &step, depth + 1),
                    }
                }
                let own: BTreeSet<String> = members.keys().map(|k| k.to_lowercase()).collect();
                let more = there.as_map().into_iter().flatten().filter(|_| whole);
                for (name, value) in more.filter(|(k, _)| !own.contains(&k.to_lowercase())) {
                    self.put(None, Some(value), &format!("{path}.{name}"), Class::Drift);
                }
            }
            (_, Some(items), Some(there)) if there.as_slice().is_some() => {
                self.list(declared, items, there, path, depth);
            }
            // azapi keeps what the answer leaves out: secrets, and what the service does not give back.
            (.., None) => {
                if !is_zero(declared) && !is_empty(declared) {
                    self.put(Some(declared), None, path, Class::OutsideTerraform);
                }
            }
            (.., Some(there)) => self.scalar(declared, there, path),
        }
    }

    fn list(&mut self, declared: &Value, items: &[Value], live: &Value, path: &str, depth: usize) {
        let there = live.as_slice().unwrap_or_default();
        if items.len() != there.len() {
            return self.put(Some(declared), Some(live), path, Class::Drift);
        }
        let name = |v: &Value| get(v, "name").and_then(Value::as_str).map(str::to_lowercase);
        let names = |all: &[Value]| all.iter().map(name).collect::<Option<Vec<_>>>();
        let texts = |all: &[Value]| {
            let mut texts = all.iter().map(text_of).collect::<Option<Vec<_>>>()?;
            texts.sort();
            Some(texts)
        };
        if let (Some(own), Some(other)) = (names(items), names(there)) {
            let at: std::collections::HashMap<&String, usize> =
                other.iter().enumerate().map(|(i, n)| (n, i)).collect();
            for (item, name) in items.iter().zip(&own) {
                match at.get(name).and_then(|i| there.get(*i)) {
                    Some(found) => self.value(item, Some(found), &format!("{path}[{name}]"), depth + 1),
                    None => return self.put(Some(declared), Some(live), path, Class::Drift),
                }
            }
        } else if texts(items).is_some_and(|own| Some(own) == texts(there)) {
            if items.iter().map(text_of).ne(there.iter().map(text_of)) {
                self.put(Some(declared), Some(live), path, Class::Spelling);
            }
        } else {
            for (at, (item, found)) in items.iter().zip(there).enumerate() {
                self.value(item, Some(found), &format!("{path}[{at}]"), depth + 1);
            }
        }
    }

    fn scalar(&mut self, declared: &Value, live: &Value, path: &str) {
        let (Some(own), Some(other)) = (text_of(declared), text_of(live)) else {
            if !(is_zero(declared) && is_zero(live)) {
                self.put(Some(declared), Some(live), path, Class::Drift);
            }
            return;
        };
        let squeezed = |t: &str| t.to_lowercase().replace(' ', "");
        if own == other || path == "location" && squeezed(&own) == squeezed(&other) {
            return;
        }
        let same = matches!(declared.kind, Kind::String(_)) && own.to_lowercase() == other.to_lowercase();
        let class = if same { Class::Spelling } else { Class::Drift };
        self.put(Some(declared), Some(live), path, class);
    }

    /// The path as the code writes it.
    fn shown(&self, path: &str) -> String {
        let head = path.split(['.', '[']).next().unwrap_or(path);
        let top = self.side.instance.config.get(head).is_some_and(|v| !v.is_null());
        if top { path.to_owned() } else { format!("body.{path}") }
    }

    fn put(&mut self, declared: Option<&Value>, live: Option<&Value>, path: &str, class: Class) {
        let name = self.shown(path);
        if is_ignored(None, &self.side.instance.lifecycle, &name, &name) {
            self.result.ignored += 1;
            return;
        }
        let span = declared.and_then(|v| v.origin.at).unwrap_or(self.side.block);
        self.result.differences.push(Difference {
            attribute: name,
            arm_path: path.to_owned(),
            declared: declared.cloned(),
            live: live.cloned(),
            state: None,
            sensitive: [declared, live].into_iter().flatten().any(Value::is_sensitive_anywhere),
            effect: if path == "location" { Effect::Replace } else { Effect::InPlace },
            effect_known: true,
            class,
            accepted: None,
            new: None,
            who: None,
            place: self.sources.place(span),
        });
    }
}

fn member<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    let map = object.as_map()?;
    map.get(name).or_else(|| map.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v))
}

/// True for an object of nothing but empty members.
fn is_empty(value: &Value) -> bool {
    value.as_map().is_some_and(|m| m.values().all(|v| v.is_null() || is_zero(v)))
}
