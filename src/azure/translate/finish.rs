//! What the mapping alone does not say: constants that go with a declaration, and shapes that
//! several arguments make together.

use crate::azure::catalogue::{ResourceType, text_of};
use crate::azure::document::{entry, set_path};
use crate::azure::estate::get;
use crate::azure::regions;
use crate::terraform::value::{Type, Value};

/// What must stand before arguments are written.
pub(super) fn before(ty: &ResourceType, body: &mut Value, arguments: &Value) {
    if ty.name == "azurerm_private_endpoint" {
        // The kind of connection is the list it is in.
        let connection = arguments.get("private_service_connection").and_then(Value::as_slice);
        let manual = connection.and_then(|c| c.first()?.get("is_manual_connection")?.as_bool());
        let list = match manual {
            Some(true) => "properties.manualPrivateLinkServiceConnections",
            _ => "properties.privateLinkServiceConnections",
        };
        set_path(body, list, Value::tuple(Vec::new()));
    }
}

/// Constants of a document, written where their object is: `(type, object that must be there, path,
/// value)`.
const CONSTANTS: &[(&str, &str, &str, &str)] = &[
    ("azurerm_kubernetes_cluster", "properties.aadProfile", "properties.aadProfile.managed", "true"),
    ("azurerm_kubernetes_cluster", "sku", "sku.name", "Base"),
    ("azurerm_kubernetes_cluster_node_pool", "properties", "properties.type", "VirtualMachineScaleSets"),
    ("azurerm_key_vault", "properties.sku", "properties.sku.family", "A"),
];

/// Completes a document.
pub(super) fn after(ty: &ResourceType, body: &mut Value, arguments: &Value) {
    for (_, there, path, value) in CONSTANTS.iter().filter(|(name, ..)| *name == ty.name) {
        if get(body, there).is_some_and(|v| !v.is_unknown()) {
            let value = value.parse::<bool>().map_or_else(|_| (*value).into(), Value::from);
            set_path(body, path, value);
        }
    }
    match ty.name {
        "azurerm_kubernetes_cluster" => {
            let pools =
                get(body, "properties.agentPoolProfiles").and_then(Value::as_slice).unwrap_or_default();
            let pools = pools.iter().map(|pool| {
                let mut pool = pool.clone();
                if pool.as_map().is_some() {
                    set_path(&mut pool, "mode", "System".into());
                    set_path(&mut pool, "osType", "Linux".into());
                }
                pool
            });
            let pools: Vec<Value> = pools.collect();
            if !pools.is_empty() {
                set_path(body, "properties.agentPoolProfiles", Value::tuple(pools));
            }
        }
        "azurerm_kubernetes_automatic_cluster" => {
            set_path(body, "sku.name", "Automatic".into());
            set_path(body, "sku.tier", "Standard".into());
        }
        // A registry's tier is its name.
        "azurerm_container_registry" => {
            if let Some(tier) = get(body, "sku.tier").cloned() {
                set_path(body, "sku.name", tier);
            }
        }
        // Since 5.0 a subnet can attach both itself, through arguments that are never in state.
        "azurerm_subnet" => {
            for (argument, path) in [
                ("network_security_group_id_wo", "properties.networkSecurityGroup.id"),
                ("route_table_id_wo", "properties.routeTable.id"),
            ] {
                if let Some(id) = arguments.get(argument).filter(|v| !v.is_null()) {
                    set_path(body, path, id.clone());
                }
            }
        }
        "azurerm_role_assignment" => {
            // Both ways to name a role end at one path; the one that is set counts.
            if let Some(id) = arguments.get("role_definition_id").filter(|v| !v.is_null()) {
                set_path(body, "properties.roleDefinitionId", id.clone());
            }
        }
        _ => {}
    }
}

/// The name of a child document that a block declares: its own, or that of its region.
pub(super) fn child_name(body: &Value) -> String {
    let name = get(body, "name").or_else(|| get(body, "location")).and_then(Value::as_str);
    name.map_or_else(|| "<unknown>".to_owned(), regions::normal)
}

/// Both ends of a range as one text.
pub(super) fn range(low: Option<&Value>, high: Option<&Value>) -> Option<Value> {
    let given = low.or(high)?;
    if let Some(open) = [low, high].into_iter().flatten().find_map(Value::as_unknown) {
        let unknown = Value::unknown(Type::String, open.reason.derived());
        return Some(unknown.with_origin(given.origin.clone()));
    }
    let text = |v: Option<&Value>| v.and_then(text_of);
    let text = match (text(low), text(high)) {
        (Some(low), Some(high)) => format!("{low} {high}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return None,
    };
    Some(Value::from(text).with_origin(given.origin.clone()))
}

/// Merges one ARM object into another: objects member by member, all else replaced.
pub(super) fn merge(target: &mut Value, patch: &Value, depth: u32) {
    let members = patch.as_map().filter(|_| depth > 0 && target.as_map().is_some());
    match members {
        Some(members) => {
            for (name, value) in members {
                if let Some(slot) = entry(target, name) {
                    merge(slot, value, depth - 1);
                }
            }
        }
        None => *target = patch.clone(),
    }
}
