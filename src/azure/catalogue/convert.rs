//! Values between HCL and ARM terms, by the way an attribute compares.

use super::model::Compare;
use super::read::{is_zero, text_of};
use crate::azure::roles;
use crate::terraform::value::{Kind, Type, Value};

/// The taint behind `only_critical_addons_enabled`.
pub const CRITICAL_ADDONS: &str = "CriticalAddonsOnly=true:NoSchedule";

/// An ARM value in the terms of the HCL attribute. Null and unknown stay; marks and origin too.
pub fn to_hcl(compare: Compare, arm: &Value) -> Value {
    if arm.is_null() || arm.is_unknown() {
        return arm.clone();
    }
    let hcl: Value = match compare {
        Compare::Not => (!truth(arm)).into(),
        Compare::EnabledString => match arm.as_str() {
            Some(word) => word.eq_ignore_ascii_case("enabled").into(),
            None => return arm.clone(),
        },
        Compare::BoolString => truth(arm).into(),
        Compare::Present => (!is_zero(arm)).into(),
        Compare::TaintFlag => {
            let taints = arm.as_slice().unwrap_or(std::slice::from_ref(arm));
            let critical = |t: &Value| t.as_str().is_some_and(|t| t.eq_ignore_ascii_case(CRITICAL_ADDONS));
            taints.iter().any(critical).into()
        }
        Compare::UnionTag => match arm.as_map() {
            Some(members) => match members.iter().find(|(_, v)| !v.is_null()) {
                Some((tag, _)) => tag.to_string().into(),
                None => Value::null(),
            },
            None => return arm.clone(),
        },
        Compare::RangeMin | Compare::RangeMax => {
            let text = text_of(arm).unwrap_or_default();
            let mut numbers = text.split_whitespace();
            let number = if compare == Compare::RangeMin { numbers.next() } else { numbers.next_back() };
            number.and_then(|n| n.parse::<i64>().ok()).map_or_else(Value::null, Value::from)
        }
        Compare::CsvList | Compare::CsvSet => match arm.as_str() {
            Some(text) => {
                let items = text.split(',').map(str::trim).filter(|t| !t.is_empty());
                Kind::List(Type::String, items.map(Value::from).collect::<Vec<_>>().into()).into()
            }
            None => return arm.clone(),
        },
        Compare::RoleName => {
            let guid = arm.as_str().and_then(|id| id.rsplit('/').next());
            guid.and_then(roles::name).map_or_else(Value::null, Value::from)
        }
        Compare::NumString => match arm.as_str().and_then(|t| t.parse::<i64>().ok()) {
            Some(n) => n.into(),
            None => return arm.clone(),
        },
        _ => return arm.clone(),
    };
    hcl.with_marks(arm.marks).with_origin(arm.origin.clone())
}

/// The truth of a bool or of the word for it; of anything else whether it is zero.
pub fn truth(value: &Value) -> bool {
    match &value.kind {
        Kind::Bool(b) => *b,
        Kind::String(s) => s.eq_ignore_ascii_case("true"),
        _ => !is_zero(value),
    }
}
