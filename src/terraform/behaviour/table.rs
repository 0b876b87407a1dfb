//! Providers without a catalogue. The facts are those of the providers' own sources: plan modifiers
//! `RequiresReplace` and `UseStateForUnknown`, `ForceNew`.

use super::plain::is_left;
use super::{Planned, Update, argument, computed, with};
use crate::terraform::schema::{Attribute, Block};
use crate::terraform::value::{Kind, Value};

/// Which arguments of a type cannot be updated.
enum Forces {
    All,
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

/// A type, or all types of a provider.
struct Rule {
    source: &'static str,
    /// Empty for all types.
    type_name: &'static str,
    forces: Forces,
    /// On any update it computes all again but these; nothing for a provider that keeps what it computed.
    keeps: Option<&'static [&'static str]>,
}

const fn rule(source: &'static str, type_name: &'static str, forces: Forces) -> Rule {
    Rule { source, type_name, forces, keeps: None }
}

const TABLE: &[Rule] = &[
    rule("hashicorp/null", "null_resource", Forces::Only(&["triggers"])),
    rule("hashicorp/random", "", Forces::All),
    rule("hashicorp/local", "", Forces::All),
    rule("hashicorp/tls", "tls_private_key", Forces::All),
    rule("hashicorp/tls", "tls_cert_request", Forces::All),
    rule("hashicorp/tls", "", Forces::AllBut(&["early_renewal_hours"])),
    rule("hashicorp/time", "time_static", Forces::All),
    Rule {
        keeps: Some(&["base_rfc3339", "id"]),
        ..rule("hashicorp/time", "time_offset", Forces::Only(&["triggers"]))
    },
    Rule {
        keeps: Some(&["rfc3339", "id", "day", "hour", "minute", "month", "second", "unix", "year"]),
        ..rule("hashicorp/time", "time_rotating", Forces::Only(&["triggers", "rfc3339", "rotation_rfc3339"]))
    },
    rule("hashicorp/time", "time_sleep", Forces::Only(&["triggers"])),
    Rule {
        keeps: Some(&["id", "name", "parent_id", "location", "tags", "identity"]),
        ..rule("azure/azapi", "azapi_resource", Forces::Only(&["name", "parent_id", "location"]))
    },
];

impl Rule {
    /// The rule for a type of a provider; nothing for one that is not known here.
    fn of(source: &str, type_name: &str) -> Option<&'static Rule> {
        TABLE.iter().find(|r| r.source == source && (r.type_name.is_empty() || r.type_name == type_name))
    }

    fn forces(&self, argument: &str) -> bool {
        match self.forces {
            Forces::All => true,
            Forces::Only(names) => names.contains(&argument),
            Forces::AllBut(names) => !names.contains(&argument),
        }
    }
}

/// True for an argument that cannot be updated, of a type whose provider is known here. `source` is the
/// provider's source address, such as `azure/azapi`.
pub fn forces(source: &str, type_name: &str, argument: &str) -> bool {
    Rule::of(source, type_name).is_some_and(|rule| rule.forces(argument))
}

/// What comes of a proposal.
pub(super) fn plan(update: &Update<'_>) -> Planned {
    let as_proposed = |value: Value| Planned { value, replace: Vec::new() };
    let Some(rule) = Rule::of(update.source, &update.address.type_name) else {
        return as_proposed(as_before(
            &update.address.type_name,
            update.schema,
            update.proposed,
            update.prior,
        ));
    };
    let configurable = |a: &&Attribute| a.required || a.optional;
    let replace = update.schema.attributes.iter().filter(configurable).filter(|a| rule.forces(&a.name));
    let replace = replace.map(|a| argument(&a.name)).collect();
    let changes = update.prior.equals(update.proposed).as_bool() != Some(true);
    let value = match rule.keeps {
        Some(kept) if changes => {
            let anew = update.schema.attributes.iter().filter(|a| {
                let (was, is) = (update.prior.get(&a.name), update.proposed.get(&a.name));
                let set = was.zip(is).is_none_or(|(was, is)| was.equals(is).as_bool() != Some(true));
                a.computed && !set && !kept.contains(&&*a.name)
            });
            let anew = anew.map(|a| (a.name.clone(), computed(update, &a.name, a.value_type())));
            with(update.proposed, anew.collect::<Vec<_>>())
        }
        _ => update.proposed.clone(),
    };
    Planned { value, replace }
}

/// Providers fill in defaults that their schemas do not publish: what the configuration leaves out is as it
/// was where [`is_left`] says so.
fn as_before(type_name: &str, schema: &Block, proposed: &Value, prior: &Value) -> Value {
    let (Some(new), Some(old)) = (proposed.as_map(), prior.as_map()) else { return proposed.clone() };
    let members = new.iter().map(|(name, value)| {
        let value = match (old.get(name), schema.attribute(name), schema.nested(name)) {
            (Some(was), Some(a), _) if !a.write_only && is_left(type_name, name, value, was) => was.clone(),
            (Some(was), None, Some(nested)) => match (value.as_slice(), was.as_slice()) {
                (Some(items), Some(earlier)) if matches!(value.kind, Kind::Set(..)) => {
                    if is_same_set(type_name, &nested.block, items, earlier) {
                        was.clone()
                    } else {
                        value.clone()
                    }
                }
                (Some(items), Some(earlier)) if items.len() == earlier.len() => {
                    let mut earlier = earlier.iter();
                    value.clone().map_children(|item| match earlier.next() {
                        Some(was) => as_before(type_name, &nested.block, &item, was),
                        None => item,
                    })
                }
                _ => as_before(type_name, &nested.block, value, was),
            },
            _ => value.clone(),
        };
        (name.clone(), value)
    });
    Value { kind: Kind::Object(std::sync::Arc::new(members.collect())), ..proposed.clone() }
}

/// True when each member of a set is, but for what it leaves out, one of those that were.
fn is_same_set(type_name: &str, block: &Block, items: &[Value], earlier: &[Value]) -> bool {
    let mut left: Vec<&Value> = earlier.iter().collect();
    let mut is_there = |item: &Value| {
        let found = left.iter().position(|was| {
            let kept = as_before(type_name, block, &kept_computed(block, item, was), was);
            kept.equals(was).as_bool() == Some(true)
        });
        found.map(|at| left.remove(at)).is_some()
    };
    items.len() == earlier.len() && items.iter().all(&mut is_there)
}

/// A member of a set with what the provider computed before, where it is not known.
pub fn kept_computed(block: &Block, item: &Value, was: &Value) -> Value {
    let Some(members) = item.as_map() else { return item.clone() };
    let is_kept =
        |name: &str, value: &Value| value.is_unknown() && block.attribute(name).is_some_and(|a| a.computed);
    let kept = members.iter().filter(|(name, value)| is_kept(name, value));
    let kept: Vec<_> = kept.filter_map(|(name, _)| Some((name.clone(), was.get(name)?.clone()))).collect();
    with(item, kept)
}
