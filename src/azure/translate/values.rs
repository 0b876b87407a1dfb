//! HCL values in ARM terms: the inverse of `catalogue::convert::to_hcl`.

use crate::azure::catalogue::convert::{CRITICAL_ADDONS, truth};
use crate::azure::catalogue::{ArmPath, Compare, Step, text_of};
use crate::azure::id::ResourceId;
use crate::azure::{regions, roles};
use std::sync::Arc;

use crate::terraform::value::{Kind, Reason, Refinement, Type, Unknown, Value};

/// The ARM value of an argument; `None`: nothing is sent.
pub(super) fn to_arm(compare: Compare, value: &Value, path: &ArmPath, id: &ResourceId) -> Option<Value> {
    if compare == Compare::Present {
        return None;
    }
    if let Some(unknown) = value.as_unknown() {
        if !converts(compare) {
            return Some(value.clone());
        }
        // What is converted is no longer the attribute it came from.
        let arms = unknown.refinement.one_of.as_deref();
        let arms = arms.map(|arms| arms.iter().map(|a| arm(compare, a, path, id)).collect());
        let refinement = Refinement { one_of: arms, ..Refinement::default() };
        let (ty, reason) = (Type::Dynamic, unknown.reason.derived());
        let derived: Value =
            Kind::Unknown(Arc::new(Unknown { ty, reason, refinement: Arc::new(refinement) })).into();
        return Some(derived.with_origin(value.origin.clone()).with_marks(value.marks));
    }
    let made: Value = match compare {
        Compare::Not => (!truth(value)).into(),
        Compare::EnabledString => enabled(truth(value), path).into(),
        Compare::BoolString => truth(value).to_string().into(),
        Compare::NumString => text_of(value)?.into(),
        Compare::Location => regions::normal(value.as_str()?).into(),
        Compare::Date => {
            let text = value.as_str()?;
            text.get(..10).unwrap_or(text).into()
        }
        Compare::CsvList | Compare::CsvSet => {
            let items = value.as_slice()?;
            if let Some(open) = items.iter().find_map(Value::as_unknown) {
                Value::unknown(Type::String, open.reason.derived())
            } else {
                items.iter().filter_map(text_of).collect::<Vec<_>>().join(",").into()
            }
        }
        Compare::TaintFlag if truth(value) => Value::tuple(vec![CRITICAL_ADDONS.into()]),
        Compare::TaintFlag => return None,
        Compare::UnionTag => Value::object([(camel(value.as_str()?), Value::object::<&str>([]))]),
        Compare::RoleName => {
            let name = value.as_str()?;
            match roles::guid(name) {
                Some(guid) => role_definition(id, guid).into(),
                None => {
                    let reason = format!("the GUID of the role \"{name}\" is not known offline");
                    Value::unknown(Type::String, Reason::Other(reason.into()))
                }
            }
        }
        Compare::LastSegment => sibling(value.as_str()?, path, id).into(),
        Compare::LastSegmentSet => {
            let one = |v: &Value| match v.as_str() {
                Some(name) => Value::from(sibling(name, path, id)).with_origin(v.origin.clone()),
                None => v.clone(),
            };
            Value::tuple(value.as_slice()?.iter().map(one).collect())
        }
        _ => return Some(value.clone()),
    };
    Some(made.with_origin(value.origin.clone()).with_marks(value.marks))
}

/// The ARM value of what an unknown may turn out to be; null: nothing is sent.
fn arm(compare: Compare, value: &Value, path: &ArmPath, id: &ResourceId) -> Value {
    let sent = (!value.is_null()).then(|| to_arm(compare, value, path, id)).flatten();
    sent.unwrap_or_else(Value::null)
}

/// True when the ARM value is another than the HCL value.
fn converts(compare: Compare) -> bool {
    matches!(
        compare,
        Compare::Not
            | Compare::EnabledString
            | Compare::BoolString
            | Compare::NumString
            | Compare::Date
            | Compare::CsvList
            | Compare::CsvSet
            | Compare::TaintFlag
            | Compare::UnionTag
            | Compare::RoleName
            | Compare::LastSegment
            | Compare::LastSegmentSet
    )
}

/// The word for a switch. Policies of a registry write it in lower case.
fn enabled(on: bool, path: &ArmPath) -> &'static str {
    match (on, path.text.starts_with("properties.policies.")) {
        (true, false) => "Enabled",
        (false, false) => "Disabled",
        (true, true) => "enabled",
        (false, true) => "disabled",
    }
}

/// `RelativeMonthly` as the name of a member.
fn camel(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// The id of a built-in role in the subscription of a resource.
fn role_definition(id: &ResourceId, guid: &str) -> String {
    let subscription = id.subscription().map(|s| format!("/subscriptions/{s}")).unwrap_or_default();
    format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}")
}

/// The id that a name stands for: of a part of the same resource (an application gateway's listener,
/// pool, probe), or of a resource group.
fn sibling(name: &str, path: &ArmPath, id: &ResourceId) -> String {
    let mut members = path.steps.iter().rev().filter_map(|s| match s {
        Step::Member(names) => names.first().copied(),
        _ => None,
    });
    let last = members.next().unwrap_or_default();
    if last == "resourceGroupId" {
        return format!("/subscriptions/{}/resourceGroups/{name}", id.subscription().unwrap_or_default());
    }
    let member = members.next().unwrap_or_default();
    // A rule of a load balancer names what stands beside it.
    let types = id.arm_type().map_or(0, |t| t.matches('/').count());
    let owner = id.parent().filter(|_| types > 1).unwrap_or_else(|| id.clone());
    format!("{owner}/{}/{name}", collection(member))
}

/// The collection that a reference of an application gateway points into.
fn collection(member: &str) -> String {
    let member = match member.strip_prefix("default") {
        Some(rest) => camel(rest),
        None => member.to_owned(),
    };
    match member.as_str() {
        "targetListener" => "httpListeners".to_owned(),
        "backendHttpSettings" | "backendSettings" => format!("{member}Collection"),
        plural if plural.ends_with('s') => member,
        _ => format!("{member}s"),
    }
}
