//! Data sources answered from a live estate: the catalogue's entry of the resource type of the same name
//! says where each attribute stands in the document, the data source's own schema which there are.
//!
//! What the document lacks is the zero value, as the provider sets it; what the catalogue does not know
//! stays unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::catalogue::{self, ArmPath, Compare, Element, Reader, ResourceType, Root};
use super::estate::{Document, Estate, get};
use super::id::ResourceId;
use super::regions;
use super::translate::Account;
use crate::terraform::address::Mode;
use crate::terraform::data::{Answer, DataSources, Question};
use crate::terraform::value::json::known_json;
use crate::terraform::value::{Reason, Str, Type, Value};

/// The resource types whose data source of the same name a document answers.
const READ: &[&str] = &[
    "azurerm_container_registry",
    "azurerm_key_vault",
    "azurerm_kubernetes_cluster",
    "azurerm_resource_group",
    "azurerm_subnet",
    "azurerm_user_assigned_identity",
    "azurerm_virtual_network",
];

/// Attributes that the data source alone has, or reads otherwise than the resource: type, attribute, where
/// it stands; `-` where that is not known.
const OWN: &[(&str, &str, &str)] = &[
    ("azurerm_kubernetes_cluster", "linux_profile", "-"),
    (
        "azurerm_kubernetes_cluster",
        "network_profile.network_policy",
        "properties.networkProfile.networkPolicy",
    ),
    ("azurerm_kubernetes_cluster", "service_principal", "-"),
    ("azurerm_resource_group", "managed_by", "managedBy"),
    ("azurerm_subnet", "address_prefix", "properties.addressPrefixes[0]"),
    ("azurerm_subnet", "service_endpoints", "properties.serviceEndpoints[].service"),
    ("azurerm_user_assigned_identity", "isolation_scope", "properties.isolationScope"),
    ("azurerm_virtual_network", "subnets", "properties.subnets[].name"),
];

/// A live estate that answers.
pub struct LiveData {
    /// What is live.
    pub estate: Arc<Estate>,
    /// Whose account it is, where the provider block says nothing.
    pub account: Account,
}

impl DataSources for LiveData {
    fn answer(&self, question: &Question<'_>) -> Answer {
        if question.address.mode != Mode::Data {
            return Answer::Unknown;
        }
        match &*question.address.type_name {
            "azurerm_client_config" => self.client(question),
            "azurerm_subscription" => self.subscription(question),
            "azapi_resource" => self.azapi(question),
            name if READ.contains(&name) => match catalogue::resource(name) {
                Some(ty) => self.resource(question, ty),
                None => Answer::Unknown,
            },
            _ => Answer::Unknown,
        }
    }
}

/// An answer of what is known.
fn values<const N: usize>(known: [(&str, Option<Value>); N]) -> Answer {
    let known = known.into_iter().filter_map(|(name, value)| Some((Str::from(name), value?)));
    Answer::Values(known.collect())
}

impl LiveData {
    fn setting<'a>(question: &Question<'a>, name: &str) -> Option<&'a str> {
        question.provider?.get(name)?.as_str().filter(|s| !s.is_empty())
    }

    fn subscription_of<'a>(&'a self, question: &Question<'a>) -> Option<&'a str> {
        Self::setting(question, "subscription_id").or(self.account.subscription.as_deref())
    }

    fn tenant_of<'a>(&'a self, question: &Question<'a>) -> Option<&'a str> {
        Self::setting(question, "tenant_id").or(self.account.tenant.as_deref())
    }

    fn client(&self, question: &Question<'_>) -> Answer {
        values([
            ("subscription_id", self.subscription_of(question).map(Value::from)),
            ("tenant_id", self.tenant_of(question).map(Value::from)),
        ])
    }

    fn subscription(&self, question: &Question<'_>) -> Answer {
        let named = question.argument("subscription_id");
        let Some(subscription) = named.or(self.subscription_of(question)) else { return Answer::Unknown };
        let id = ResourceId::new(format!("/subscriptions/{subscription}"));
        let document = self.estate.by_id(&id);
        let read = |path: &str| document.and_then(|d| d.get(path)).cloned();
        let tenant = self.tenant_of(question).filter(|_| named.is_none()).map(Value::from);
        values([
            ("id", Some(id.as_str().into())),
            ("subscription_id", Some(subscription.into())),
            ("tenant_id", read("tenantId").or(tenant)),
            ("display_name", read("displayName")),
            ("state", read("state")),
            ("location_placement_id", read("subscriptionPolicies.locationPlacementId")),
            ("quota_id", read("subscriptionPolicies.quotaId")),
            ("spending_limit", read("subscriptionPolicies.spendingLimit")),
        ])
    }

    /// True when a complete snapshot covers a place.
    fn covers(&self, subscription: &str, group: Option<&str>) -> bool {
        let covers = |scope: &ResourceId| {
            let same = |a: Option<&str>, b: &str| a.is_some_and(|a| a.eq_ignore_ascii_case(b));
            same(scope.subscription(), subscription)
                && match (scope.resource_group(), group) {
                    (None, _) => scope.arm_type().is_none_or(|t| t.ends_with("/subscriptions")),
                    (own, Some(group)) => {
                        same(own, group) && scope.parent().is_some_and(|p| p.resource_group().is_none())
                    }
                    (Some(_), None) => false,
                }
        };
        self.estate.complete && self.estate.scope.iter().any(covers)
    }

    fn resource(&self, question: &Question<'_>, ty: &'static ResourceType) -> Answer {
        let Some(schema) = question.schema else { return Answer::Unknown };
        let subscription = self.subscription_of(question);
        let null = Value::null();
        let estate: &Estate = &self.estate;
        fn reader<'a>(estate: &'a Estate, document: &'a Document, null: &'a Value) -> Reader<'a> {
            Reader { estate, document, declared: null, parent: None }
        }
        let wanted: Vec<_> = ty
            .roots()
            .filter(|a| a.name() == "name" || matches!(&a.arm, Some(p) if matches!(p.root, Root::Id(_))))
            .filter_map(|a| Some((a, question.argument(a.name())?)))
            .collect();
        let is_it = |document: &&Document| {
            let here = document.id.subscription().unwrap_or_default();
            subscription.is_none_or(|s| s.eq_ignore_ascii_case(here))
                && wanted.iter().all(|(attribute, text)| {
                    let found = reader(estate, document, &null).live(attribute, &[]);
                    found.and_then(|v| v.as_str().map(|v| v.eq_ignore_ascii_case(text))).unwrap_or(false)
                })
        };
        if wanted.is_empty() {
            return Answer::Unknown;
        }
        let found: Vec<&Document> = self.estate.of_type(ty.arm_type).filter(is_it).collect();
        let document = match (found.as_slice(), subscription) {
            ([one], _) => *one,
            ([], Some(subscription)) => {
                let group = question.argument("resource_group_name");
                let group =
                    group.or(question.argument("name").filter(|_| ty.name == "azurerm_resource_group"));
                return match self.covers(subscription, group) {
                    true => {
                        let named: Vec<_> =
                            wanted.iter().map(|(a, text)| format!("{} {text:?}", a.name())).collect();
                        Answer::Absent(format!(
                            "the live estate has no {} with {}",
                            ty.arm_type,
                            named.join(", ")
                        ))
                    }
                    false => Answer::Unknown,
                };
            }
            // None, or one in each of several subscriptions.
            _ => return Answer::Unknown,
        };
        let reader = reader(estate, document, &null);
        let mut out: BTreeMap<Str, Value> = BTreeMap::new();
        for attribute in &schema.attributes {
            let value = match &*attribute.name {
                "id" => Some(document.id.as_str().into()),
                name => read(&reader, ty, name, &attribute.value_type(), &[], question),
            };
            out.extend(value.map(|v| (attribute.name.clone(), v)));
        }
        if ty.name == "azurerm_kubernetes_cluster"
            && let (Some(group), Some(subscription)) =
                (document.str("properties.nodeResourceGroup"), document.id.subscription())
        {
            let id = format!("/subscriptions/{subscription}/resourceGroups/{group}");
            out.insert("node_resource_group_id".into(), id.into());
        }
        Answer::Values(out)
    }

    fn azapi(&self, question: &Question<'_>) -> Answer {
        let Some((arm_type, _)) = question.argument("type").and_then(|t| t.split_once('@')) else {
            return Answer::Unknown;
        };
        let id = match (
            question.argument("resource_id"),
            question.argument("parent_id"),
            question.argument("name"),
        ) {
            (Some(id), ..) => ResourceId::new(id),
            (None, Some(parent), Some(name)) => {
                let parent = parent.trim_end_matches('/');
                let (above, last) = arm_type.rsplit_once('/').unwrap_or(("", arm_type));
                let child = ResourceId::new(parent).arm_type().is_some_and(|t| t.eq_ignore_ascii_case(above));
                ResourceId::new(match (child, arm_type) {
                    (_, "Microsoft.Resources/resourceGroups") => format!("{parent}/resourceGroups/{name}"),
                    (true, _) => format!("{parent}/{last}/{name}"),
                    (false, _) => format!("{parent}/providers/{arm_type}/{name}"),
                })
            }
            _ => return Answer::Unknown,
        };
        let Some(document) = self.estate.by_id(&id) else {
            let covered = id.subscription().is_some_and(|s| self.covers(s, id.resource_group()));
            let absent = || Answer::Absent(format!("the live estate has no {id}"));
            return if covered { absent() } else { Answer::Unknown };
        };
        let exported = question.planned.get("response_export_values").filter(|v| !v.is_null());
        let output = exported.and_then(|paths| exported_output(&document.body, paths));
        // Version 1 of the provider gives the text of the JSON.
        let as_text =
            question.schema.and_then(|s| s.attribute("output")).is_some_and(|a| a.ty == Type::String);
        let output = match output {
            Some(output) if as_text => known_json(&output).ok().map(|json| json.to_string().into()),
            output => output,
        };
        let location = document.str("location").map(|l| regions::normal(l).into());
        values([
            ("id", Some(document.id.as_str().into())),
            ("resource_id", Some(document.id.as_str().into())),
            ("name", Some(document.name().into())),
            ("parent_id", question.argument("parent_id").map(Value::from)),
            ("location", location),
            ("tags", Some(document.get("tags").cloned().unwrap_or_else(|| Value::object::<&str>([])))),
            ("output", output),
        ])
    }
}

/// What `response_export_values` takes of a document: `["*"]`, a list of paths, or names with paths.
/// `None` for a path that is more than members.
fn exported_output(body: &Value, paths: &Value) -> Option<Value> {
    let plain = |p: &str| !p.is_empty() && p.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
    if let Some(named) = paths.as_map() {
        let one = |(name, path): (&Str, &Value)| {
            let path = path.as_str().filter(|p| *p == "@" || plain(p))?;
            let found = if path == "@" { Some(body) } else { get(body, path) };
            Some((name.clone(), found.cloned().unwrap_or_else(Value::null)))
        };
        return named.iter().map(one).collect::<Option<Vec<_>>>().map(Value::object);
    }
    let mut out = Value::object::<&str>([]);
    for path in paths.as_slice()? {
        let path = path.as_str()?;
        if path == "*" {
            return Some(body.clone());
        }
        if !plain(path) {
            return None;
        }
        if let Some(found) = get(body, path) {
            super::document::set_path(&mut out, path, found.clone());
        }
    }
    Some(out)
}

/// The value of an attribute in the type that the data source gives it.
fn read(
    reader: &Reader<'_>,
    ty: &ResourceType,
    path: &str,
    want: &Type,
    within: &[Element],
    question: &Question<'_>,
) -> Option<Value> {
    if let Some((.., arm)) = OWN.iter().find(|(of, name, _)| *of == ty.name && *name == path) {
        let arm = ArmPath::parse(arm).ok().filter(|_| *arm != "-")?;
        return Some(reader.read(&arm, within).unwrap_or_else(|| zero(want)));
    }
    let same = || ty.aliases.iter().find(|a| a.old == path && a.transform == catalogue::Transform::Same)?.new;
    let entry = ty.attribute(path).or_else(|| ty.attribute(same()?))?;
    if !entry.readable || entry.sensitive || entry.arm.is_none() {
        return None;
    }
    match want {
        Type::List(inner) | Type::Set(inner) if entry.is_block() => {
            let Type::Object(object) = &**inner else { return None };
            let elements = reader.elements(entry, within);
            let items = elements.into_iter().map(|element| {
                let within: Vec<Element> = within.iter().cloned().chain([element]).collect();
                Value::object(object.attributes.iter().map(|(name, ty_of)| {
                    let path = format!("{}.{name}", entry.path);
                    let known = read(reader, ty, &path, ty_of, &within, question);
                    let unknown = || {
                        let (address, path) = (Arc::new(question.address.clone()), path.as_str().into());
                        Value::unknown(
                            ty_of.clone(),
                            Reason::Data { address, path, derived: true, why: None },
                        )
                    };
                    (name.clone(), known.unwrap_or_else(unknown))
                }))
            });
            Some(Value::tuple(items.collect()))
        }
        _ if entry.is_block() => None,
        _ => {
            let live = reader.live(entry, within);
            Some(match live {
                Some(v) if entry.compare == Compare::Location => match v.as_str() {
                    Some(text) => regions::normal(text).into(),
                    None => v,
                },
                Some(v) => v,
                None => zero(want),
            })
        }
    }
}

/// What the provider sets where Azure says nothing.
fn zero(ty: &Type) -> Value {
    match ty {
        Type::Bool => false.into(),
        Type::Number => 0i64.into(),
        Type::String => "".into(),
        Type::List(_) | Type::Set(_) => Value::tuple(Vec::new()),
        Type::Map(_) => Value::object::<&str>([]),
        _ => Value::null(),
    }
}
