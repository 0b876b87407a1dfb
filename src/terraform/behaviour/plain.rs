//! What leaving out an argument means to a provider that publishes no defaults.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::terraform::value::{Kind, Value};

/// Single arguments of azurerm without default, by type; `*` for those that have none in any type. From the
/// provider's source, version 5.x of August 2026; `cargo run --example build-plain-arguments` writes it.
static PLAIN: LazyLock<HashMap<&str, HashSet<&str>>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let mut words = line.split(' ');
        Some((words.next()?, words.collect()))
    };
    include_str!("plain.txt").lines().filter_map(line).collect()
});

/// True when the removal of a single argument is known to be a change.
fn is_plain(type_name: &str, name: &str) -> bool {
    let Some(file) = type_name.strip_prefix("azurerm_") else { return false };
    ["*", file].iter().any(|of| PLAIN.get(of).is_some_and(|names| names.contains(name)))
}

/// True when an argument is left as it was: for nothing in place of an empty value, and for a value left out
/// in place of one that may be the provider's default. Where the provider's source shows no default, leaving
/// out is a removal; elsewhere what was set and is now left out cannot be told from a default, and is taken
/// for one.
pub fn is_left(type_name: &str, name: &str, value: &Value, was: &Value) -> bool {
    let single = matches!(was.kind, Kind::Bool(_) | Kind::Number(_) | Kind::String(_));
    let may_be_default = single && !is_plain(type_name, name);
    value.is_null() && (may_be_default || is_zero(was)) || was.is_null() && is_zero(value)
}

/// What providers make no difference to null of.
fn is_zero(value: &Value) -> bool {
    match &value.kind {
        Kind::Null(_) => true,
        Kind::Bool(v) => !v,
        Kind::Number(_) => value.as_i64() == Some(0),
        Kind::String(text) => text.is_empty(),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => items.is_empty(),
        Kind::Map(_, members) => members.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_value_without_default_is_removed_by_leaving_it_out() {
        let none = Value::null();
        for (type_name, name, was, left) in [
            ("azurerm_monitor_action_group", "location", Value::from("global"), true),
            ("azurerm_monitor_action_group", "enabled", true.into(), true),
            ("azurerm_log_analytics_saved_search", "function_alias", "f".into(), false),
            ("azurerm_log_analytics_saved_search", "function_alias", "".into(), true),
            ("azuread_group", "description", "d".into(), true),
        ] {
            assert_eq!(is_left(type_name, name, &none, &was), left, "{type_name}.{name}");
        }
    }
}
