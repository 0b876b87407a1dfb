//! Functions of `Azure/azapi` (2.x; `internal/services/functions` of its source). The provider also holds
//! the scope of a parent against the types that it knows; that is not done here.

use super::super::call::{Call, Fault, fail};
use super::super::table::{Function, Param, Shape};
use super::id::{full_type, join, pairs, provider_at, segment};
use super::unique::unique_string;
use crate::terraform::value::{Entries, Kind, Str, Type, Value};

const TYPE: Param = Param::string("resource_type");
const NAMES: Param = Param::new("resource_names", Shape::List(&Shape::String));
const SUBSCRIPTION: Param = Param::string("subscription_id");

pub(in super::super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "provider::azapi::build_resource_id",
        &[Param::string("parent_id"), TYPE, Param::string("name")],
        Shape::String,
        |c| c.text(&build(c.str(2), c.str(0), plain_type(c.str(1))?)?),
    ),
    Function::new(
        "provider::azapi::extension_resource_id",
        &[Param::string("base_resource_id"), TYPE, NAMES],
        Shape::String,
        |c| nested(c, c.str(0)),
    ),
    Function::new(
        "provider::azapi::management_group_resource_id",
        &[Param::string("management_group_name"), TYPE, NAMES],
        Shape::String,
        |c| nested(c, &format!("/providers/Microsoft.Management/managementGroups/{}", c.str(0))),
    ),
    Function::typed(
        "provider::azapi::parse_resource_id",
        &[TYPE, Param::string("resource_id")],
        |_| Ok(parsed_type()),
        parse,
    ),
    Function::new(
        "provider::azapi::resource_group_resource_id",
        &[SUBSCRIPTION, Param::string("resource_group_name"), TYPE, NAMES],
        Shape::String,
        |c| nested(c, &format!("/subscriptions/{}/resourceGroups/{}", c.str(0), c.str(1))),
    ),
    Function::typed(
        "provider::azapi::snake2camel",
        &[Param::any("input").nullable()],
        |c| Ok(camel_type(&c.arg(0).ty())),
        |c| Ok(camel(c.arg(0))),
    )
    .may_be_null(),
    Function::new(
        "provider::azapi::subscription_resource_id",
        &[SUBSCRIPTION, TYPE, NAMES],
        Shape::String,
        |c| nested(c, &format!("/subscriptions/{}", c.str(0))),
    ),
    Function::new("provider::azapi::tenant_resource_id", &[TYPE, NAMES], Shape::String, |c| nested(c, "/")),
    Function::new(
        "provider::azapi::unique_string",
        &[Param::new("base_string", Shape::List(&Shape::String))],
        Shape::String,
        |c| {
            let texts: Vec<&str> = c.members(0).iter().filter_map(Value::as_str).collect();
            // Unknown members leave the whole open.
            if texts.len() < c.members(0).len() {
                return Ok(c.unknown_result());
            }
            c.text(&unique_string(&texts.join("-")))
        },
    ),
];

const TEXTS: &[&str] = &[
    "id",
    "name",
    "parent_id",
    "provider_namespace",
    "resource_group_id",
    "resource_group_name",
    "subscription_id",
    "type",
];

fn parsed_type() -> Type {
    let texts = TEXTS.iter().map(|name| (Str::from(*name), Type::String));
    Type::object(texts.chain([("parts".into(), Type::map(Type::String))]))
}

/// A type without `@` and API version.
fn plain_type(text: &str) -> Result<&str, Fault> {
    match text.split('@').collect::<Vec<_>>()[..] {
        [plain] | [plain, _] => Ok(plain),
        _ => fail("`type` is invalid, it should be like `ResourceProvider/resourceTypes@ApiVersion`"),
    }
}

/// The type of the resource of an id; empty for what is no id.
fn type_of(id: &str) -> String {
    if id == "/" {
        return "Microsoft.Resources/tenants".to_owned();
    }
    let Some(pairs) = pairs(id) else { return String::new() };
    match (provider_at(&pairs), &pairs[..]) {
        (Some(at), _) if at + 1 == pairs.len() => "Microsoft.Resources/providers".to_owned(),
        (Some(at), _) => full_type(&pairs, at),
        (None, [_]) => "Microsoft.Resources/subscriptions".to_owned(),
        (None, [_, (name, _)]) if name.eq_ignore_ascii_case("resourceGroups") => {
            "Microsoft.Resources/resourceGroups".to_owned()
        }
        (None, _) => String::new(),
    }
}

/// The id of a resource of a type below a parent.
fn build(name: &str, parent: &str, ty: &str) -> Result<String, Fault> {
    let scope = if parent == "/" { "" } else { parent };
    Ok(match ty.rsplit_once('/') {
        None => format!("{scope}/providers/{name}"),
        Some((above, last)) if above.contains('/') => {
            if !type_of(parent).eq_ignore_ascii_case(above) {
                return fail(format!("`parent_id is invalid`: expect ID of `{above}`"));
            }
            format!("{parent}/{last}/{name}")
        }
        Some(_) => match ty {
            "Microsoft.Resources/resourceGroups" => format!("{parent}/resourceGroups/{name}"),
            "Microsoft.Resources/subscriptions" => format!("/subscriptions/{name}"),
            "Microsoft.Resources/tenants" => "/".to_owned(),
            "Microsoft.Resources/providers" => format!("{scope}/providers/{name}"),
            _ => format!("{scope}/providers/{ty}/{name}"),
        },
    })
}

/// The id below a parent of a type, with a name for each of its parts: the last two arguments.
fn nested(call: &Call, parent: &str) -> Result<Value, Fault> {
    let (ty, names) = (call.args.len() - 2, call.args.len() - 1);
    let names = call.members(names);
    if names.is_empty() {
        return fail("resource names cannot be empty");
    }
    let Some((provider, types)) = plain_type(call.str(ty))?.split_once('/') else {
        return fail("invalid azure resource type, it should be like `ResourceProvider/resourceTypes`");
    };
    let types: Vec<&str> = types.split('/').collect();
    if names.len() != types.len() {
        return fail(format!(
            "number of resource names does not match the number of resource type parts, expected {}, got {}",
            types.len(),
            names.len()
        ));
    }
    if names.iter().any(Value::is_unknown) {
        return Ok(call.unknown_result());
    }
    let (mut id, mut whole) = (parent.to_owned(), provider.to_owned());
    for (part, name) in types.into_iter().zip(names) {
        whole = format!("{whole}/{part}");
        id = build(name.as_str().unwrap_or_default(), &id, &whole)?;
    }
    call.text(&id)
}

fn parse(call: &Call) -> Result<Value, Fault> {
    let (given, id) = (call.str(0), call.str(1));
    let ty = plain_type(given)?;
    let found = type_of(id);
    let failed = |why: String| {
        let shown = if given.contains('@') { given.to_owned() } else { format!("{given}@latest") };
        fail(format!("failed to parse resource ID(resourceType: {shown}, resourceId: {id}): {why}"))
    };
    const PROVIDERS: &str = "Microsoft.Resources/providers";
    if found == PROVIDERS {
        if ty.contains('/') && !ty.eq_ignore_ascii_case(PROVIDERS) {
            let why =
                "`resource_id` and `type` are not matched, expect `type` to be a provider type, but got";
            return failed(format!("{why} {ty}"));
        }
    } else if !ty.eq_ignore_ascii_case(&found) {
        let why = "`resource_id` and `type` are not matched, expect `type` to be";
        return failed(format!("{why} {found}, but got {ty}"));
    }
    let pairs = pairs(id).unwrap_or_default();
    let parent = match &pairs[..] {
        [] => String::new(),
        [above @ .., (name, _), _] if name.eq_ignore_ascii_case("providers") => join(above),
        [above @ .., _] => join(above),
    };
    let group = segment(&pairs, "resourceGroups");
    let subscription = segment(&pairs, "subscriptions");
    let text = |name: &str| match name {
        "id" => id.to_owned(),
        "name" => pairs.last().map_or("", |(_, value)| value).to_owned(),
        "parent_id" if parent.is_empty() && !pairs.is_empty() => "/".to_owned(),
        "parent_id" => parent.clone(),
        "provider_namespace" => match provider_at(&pairs) {
            Some(at) if found != PROVIDERS => pairs[at].1.to_owned(),
            _ => "Microsoft.Resources".to_owned(),
        },
        "resource_group_id" if !group.is_empty() => {
            format!("/subscriptions/{subscription}/resourceGroups/{group}")
        }
        "resource_group_name" => group.to_owned(),
        "subscription_id" => subscription.to_owned(),
        "type" => ty.to_owned(),
        _ => String::new(),
    };
    let texts = TEXTS.iter().map(|name| (*name, Value::string(&text(name))));
    let parts = pairs.iter().map(|(name, value)| (Str::from(*name), Value::string(value)));
    Ok(Value::object(texts.chain([("parts", Value::map(Type::String, parts))])))
}

/// `snake_case` as `camelCase`.
fn camel_name(name: &str) -> Str {
    let mut upper = false;
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '_' => upper = true,
            c if std::mem::take(&mut upper) => out.extend(c.to_uppercase()),
            c => out.extend(c.to_lowercase()),
        }
    }
    out.into()
}

fn camel(value: &Value) -> Value {
    let members = |m: &Entries| -> Entries { m.iter().map(|(k, v)| (camel_name(k), camel(v))).collect() };
    match &value.kind {
        Kind::Object(m) => Value { kind: Kind::Object(members(m).into()), ..value.clone() },
        Kind::Map(ty, m) => Value { kind: Kind::Map(camel_type(ty), members(m).into()), ..value.clone() },
        Kind::Null(ty) => Value { kind: Kind::Null(camel_type(ty)), ..value.clone() },
        Kind::List(ty, items) => {
            let items: Vec<Value> = items.iter().map(camel).collect();
            Value { kind: Kind::List(camel_type(ty), items.into()), ..value.clone() }
        }
        Kind::Set(ty, items) => {
            let set = Value::set(camel_type(ty), items.iter().map(camel).collect());
            Value { kind: set.kind, ..value.clone() }
        }
        _ => value.clone().map_children(|child| camel(&child)),
    }
}

fn camel_type(ty: &Type) -> Type {
    match ty {
        Type::List(of) => Type::list(camel_type(of)),
        Type::Set(of) => Type::set(camel_type(of)),
        Type::Map(of) => Type::map(camel_type(of)),
        Type::Tuple(items) => Type::Tuple(items.iter().map(camel_type).collect::<Vec<_>>().into()),
        Type::Object(object) => {
            Type::object(object.attributes.iter().map(|(name, ty)| (camel_name(name), camel_type(ty))))
        }
        other => other.clone(),
    }
}
