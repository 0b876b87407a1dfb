//! Functions of `hashicorp/azurerm` (4.x and later; `internal/provider/function` of its source).

use super::super::call::{Call, Fault, fail};
use super::super::table::{Function, Param, Shape};
use super::id::{full_type, join, pairs, provider_at, segment};
use crate::terraform::value::{Str, Type, Value};

const ID: &[Param] = &[Param::string("id")];

pub(in super::super) const FUNCTIONS: &[Function] = &[
    Function::new("provider::azurerm::normalise_resource_id", ID, Shape::String, normalise),
    Function::typed("provider::azurerm::parse_resource_id", ID, |_| Ok(parsed_type()), parse),
];

const TEXTS: &[&str] = &[
    "full_resource_type",
    "resource_group_name",
    "resource_name",
    "resource_provider",
    "resource_scope",
    "resource_type",
    "subscription_id",
];

fn parsed_type() -> Type {
    let texts = TEXTS.iter().map(|name| (Str::from(*name), Type::String));
    Type::object(texts.chain([("parent_resources".into(), Type::map(Type::String))]))
}

fn malformed<T>(id: &str) -> Result<T, Fault> {
    fail(format!(
        "could not determine resource ID type from {id}, ID may be malformed or currently not supported in \
         the provider"
    ))
}

/// The provider takes ids of the types that it knows only; here every well-formed one is taken, and types
/// are spelled as they are written.
fn parse(call: &Call) -> Result<Value, Fault> {
    let id = call.str(0);
    if id.is_empty() {
        return fail("Got empty ID");
    }
    let Some(pairs) = pairs(id) else { return malformed(id) };
    let provider = provider_at(&pairs);
    // What extends a resource has that resource as its scope, of which nothing else is told.
    let extends = provider.filter(|at| pairs[..*at].iter().any(|(n, _)| n.eq_ignore_ascii_case("providers")));
    let (scope, own) = pairs.split_at(extends.unwrap_or(0));
    let Some((last, _)) = own.split_last() else { return malformed(id) };
    let types = provider.map_or(&[][..], |at| &pairs[at + 1..]);
    let (kind, full, parents) = match (provider, types.split_last()) {
        (Some(at), Some((_, parents))) => (last.0, full_type(&pairs, at), parents),
        (Some(_), None) => return malformed(id),
        (None, _) => (last.0, format!("/{}", last.0), &[][..]),
    };
    let text = |name: &str| match name {
        "full_resource_type" => full.clone(),
        "resource_group_name" => segment(own, "resourceGroups").to_owned(),
        "resource_name" if provider.is_some() => last.1.to_owned(),
        "resource_provider" => provider.map_or("", |at| pairs[at].1).to_owned(),
        "resource_scope" => join(scope),
        "resource_type" => kind.to_owned(),
        "subscription_id" => segment(own, "subscriptions").to_owned(),
        _ => String::new(),
    };
    let texts = TEXTS.iter().map(|name| (*name, Value::string(&text(name))));
    let parents = parents.iter().map(|(name, value)| (Str::from(*name), Value::string(value)));
    Ok(Value::object(texts.chain([("parent_resources", Value::map(Type::String, parents))])))
}

/// The spelling of what all ids have in common; that of types, which the provider mends for the ids that it
/// knows, stays: ids are compared without case.
fn normalise(call: &Call) -> Result<Value, Fault> {
    const COMMON: &[&str] = &["subscriptions", "resourceGroups", "providers"];
    let id = call.str(0);
    let Some(mut pairs) = pairs(id) else { return malformed(id) };
    for (name, _) in &mut pairs {
        *name = COMMON.iter().find(|common| common.eq_ignore_ascii_case(name)).unwrap_or(name);
    }
    call.text(&join(&pairs))
}
