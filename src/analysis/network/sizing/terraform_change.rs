//! Kind `terraform_change`: what azurerm does with a change, and whether AKS itself could do better
//! (facts 9.3 and 9.4). The provider's side comes from the catalogue.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Count, SizingError};
use crate::analysis::network::code::Code;
use crate::analysis::network::model::NetworkModel;
use crate::analysis::network::prefix::Prefix;
use crate::azure::catalogue::{self, Attribute, Reader, ResourceType, is_zero};
use crate::azure::estate::{Document, Estate};
use crate::azure::id::ResourceId;
use crate::azure::json;
use crate::terraform::value::Value;

/// Input of `terraform_change`.
#[derive(Deserialize)]
pub(super) struct TerraformChange {
    resource: String,
    path: String,
    #[serde(default)]
    from: Json,
    #[serde(default)]
    to: Json,
    #[serde(default)]
    also: IndexMap<String, FromTo>,
    count: Option<Count>,
    network_model: Option<NetworkModel>,
    max_pods: Option<Count>,
    temporary_name_for_rotation: Option<String>,
    kubernetes_version: Option<String>,
}

#[derive(Clone, Deserialize)]
struct FromTo {
    #[serde(default)]
    from: Json,
    #[serde(default)]
    to: Json,
}

/// What the provider does, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// An update.
    InPlace,
    /// A temporary pool, then a new one.
    Rotate,
    /// Destroy and create.
    Replace,
}

/// Answer of `terraform_change`.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ChangeOutcome {
    /// The gravest action of all changes.
    pub action: Action,
    /// Nodes that a rotation adds while both pools exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_nodes_during: Option<u64>,
    /// Their addresses in the node subnet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_subnet_ips_during: Option<u64>,
    /// For a replacement: whether AKS knows an in-place way outside azurerm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aks_supports_in_place: Option<bool>,
    /// What is wrong.
    pub findings: Vec<Code>,
}

/// One attribute that changes.
struct Change {
    attribute: &'static Attribute,
    from: Value,
    to: Value,
}

pub(super) fn solve(input: &TerraformChange) -> Result<ChangeOutcome, SizingError> {
    let ty = catalogue::resource(&input.resource).ok_or_else(|| {
        SizingError::new("resource", format!("`{}` is not in the catalogue", input.resource))
    })?;
    let first = FromTo { from: input.from.clone(), to: input.to.clone() };
    let mut changes = vec![change(ty, "path", &input.path, &first)?];
    for (path, from_to) in &input.also {
        changes.push(change(ty, "also", path, from_to)?);
    }
    let declared = declared(ty, &changes, input.temporary_name_for_rotation.as_deref());
    let each: Vec<Action> = changes.iter().map(|c| effect(ty, c, &declared)).collect();
    let action = each.iter().copied().max().unwrap_or(Action::InPlace);
    let rotates = action == Action::Rotate;
    let extra_nodes = input.count.filter(|_| rotates).map(Count::get);
    let extra_ips = extra_nodes.zip(input.network_model).map(|(nodes, model)| {
        let changed = changes.iter().find(|c| c.attribute.name() == "max_pods").and_then(|c| c.to.as_i64());
        let changed = changed.and_then(|n| u32::try_from(n).ok());
        let max_pods = changed.or(input.max_pods.map(|c| c.0)).unwrap_or(model.default_max_pods());
        nodes * model.node_subnet_ips(max_pods)
    });
    let replaced = action == Action::Replace;
    let supported = replaced.then(|| {
        let grave = changes.iter().zip(&each).filter(|(_, a)| **a == Action::Replace);
        grave.into_iter().all(|(c, _)| aks_in_place(c, &changes, input))
    });
    Ok(ChangeOutcome {
        action,
        extra_nodes_during: extra_nodes,
        extra_subnet_ips_during: extra_ips,
        aks_supports_in_place: supported,
        findings: if replaced { vec![Code::ForcesReplacement] } else { vec![] },
    })
}

/// The attribute of a path, without indices and in today's name.
fn change(
    ty: &'static ResourceType,
    field: &str,
    path: &str,
    from_to: &FromTo,
) -> Result<Change, SizingError> {
    let steps = path.split(['.', '[', ']']).filter(|s| !s.is_empty() && s.parse::<u32>().is_err());
    let plain = steps.collect::<Vec<_>>().join(".");
    let alias = ty.aliases.iter().find(|a| a.old == plain).and_then(|a| a.new);
    let attribute = ty
        .attribute(alias.unwrap_or(&plain))
        .ok_or_else(|| SizingError::new(field, format!("`{path}` is not an attribute of {}", ty.name)))?;
    Ok(Change { attribute, from: json::value(&from_to.from), to: json::value(&from_to.to) })
}

/// The new values as the declaration that clauses look at.
fn declared(ty: &ResourceType, changes: &[Change], temporary: Option<&str>) -> Value {
    let prefix = if ty.name == "azurerm_kubernetes_cluster" { "default_node_pool." } else { "" };
    let temporary_path = format!("{prefix}temporary_name_for_rotation");
    let mut root = Json::Object(serde_json::Map::new());
    for (path, text) in changes
        .iter()
        .filter_map(|c| Some((c.attribute.path, c.to.as_str()?)))
        .chain(temporary.map(|t| (temporary_path.as_str(), t)))
    {
        let mut at = &mut root;
        for step in path.split('.') {
            if !at.is_object() {
                *at = Json::Object(serde_json::Map::new());
            }
            at = &mut at[step];
        }
        *at = Json::String(text.to_owned());
    }
    json::value(&root)
}

fn effect(ty: &ResourceType, change: &Change, declared: &Value) -> Action {
    let (from, to) = (&change.from, &change.to);
    if same(from, to) {
        return Action::InPlace;
    }
    let estate = Estate::default();
    let document = Document::new(ResourceId::new(""), ty.arm_type.to_owned(), Value::null(), None);
    let reader = Reader { estate: &estate, document: &document, declared, parent: None };
    let matches = |clauses: &[catalogue::Clause]| {
        clauses.iter().any(|c| reader.matches(c, Some(from), Some(to)) == Some(true))
    };
    let attribute = change.attribute;
    // A block that forces replacement does so when it is added or removed; its members have their own flags.
    let flagged = attribute.force_new && (!attribute.is_block() || is_zero(from) != is_zero(to));
    let unless = attribute.force_new_unless.as_ref().is_some_and(|clauses| !matches(clauses));
    if flagged || unless || matches(&attribute.force_new_when) {
        Action::Replace
    } else if reader.rotates(ty, attribute, Some(from), Some(to)) == Some(true) {
        Action::Rotate
    } else {
        Action::InPlace
    }
}

fn same(a: &Value, b: &Value) -> bool {
    let text = |v: &Value| catalogue::text_of(v);
    (is_zero(a) && is_zero(b)) || (text(a).is_some() && text(a) == text(b))
}

/// Whether facts 9.3 know an in-place way for a change that azurerm turns into a replacement.
fn aks_in_place(change: &Change, all: &[Change], input: &TerraformChange) -> bool {
    let (from, to) = (change.from.as_str().unwrap_or(""), change.to.as_str().unwrap_or(""));
    let find = |name: &str| all.iter().find(|c| c.attribute.path == format!("network_profile.{name}"));
    let to_overlay = find("network_plugin_mode").is_some_and(|c| c.to.as_str() == Some("overlay"));
    let grows = |c: &Change| superset(&c.from, &c.to);
    match change.attribute.path.strip_prefix("network_profile.") {
        // Overlay grows in place; kubenet may grow while it becomes overlay.
        Some("pod_cidr") => match input.network_model {
            Some(NetworkModel::Kubenet) => to_overlay && grows(change),
            Some(NetworkModel::AzureOverlay) | None => grows(change),
            _ => false,
        },
        // `az aks update --network-policy none`
        Some("network_policy") => {
            matches!(from, "azure" | "calico") && (to.is_empty() || to.eq_ignore_ascii_case("none"))
        }
        Some("network_plugin") => from == "kubenet" && to == "azure" && to_overlay,
        // A ServiceCIDR object extends the range from 1.33 on.
        Some("service_cidr") => input.kubernetes_version.as_deref().is_some_and(from_1_33) && grows(change),
        _ => false,
    }
}

fn superset(from: &Value, to: &Value) -> bool {
    let prefix = |v: &Value| v.as_str().and_then(|t| t.parse::<Prefix>().ok());
    prefix(from).zip(prefix(to)).is_some_and(|(old, new)| new.contains(&old))
}

fn from_1_33(version: &str) -> bool {
    let mut parts = version.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (1, 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `action`, with `!` for a replacement that AKS itself could do in place.
    fn act(resource: &str, rest: Json) -> String {
        let mut document = rest;
        document["resource"] = resource.into();
        let input: TerraformChange = serde_json::from_value(document).unwrap();
        let outcome = solve(&input).unwrap();
        let action = serde_json::to_value(outcome.action).unwrap();
        let mark = if outcome.aks_supports_in_place == Some(true) { "!" } else { "" };
        format!("{}{mark}", action.as_str().unwrap())
    }

    #[test]
    fn azurerm_does_what_section_9_4_says() {
        let cluster = |path: &str, from: &str, to: &str| {
            act("azurerm_kubernetes_cluster", serde_json::json!({"path": path, "from": from, "to": to}))
        };
        for (path, from, to, action) in [
            ("network_profile.network_plugin", "kubenet", "azure", "replace"),
            ("network_profile.network_plugin_mode", "", "overlay", "in_place"),
            ("network_profile.network_plugin_mode", "overlay", "", "replace"),
            ("network_profile.pod_cidr", "", "10.244.0.0/16", "in_place"),
            ("network_profile[0].pod_cidr", "10.244.0.0/18", "10.244.0.0/16", "replace!"),
            ("network_profile.pod_cidr", "10.244.0.0/18", "10.245.0.0/16", "replace"),
            ("network_profile.pod_cidr", "10.244.0.0/16", "10.244.0.0/16", "in_place"),
            ("network_profile.network_policy", "azure", "cilium", "in_place"),
            ("network_profile.network_policy", "calico", "cilium", "in_place"),
            ("network_profile.network_policy", "", "calico", "in_place"),
            ("network_profile.network_policy", "calico", "", "replace!"),
            ("network_profile.network_policy", "azure", "calico", "replace"),
            ("network_profile.network_data_plane", "azure", "cilium", "in_place"),
            ("network_profile.network_data_plane", "cilium", "azure", "replace"),
            ("network_profile.service_cidr", "10.0.0.0/16", "10.0.0.0/15", "replace"),
            ("network_profile.dns_service_ip", "10.0.0.10", "10.0.0.11", "replace"),
            ("network_profile.load_balancer_profile", "", "x", "replace"),
            ("network_profile.load_balancer_profile", "x", "y", "in_place"),
            ("network_profile.load_balancer_profile.managed_outbound_ip_count", "1", "2", "in_place"),
            ("api_server_access_profile.subnet_id", "/a", "", "replace"),
            ("api_server_access_profile.subnet_id", "", "/a", "in_place"),
            ("default_node_pool.vnet_subnet_id", "/a", "/b", "rotate"),
            ("default_node_pool.0.max_pods", "30", "60", "rotate"),
            ("default_node_pool.name", "a", "b", "replace"),
            ("default_node_pool.max_count", "3", "5", "in_place"),
        ] {
            assert_eq!(cluster(path, from, to), action, "{path} {from} -> {to}");
        }
        assert_eq!(act("azurerm_subnet", serde_json::json!({"path": "address_prefixes"})), "in_place");
    }

    #[test]
    fn kubenet_to_overlay_is_in_place_only_as_a_whole() {
        let both = |also: Json, model: &str| {
            act(
                "azurerm_kubernetes_cluster",
                serde_json::json!({"path": "network_profile.network_plugin", "from": "kubenet", "to": "azure",
                    "network_model": model, "also": also}),
            )
        };
        let mode = serde_json::json!({"network_profile.network_plugin_mode": {"from": "", "to": "overlay"}});
        assert_eq!(both(mode.clone(), "kubenet"), "in_place");
        let mut policy = mode.clone();
        policy["network_profile.network_policy"] = serde_json::json!({"from": "calico", "to": ""});
        assert_eq!(both(policy, "kubenet"), "replace!");
        let mut grown = mode;
        grown["network_profile.pod_cidr"] =
            serde_json::json!({"from": "10.244.0.0/18", "to": "10.244.0.0/16"});
        assert_eq!(both(grown, "kubenet"), "replace!");
    }
}
