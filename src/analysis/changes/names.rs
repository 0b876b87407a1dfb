//! Differences in the words of the user's code: the older name of an attribute, with its value, where the code uses
//! it or the provider's version has no other.

use super::compare::Found;
use crate::azure::catalogue::{self, Alias, ResourceType, Transform};
use crate::azure::estate::Declared;
use crate::terraform::schema::{self, Block};
use crate::terraform::value::Type;
use crate::terraform::value::Value;

/// Name and both sides of a difference.
pub(super) struct Written {
    pub(super) name: String,
    pub(super) declared: Option<Value>,
    pub(super) live: Option<Value>,
}

/// A difference as the code would write it. A value that the older attribute cannot have stays as it is.
pub(super) fn written(ty: &'static ResourceType, side: &Declared, found: &Found) -> Written {
    let same =
        || Written { name: found.path.clone(), declared: found.declared.clone(), live: found.live.clone() };
    let Some(alias) = alias(ty, side, &found.path) else { return same() };
    if alias.transform == Transform::Same {
        let rest = found.path.get(alias.new.map_or(0, str::len)..).unwrap_or_default();
        return Written { name: format!("{}{rest}", alias.old), ..same() };
    }
    let older = |value: &Option<Value>| {
        let value = value.as_ref()?;
        Some(backwards(&alias.transform, value.clone()).unwrap_or_else(|| value.clone()))
    };
    Written { name: alias.old.to_owned(), declared: older(&found.declared), live: older(&found.live) }
}

/// The alias under which an attribute stands in the code, or would have to stand.
fn alias(ty: &'static ResourceType, side: &Declared, path: &str) -> Option<&'static Alias> {
    let below = |new: &str| path == new || path.strip_prefix(new).is_some_and(|rest| rest.starts_with('.'));
    let all = || ty.aliases.iter().filter(|a| a.new.is_some_and(below));
    let longest = |a: &&Alias| a.new.map(str::len);
    let written = all().filter(|a| catalogue::declared(&side.instance.config, a.old).is_some());
    written.max_by_key(longest).or_else(|| {
        let mut older = all().filter(|a| side.major < a.removed_in).peekable();
        older.peek()?;
        let schema = schema::catalogue::resource("hashicorp/azurerm", Some(side.major), ty.name)?;
        older
            .filter(|a| a.new.is_some_and(|new| !has(&schema, new)) && has(&schema, a.old))
            .max_by_key(longest)
    })
}

/// True when a schema has the argument or block at a dotted path.
fn has(block: &Block, path: &str) -> bool {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    match (block.nested(name), block.attribute(name), rest) {
        (None, None, _) => false,
        (_, _, None) => true,
        (Some(nested), _, Some(rest)) => has(&nested.block, rest),
        (None, Some(attribute), Some(rest)) => in_type(&attribute.value_type(), rest),
    }
}

/// The same for an argument whose value is made of objects.
fn in_type(ty: &Type, path: &str) -> bool {
    let mut ty = ty;
    while let Some(element) = ty.element() {
        ty = element;
    }
    let Type::Object(object) = ty else { return false };
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let member = object.attributes.get(name);
    member.is_some_and(|member| rest.is_none_or(|rest| in_type(member, rest)))
}

/// The older value that becomes today's one; `None` where that cannot be told.
pub(super) fn backwards(transform: &Transform, value: Value) -> Option<Value> {
    let origin = value.origin.clone();
    let older = match transform {
        Transform::Same => Some(value),
        Transform::Negate => value.as_bool().map(|b| (!b).into()),
        Transform::WrapInList => match value.as_slice() {
            Some([only]) => Some(only.clone()),
            _ => None,
        },
        Transform::Words(words) => {
            let text = value.as_str()?;
            let (old, _) = words.iter().find(|(_, new)| new.eq_ignore_ascii_case(text))?;
            Some(old.parse::<bool>().map_or_else(|_| Value::from(*old), Value::from))
        }
        _ => None,
    }?;
    Some(older.with_origin(origin))
}

/// The parts of an id by their names in a template; `None` where the id has another form.
pub(super) fn decomposed(template: &'static str, id: &str) -> Option<Vec<(&'static str, String)>> {
    let (wanted, there): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), id.split('/').collect());
    if wanted.len() != there.len() {
        return None;
    }
    let mut parts = Vec::new();
    for (wanted, there) in wanted.into_iter().zip(there) {
        match wanted.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
            Some(name) => parts.push((name, there.to_owned())),
            None if wanted.eq_ignore_ascii_case(there) => {}
            None => return None,
        }
    }
    Some(parts)
}
