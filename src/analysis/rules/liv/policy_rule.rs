//! The condition of an Azure Policy, asked of a document that the code declares.
//!
//! Supported are `allOf`, `anyOf`, `not`, `field` and `value` with the usual tests, and parameters. What is not
//! (`count`, functions of templates, aliases that the model does not know) makes the answer unknown, and says so.
//! Source: <https://learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule>.

use std::collections::BTreeMap;

use crate::analysis::rules::Truth;
use crate::azure::catalogue;
use crate::azure::estate::{Document, get};
use crate::terraform::value::Value;

/// How deep conditions nest.
const DEPTH: u32 = 32;

/// Parameters of an assignment, by name in lower case.
pub(super) type Given = BTreeMap<String, Value>;

/// What is asked of a document.
pub(super) struct Question<'a> {
    /// The document.
    pub(super) document: &'a Document,
    /// The parameters.
    pub(super) given: &'a Given,
}

/// The values that a condition is about: none where the field is absent.
enum Field<'a> {
    Known(Vec<&'a Value>),
    Text(String),
    NotUnderstood(String),
}

impl Question<'_> {
    /// Whether a condition holds.
    pub(super) fn holds(&self, condition: &Value) -> Truth {
        self.within(condition, DEPTH)
    }

    fn within(&self, condition: &Value, depth: u32) -> Truth {
        let Some(members) = condition.as_map().filter(|_| depth > 0) else {
            return not_understood("a condition");
        };
        let member = |name: &str| members.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v);
        let parts = |value: &Value| -> Vec<Truth> {
            let items = value.as_slice().unwrap_or_default();
            items.iter().map(|part| self.within(part, depth - 1)).collect()
        };
        if let Some(list) = member("allOf") {
            return Truth::all(parts(list));
        }
        if let Some(list) = member("anyOf") {
            return Truth::any(parts(list));
        }
        if let Some(part) = member("not") {
            return !self.within(part, depth - 1);
        }
        let field = match (member("field"), member("value")) {
            (Some(field), _) => self.field(field.as_str().unwrap_or_default()),
            (None, Some(value)) => match self.resolved(value) {
                Ok(value) => return self.tests(members, |test, wanted| test_of(test, Some(&value), wanted)),
                Err(what) => Field::NotUnderstood(what),
            },
            (None, None) => Field::NotUnderstood("count".to_owned()),
        };
        let of_members = member("field").and_then(Value::as_str).is_some_and(|name| name.contains("[*]"));
        match field {
            Field::NotUnderstood(what) => not_understood(&what),
            Field::Text(text) => {
                let value = Value::from(text);
                self.tests(members, |test, wanted| test_of(test, Some(&value), wanted))
            }
            // Of a field of several members each must pass, and of none no one fails.
            Field::Known(values) if values.is_empty() && of_members => Truth::Yes,
            Field::Known(values) if values.is_empty() => {
                self.tests(members, |test, wanted| test_of(test, None, wanted))
            }
            Field::Known(values) => self.tests(members, |test, wanted| {
                Truth::all(values.iter().map(|value| test_of(test, Some(value), wanted)))
            }),
        }
    }

    /// The test beside a field or value.
    fn tests<'m>(
        &self,
        members: impl IntoIterator<Item = (&'m crate::terraform::value::Str, &'m Value)>,
        ask: impl Fn(&str, &Value) -> Truth,
    ) -> Truth {
        let mut tests = members
            .into_iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("field") && !name.eq_ignore_ascii_case("value"));
        let Some((name, wanted)) = tests.next() else { return not_understood("a condition without a test") };
        match self.resolved(wanted) {
            Ok(wanted) => ask(&name.to_ascii_lowercase(), &wanted),
            Err(what) => not_understood(&what),
        }
    }

    /// A value with its parameters in place.
    pub(super) fn resolved(&self, value: &Value) -> Result<Value, String> {
        if let Some(items) = value.as_slice() {
            let items: Result<Vec<Value>, String> = items.iter().map(|v| self.resolved(v)).collect();
            return items.map(Value::tuple);
        }
        let Some(text) = value.as_str().filter(|t| t.starts_with('[') && !t.starts_with("[[")) else {
            return Ok(value.clone());
        };
        let inner = text.trim_start_matches('[').trim_end_matches(']').trim();
        let argument = |function: &str| {
            let rest = inner.get(..function.len()).filter(|f| f.eq_ignore_ascii_case(function));
            let rest = rest.and_then(|f| inner.get(f.len()..))?.trim();
            rest.strip_prefix("('")?.strip_suffix("')")
        };
        if let Some(name) = argument("parameters") {
            let known = self.given.get(&name.to_ascii_lowercase()).cloned();
            return known.ok_or_else(|| format!("the parameter {name} is not given"));
        }
        if let Some(name) = argument("field") {
            return match self.field(name) {
                Field::Text(text) => Ok(Value::from(text)),
                Field::Known(values) if values.len() == 1 => Ok(values[0].clone()),
                _ => Err(inner.to_owned()),
            };
        }
        Err(inner.to_owned())
    }

    fn field(&self, name: &str) -> Field<'_> {
        let document = self.document;
        let at = |path: &str| Field::Known(document.get(path).into_iter().collect());
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "type" => return Field::Text(document.arm_type.clone()),
            "name" | "fullname" => return Field::Text(document.name().to_owned()),
            "id" => return Field::Text(document.id.to_string()),
            "location" | "kind" | "tags" | "identity.type" => return at(&lower),
            _ => {}
        }
        let tag = name.strip_prefix("tags.").or_else(|| {
            let quoted = name.strip_prefix("tags['").and_then(|t| t.strip_suffix("']"));
            quoted.or_else(|| name.strip_prefix("tags[")?.strip_suffix(']'))
        });
        if let Some(tag) = tag {
            let Ok(tag) = self.resolved(&Value::from(tag)) else {
                return Field::NotUnderstood(name.to_owned());
            };
            let tags = document.get("tags");
            if let Some(unknown) = tags.filter(|t| t.is_unknown()) {
                return Field::Known(vec![unknown]);
            }
            let members = tags.and_then(Value::as_map).into_iter().flatten();
            let is_it = |k: &str| tag.as_str().is_some_and(|t| t.eq_ignore_ascii_case(k));
            return Field::Known(members.filter(|(k, _)| is_it(k)).map(|(_, v)| v).collect());
        }
        let Some((kind, alias)) = name.rsplit_once('/') else { return Field::NotUnderstood(name.to_owned()) };
        if !kind.eq_ignore_ascii_case(&document.arm_type) {
            // A field of another type is absent.
            return Field::Known(Vec::new());
        }
        let paths = [format!("properties.{alias}"), alias.to_owned()];
        for path in &paths {
            let mut found = Vec::new();
            below(&document.body, path, &mut found);
            if !found.is_empty() {
                return Field::Known(found);
            }
        }
        // Absent is what the model could have put there.
        let plain = |text: &str| text.replace("[*]", "").replace("[]", "").to_ascii_lowercase();
        let ty = catalogue::by_arm_type(&document.arm_type);
        let known = ty.into_iter().flat_map(|t| &t.attributes).filter_map(|a| a.arm.as_ref());
        let is_known = known.map(|p| plain(p.text)).any(|p| paths.iter().any(|q| plain(q) == p));
        match is_known {
            true => Field::Known(Vec::new()),
            false => Field::NotUnderstood(name.to_owned()),
        }
    }
}

/// The values at a path in which `[*]` stands for every member.
fn below<'a>(value: &'a Value, path: &str, into: &mut Vec<&'a Value>) {
    match path.split_once("[*]") {
        None => into.extend(get(value, path.trim_start_matches('.'))),
        Some((head, rest)) => {
            let list = if head.is_empty() { Some(value) } else { get(value, head.trim_start_matches('.')) };
            let Some(list) = list else { return };
            match list.as_slice() {
                Some(items) if rest.is_empty() => into.extend(items),
                Some(items) => items.iter().for_each(|item| below(item, rest.trim_start_matches('.'), into)),
                None => into.push(list),
            }
        }
    }
}

fn not_understood(what: &str) -> Truth {
    Truth::Unknown(format!("not checked: {what}"))
}

/// A test of a value; nothing when the field is absent.
fn test_of(test: &str, value: Option<&Value>, wanted: &Value) -> Truth {
    if let Some(unknown) = value.and_then(Value::as_unknown) {
        return match test {
            "exists" => Truth::is_set(value).and(is(wanted, true).into()),
            _ => Truth::Unknown(unknown.reason.to_string()),
        };
    }
    let one_of = || {
        let items = wanted.as_slice().unwrap_or_default();
        value.is_some_and(|v| items.iter().any(|w| same(v, w)))
    };
    let like = || {
        let text = value.and_then(text_of);
        text.zip(text_of(wanted)).is_some_and(|(v, pattern)| matches(&pattern, &v))
    };
    let contains = || match value {
        Some(v) if v.as_slice().is_some() => {
            v.as_slice().unwrap_or_default().iter().any(|item| same(item, wanted))
        }
        Some(v) => text_of(v).zip(text_of(wanted)).is_some_and(|(v, w)| v.contains(&w)),
        None => false,
    };
    let ordered = |test: fn(std::cmp::Ordering) -> bool| {
        let pair = value.and_then(Value::as_i64).zip(wanted.as_i64());
        pair.is_some_and(|(a, b)| test(a.cmp(&b)))
    };
    match test {
        "equals" => value.is_some_and(|v| same(v, wanted)).into(),
        "notequals" => (!value.is_some_and(|v| same(v, wanted))).into(),
        "in" => one_of().into(),
        "notin" => (!one_of()).into(),
        "like" => like().into(),
        "notlike" => (!like()).into(),
        "contains" => contains().into(),
        "notcontains" => (!contains()).into(),
        "exists" => (value.is_some() == is(wanted, true)).into(),
        "containskey" => {
            let key = text_of(wanted).unwrap_or_default();
            value
                .and_then(Value::as_map)
                .is_some_and(|m| m.keys().any(|k| k.eq_ignore_ascii_case(&key)))
                .into()
        }
        "greater" => ordered(std::cmp::Ordering::is_gt).into(),
        "greaterorequals" => ordered(std::cmp::Ordering::is_ge).into(),
        "less" => ordered(std::cmp::Ordering::is_lt).into(),
        "lessorequals" => ordered(std::cmp::Ordering::is_le).into(),
        other => not_understood(other),
    }
}

fn is(value: &Value, wanted: bool) -> bool {
    let word = if wanted { "true" } else { "false" };
    value.as_bool() == Some(wanted) || value.as_str().is_some_and(|s| s.eq_ignore_ascii_case(word))
}

/// Text of a value as policies compare it.
fn text_of(value: &Value) -> Option<String> {
    let plain = value.as_str().map(str::to_ascii_lowercase);
    let number = || value.as_i64().map(|n| n.to_string());
    plain.or_else(|| value.as_bool().map(|b| b.to_string())).or_else(number)
}

fn same(a: &Value, b: &Value) -> bool {
    text_of(a).zip(text_of(b)).is_some_and(|(a, b)| a == b)
}

/// A pattern with at most one `*`.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => {
            text.len() >= head.len() + tail.len() && text.starts_with(head) && text.ends_with(tail)
        }
    }
}
