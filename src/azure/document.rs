//! ARM documents as Azure or a snapshot gives them, and the children inside of them.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value as Json;

use super::estate::{Document, Estate, get};
use super::id::ResourceId;
use super::{catalogue, json, types};
use crate::terraform::value::{Kind, Reason, Str, Unknown, Value};

/// How deep envelopes may be nested: a page in a list of pages in a file.
const MAX_ENVELOPES: usize = 4;

/// A list inside a document whose members are resources of their own.
pub(super) struct Inline {
    /// ARM type of the document.
    pub(super) parent: &'static str,
    /// The list below `properties`.
    pub(super) list: &'static str,
    /// ARM type of the members.
    pub(super) arm_type: &'static str,
    /// The block of the azurerm resource that declares members inline.
    pub(super) block: &'static str,
    /// The members are properties themselves, without a `properties` of their own.
    flat: bool,
}

/// Every such list of the model.
pub(super) static INLINE: &[Inline] = &[
    Inline { parent: types::VNET, list: "subnets", arm_type: types::SUBNET, block: "subnet", flat: false },
    Inline {
        parent: types::VNET,
        list: "virtualNetworkPeerings",
        arm_type: types::PEERING,
        block: "",
        flat: false,
    },
    Inline {
        parent: types::NSG,
        list: "securityRules",
        arm_type: types::NSG_RULE,
        block: "security_rule",
        flat: false,
    },
    Inline {
        parent: types::ROUTE_TABLE,
        list: "routes",
        arm_type: types::ROUTE,
        block: "route",
        flat: false,
    },
    Inline {
        parent: types::CLUSTER,
        list: "agentPoolProfiles",
        arm_type: types::POOL,
        block: "default_node_pool",
        flat: true,
    },
    Inline {
        parent: types::VAULT,
        list: "accessPolicies",
        arm_type: types::ACCESS_POLICY,
        block: "access_policy",
        flat: true,
    },
    Inline {
        parent: types::LOAD_BALANCER,
        list: "loadBalancingRules",
        arm_type: types::LB_RULE,
        block: "",
        flat: false,
    },
    Inline {
        parent: types::LOAD_BALANCER,
        list: "inboundNatRules",
        arm_type: types::LB_NAT_RULE,
        block: "",
        flat: false,
    },
    Inline {
        parent: types::LOAD_BALANCER,
        list: "inboundNatPools",
        arm_type: types::LB_NAT_POOL,
        block: "",
        flat: false,
    },
    Inline {
        parent: types::LOAD_BALANCER,
        list: "outboundRules",
        arm_type: types::LB_OUTBOUND_RULE,
        block: "",
        flat: false,
    },
    Inline {
        parent: types::LOAD_BALANCER,
        list: "probes",
        arm_type: types::LB_PROBE,
        block: "",
        flat: false,
    },
];

impl Estate {
    /// An estate of what Azure says: ARM documents, arrays of them, or the envelopes of LIST answers
    /// (`value`) and Resource Graph (`data`). Children inside of their parents become documents of
    /// their own unless they stand alone as well. What has no id is left out and named in `gaps`.
    pub fn from_documents<'a>(documents: impl IntoIterator<Item = &'a Json>) -> Estate {
        let mut gathered = Gathered::default();
        for json in documents {
            gathered.gather(json, MAX_ENVELOPES);
        }
        let Gathered { found, nameless, .. } = gathered;
        let alone: HashSet<String> = found.iter().map(|d| d.id.key()).collect();
        let mut estate = Estate::new([]);
        for document in found {
            let children: Vec<Document> = children(&document).map(|(child, _)| child).collect();
            estate.insert(document);
            for child in children.into_iter().filter(|c| !alone.contains(&c.id.key())) {
                estate.insert(child);
            }
        }
        if nameless > 0 {
            estate.gaps.push(format!("{nameless} documents have no id"));
        }
        estate
    }
}

/// The rows of an answer of Resource Graph in its table form, as objects.
fn rows(json: &Json) -> Option<Vec<Json>> {
    let table = json.get("data")?;
    let columns = table.get("columns")?.as_array()?;
    let names: Vec<&str> = columns.iter().filter_map(|c| c["name"].as_str()).collect();
    let rows = table.get("rows")?.as_array()?.iter().filter_map(Json::as_array);
    let object = |row: &Vec<Json>| names.iter().map(|n| (*n).to_owned()).zip(row.iter().cloned()).collect();
    Some(rows.map(|row| Json::Object(object(row))).collect())
}

/// Documents out of their envelopes.
#[derive(Default)]
struct Gathered {
    found: Vec<Document>,
    /// How many have no id.
    nameless: usize,
    reader: json::Reader,
}

impl Gathered {
    fn gather(&mut self, json: &Json, depth: usize) {
        if let Some(rows) = rows(json).filter(|_| depth > 0) {
            return rows.iter().for_each(|row| self.gather(row, depth - 1));
        }
        let envelope = match json {
            Json::Array(items) => Some(items),
            Json::Object(o) if !o.contains_key("id") => {
                ["value", "data", "resources"].iter().find_map(|k| o.get(*k)?.as_array())
            }
            _ => None,
        };
        match envelope {
            Some(items) if depth > 0 => items.iter().for_each(|i| self.gather(i, depth - 1)),
            _ => match document(self.reader.value(json)) {
                Some(document) => self.found.push(document),
                None => self.nameless += 1,
            },
        }
    }
}

/// A document from its body: the type is that of the id, in its usual spelling.
pub fn document(body: Value) -> Option<Document> {
    let text = get(&body, "id")?.as_str().filter(|t| t.starts_with('/'))?;
    let mut id = ResourceId::new(text);
    // An entry of a network's `usages` has the id of the subnet that it counts: it becomes its child.
    let counts = get(&body, "currentValue").is_some() && get(&body, "limit").is_some();
    if counts && id.arm_type().is_some_and(|t| t.eq_ignore_ascii_case(types::SUBNET)) {
        id = ResourceId::new(format!("{id}/usages/SubnetSpace"));
    }
    let arm_type = id.arm_type().or_else(|| get(&body, "type")?.as_str().map(str::to_owned))?;
    let arm_type = usual_spelling(arm_type);
    let body = complete(body, &arm_type);
    Some(Document::new(id, arm_type, body, None))
}

/// The spelling of a type that the catalogue has, whatever the case.
pub(super) fn usual_spelling(arm_type: String) -> String {
    let inline = || INLINE.iter().find(|i| i.arm_type.eq_ignore_ascii_case(&arm_type)).map(|i| i.arm_type);
    match catalogue::by_arm_type(&arm_type).map(|t| t.arm_type).or_else(inline) {
        Some(usual) => usual.to_owned(),
        None if arm_type.eq_ignore_ascii_case(types::DIAGNOSTICS) => types::DIAGNOSTICS.to_owned(),
        None => arm_type,
    }
}

/// Fills in what some API versions answer in another shape: the one prefix of a subnet as a list.
fn complete(mut body: Value, arm_type: &str) -> Value {
    if arm_type.eq_ignore_ascii_case(types::SUBNET)
        && get(&body, "properties.addressPrefixes").is_none()
        && let Some(prefix) = get(&body, "properties.addressPrefix").cloned()
        && let Some(properties) = entry(&mut body, "properties")
    {
        set(properties, "addressPrefixes", Value::tuple(vec![prefix]));
    }
    body
}

/// The resources that stand inside a document, with the list and the place in it. What of a list is not known stands
/// as one member of which nothing is known.
pub(super) fn children(
    document: &Document,
) -> impl Iterator<Item = (Document, (&'static Inline, usize))> + '_ {
    INLINE.iter().filter(|i| document.is(i.parent)).flat_map(move |inline| {
        let list = document.get(&format!("properties.{}", inline.list));
        let open = list.filter(|l| l.as_unknown().is_some_and(may_be_something)).map(std::slice::from_ref);
        let items = open.or(list.and_then(Value::as_slice)).unwrap_or_default();
        let child =
            move |(at, item): (usize, &Value)| Some((child(document, inline, item, at)?, (inline, at)));
        items.iter().enumerate().filter_map(child)
    })
}

/// False where an unknown list or member is certainly nothing: one that refers to nothing, or one without members.
fn may_be_something(unknown: &Unknown) -> bool {
    unknown.reason != Reason::Failed && unknown.refinement.max_length != Some(0)
}

/// A member of which nothing is known.
fn open_child(parent: &Document, inline: &Inline, item: &Value, at: usize) -> Option<Document> {
    // Groups of security rules know by themselves that there may be more of them.
    if inline.arm_type == types::NSG_RULE || !item.as_unknown().is_some_and(may_be_something) {
        return None;
    }
    let segment = inline.arm_type.rsplit('/').next()?;
    let id = ResourceId::new(format!("{}/{segment}/<{at}>", parent.id));
    let body = [
        ("id", id.as_str().into()),
        ("name", item.clone()),
        ("type", inline.arm_type.into()),
        ("properties", item.clone()),
    ];
    let body = Value::object(body).with_origin(item.origin.clone());
    Some(Document::new(id, inline.arm_type.to_owned(), body, None))
}

fn child(parent: &Document, inline: &Inline, item: &Value, at: usize) -> Option<Document> {
    if item.is_unknown() {
        return open_child(parent, inline, item, at);
    }
    let members = item.as_map()?;
    let segment = inline.arm_type.rsplit('/').next()?;
    let name = child_name(inline, item);
    let text = match get(item, "id").and_then(Value::as_str).filter(|_| !inline.flat) {
        Some(id) => id.to_owned(),
        // A name that is not known must not hide a neighbour's.
        None => match name.as_ref().and_then(Value::as_str) {
            Some(name) => format!("{}/{segment}/{name}", parent.id),
            None => format!("{}/{segment}/<{at}>", parent.id),
        },
    };
    let id = ResourceId::new(text);
    let mut body: Vec<(Str, Value)> = vec![
        ("id".into(), id.as_str().into()),
        ("name".into(), name.unwrap_or_else(|| id.name().into())),
        ("type".into(), inline.arm_type.into()),
    ];
    if inline.flat {
        let properties = members.iter().filter(|(k, _)| !k.eq_ignore_ascii_case("name"));
        let properties = Value::object(properties.map(|(k, v)| (k.clone(), v.clone())));
        body.push(("properties".into(), properties.with_origin(item.origin.clone())));
    } else {
        let fixed = |k: &str| ["id", "name", "type"].iter().any(|f| k.eq_ignore_ascii_case(f));
        body.extend(members.iter().filter(|(k, _)| !fixed(k)).map(|(k, v)| (k.clone(), v.clone())));
    }
    let body = complete(Value::object(body).with_origin(item.origin.clone()), inline.arm_type);
    Some(Document::new(id, inline.arm_type.to_owned(), body, None))
}

/// The name of a member: its own, or of an access policy whose it is.
fn child_name(inline: &Inline, item: &Value) -> Option<Value> {
    if inline.arm_type != types::ACCESS_POLICY {
        return get(item, "name").cloned();
    }
    let object = get(item, "objectId")?;
    let application = get(item, "applicationId").and_then(Value::as_str).unwrap_or_default();
    match object.as_str() {
        Some(object) => Some(access_policy_name(object, application).into()),
        None => Some(object.clone()),
    }
}

/// The name of an access policy's document: the principal, and the application it acts through.
pub(super) fn access_policy_name(object: &str, application: &str) -> String {
    if application.is_empty() { object.to_owned() } else { format!("{object}.{application}") }
}

/// The member of an object, made when it is missing; a null becomes an object. `None` when the
/// value is something else.
pub(super) fn entry<'v>(value: &'v mut Value, name: &str) -> Option<&'v mut Value> {
    if value.is_null() {
        value.kind = Kind::Object(Arc::default());
    }
    let (Kind::Object(map) | Kind::Map(_, map)) = &mut value.kind else { return None };
    let map = Arc::make_mut(map);
    if !map.contains_key(name) {
        let other = map.keys().find(|k| k.eq_ignore_ascii_case(name)).cloned();
        return Some(map.or_null(other.unwrap_or_else(|| name.into())));
    }
    map.get_mut(name)
}

/// Sets a member of an object.
pub(super) fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(slot) = entry(object, name) {
        *slot = value;
    }
}

/// Sets the value at a dotted path, making objects on the way.
pub(super) fn set_path(object: &mut Value, path: &str, value: Value) {
    let mut at = object;
    for name in path.split('.') {
        match entry(at, name) {
            Some(next) => at = next,
            None => return,
        }
    }
    *at = value;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const VNET: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v";

    #[test]
    fn children_are_split_out_of_their_parents_unless_they_stand_alone() {
        let documents = json!({"value": [
            {"id": VNET, "name": "v", "type": "microsoft.network/virtualnetworks", "properties": {"subnets": [
                {"name": "a", "properties": {"addressPrefix": "10.0.0.0/24"}},
                {"id": format!("{VNET}/SUBNETS/b"), "name": "b", "properties": {"addressPrefix": "10.0.1.0/24"}},
            ]}},
            {"id": format!("{VNET}/subnets/b").to_lowercase(), "name": "b",
             "properties": {"addressPrefixes": ["10.0.9.0/24"]}},
            {"name": "nothing"},
        ]});
        let estate = Estate::from_documents([&documents]);
        let subnets: Vec<_> = estate
            .of_type(types::SUBNET)
            .map(|d| (d.name(), d.items("properties.addressPrefixes")[0].as_str().unwrap()))
            .collect();
        assert_eq!(subnets, [("a", "10.0.0.0/24"), ("b", "10.0.9.0/24")]);
        let parent = estate.by_id(&ResourceId::new(VNET)).unwrap();
        assert_eq!(parent.items("properties.subnets").len(), 2);
        assert_eq!(estate.children(&parent.id, types::SUBNET).count(), 2);
        assert_eq!(estate.gaps, ["1 documents have no id"]);
    }

    #[test]
    fn flat_children_get_properties_of_their_own() {
        let base = "/subscriptions/s/resourceGroups/rg/providers/";
        let cluster = json!([
            {"id": format!("{base}microsoft.containerservice/managedclusters/c"),
             "properties": {"agentPoolProfiles": [{"name": "sys", "count": 3, "mode": "System"}]}},
            {"id": format!("{base}Microsoft.KeyVault/vaults/k"),
             "properties": {"accessPolicies": [{"objectId": "o", "applicationId": "a", "permissions": {"keys": ["get"]}}]}},
        ]);
        let estate = Estate::from_documents([&cluster]);
        let pool = estate.of_type(types::POOL).next().unwrap();
        assert_eq!((pool.name(), pool.int("properties.count")), ("sys", Some(3)));
        assert!(pool.get("properties.name").is_none());
        let policy = estate.of_type(types::ACCESS_POLICY).next().unwrap();
        assert_eq!(policy.name(), "o.a");
        assert_eq!(policy.items("properties.permissions.keys").len(), 1);
    }
}
