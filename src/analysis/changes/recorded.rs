//! The third side: what the state has recorded beside what is declared and what is live.

use std::collections::BTreeMap;

use super::report::{ResourceDrift, Status};
use crate::terraform::change::Changes;
use crate::terraform::evaluation::Evaluation;
use crate::terraform::value::Value;

/// Writes what the state has into each resource and difference; nothing without a state.
pub(super) fn add_state(evaluation: &Evaluation, resources: &mut [ResourceDrift]) {
    let Some(changes) = &evaluation.changes else { return };
    let recorded: BTreeMap<String, &Value> =
        changes.instances.iter().map(|(address, change)| (address.to_string(), &change.before)).collect();
    let gone = gone(changes);
    for resource in resources {
        let Some(before) = recorded.get(&resource.address) else {
            let left = gone.get(&resource.id.to_ascii_lowercase());
            resource.in_state = Some(resource.status == Status::Unmanaged && left.is_some());
            if let Some(address) = left.filter(|_| resource.status == Status::Unmanaged) {
                resource.note = format!("the state has it as {address}");
            }
            continue;
        };
        resource.in_state = Some(true);
        for difference in &mut resource.differences {
            difference.state = at(before, &difference.attribute);
        }
    }
}

/// Addresses that only the state has, by the id in lower case.
fn gone(changes: &Changes) -> BTreeMap<String, String> {
    let id = |value: &Value| value.get("id").and_then(Value::as_str).map(str::to_ascii_lowercase);
    changes.gone.iter().filter_map(|g| Some((id(&g.change.before)?, g.address.to_string()))).collect()
}

/// The value at a dotted path, null when there is nothing; `None` where several blocks could be meant. A
/// key of a map may hold dots.
fn at(value: &Value, path: &str) -> Option<Value> {
    if path.is_empty() {
        return Some(value.clone());
    }
    if let Some(items) = value.as_slice() {
        return match items {
            [] => Some(Value::null()),
            [one] => at(one, path),
            _ => None,
        };
    }
    if value.is_null() {
        return Some(Value::null());
    }
    value.as_map()?;
    if let Some(whole) = value.get(path) {
        return Some(whole.clone());
    }
    match path.split_once('.') {
        Some((head, rest)) if !head.contains('[') => {
            value.get(head).map_or(Some(Value::null()), |v| at(v, rest))
        }
        Some(_) => None,
        None => (!path.contains('[')).then(Value::null),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terraform::value::Str;

    #[test]
    fn a_path_leads_through_single_blocks_and_keys_with_dots() {
        let object = |members: &[(&str, Value)]| {
            let members = members.iter().map(|(k, v)| (Str::from(*k), v.clone()));
            Value::object(members.collect::<BTreeMap<_, _>>())
        };
        let tags = object(&[("a.b", Value::from("x"))]);
        let value = object(&[("tags", tags), ("name", Value::from("n"))]);
        assert_eq!(at(&value, "tags.a.b").unwrap().as_str(), Some("x"));
        assert!(at(&value, "tags.c").unwrap().is_null());
        assert!(at(&value, "absent.c").unwrap().is_null());
        assert!(at(&value, "pools[a].name").is_none());
    }
}
