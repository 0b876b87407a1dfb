//! The usage file of Infracost: `resource_usage` by address, `resource_type_default_usage` by type, with
//! that tool's names of usages. What has no counterpart here is named, and changes nothing.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::{Figures, Range, Usage, UsageError, number};
use crate::analysis::cost::report::terraform_type;

/// The sections that make a file one of Infracost's.
const SECTIONS: [&str; 2] = ["resource_usage", "resource_type_default_usage"];

/// Terraform types, name of a usage there, key here, and how many of the unit here one of there is, as a
/// fraction.
type Row = (&'static [&'static str], &'static str, &'static str, (i64, i64));

const SAME: (i64, i64) = (1, 1);

const CLUSTER: &[&str] = &["azurerm_kubernetes_cluster"];
const POOL: &[&str] = &["azurerm_kubernetes_cluster_node_pool"];
const PLAN: &[&str] = &["azurerm_security_center_subscription_pricing"];
const WORKSPACE: &[&str] = &["azurerm_log_analytics_workspace"];
const KEY: &[&str] = &["azurerm_key_vault_key"];
const CERTIFICATE: &[&str] = &["azurerm_key_vault_certificate"];
const ACCOUNT: &[&str] = &["azurerm_storage_account"];
const GATEWAY: &[&str] = &["azurerm_virtual_network_gateway"];
const MACHINES: &[&str] =
    &["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_virtual_machine"];
const SCALE_SETS: &[&str] = &[
    "azurerm_linux_virtual_machine_scale_set",
    "azurerm_windows_virtual_machine_scale_set",
    "azurerm_virtual_machine_scale_set",
];

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (&["azurerm_application_gateway"], "capacity_units", "application_gateway.capacity_units", SAME),
    (&["azurerm_bastion_host"], "monthly_outbound_data_gb", "bastion.outbound_gb", SAME),
    (&["azurerm_container_registry"], "storage_gb", "registry.storage_gb", SAME),
    (&["azurerm_container_registry"], "monthly_build_vcpu_hrs", "registry.task_vcpu_seconds", (3_600, 1)),
    (&["azurerm_firewall"], "monthly_data_processed_gb", "firewall.data_gb", SAME),
    (CERTIFICATE, "monthly_certificate_renewal_requests", "key_vault_certificate.renewals", SAME),
    (CERTIFICATE, "monthly_certificate_other_operations", "key_vault_certificate.operations", SAME),
    (KEY, "monthly_secrets_operations", "key_vault_key.secret_operations", SAME),
    (KEY, "monthly_key_rotation_renewals", "key_vault_key.rotations", SAME),
    (KEY, "monthly_protected_keys_operations", "key_vault_key.operations", SAME),
    (KEY, "hsm_protected_keys", "key_vault_key.active_versions", SAME),
    (CLUSTER, "load_balancer.monthly_data_processed_gb", "load_balancer.data_gb", SAME),
    (CLUSTER, "default_node_pool.nodes", "node_pool.nodes", SAME),
    (CLUSTER, "default_node_pool.monthly_hrs", "node_pool.hours", SAME),
    (POOL, "nodes", "node_pool.nodes", SAME),
    (POOL, "monthly_hrs", "node_pool.hours", SAME),
    (&["azurerm_lb"], "monthly_data_processed_gb", "load_balancer.data_gb", SAME),
    (MACHINES, "monthly_hrs", "virtual_machine.hours", SAME),
    (MACHINES, "os_disk.monthly_disk_operations", "virtual_machine.os_disk_operations", SAME),
    (MACHINES, "storage_os_disk.monthly_disk_operations", "virtual_machine.os_disk_operations", SAME),
    (MACHINES, "storage_data_disk.monthly_disk_operations", "virtual_machine.data_disk_operations", SAME),
    (SCALE_SETS, "instances", "virtual_machine.instances", SAME),
    (SCALE_SETS, "os_disk.monthly_disk_operations", "virtual_machine.os_disk_operations", SAME),
    (SCALE_SETS, "storage_profile_os_disk.monthly_disk_operations", "virtual_machine.os_disk_operations", SAME),
    (SCALE_SETS, "storage_profile_data_disk.monthly_disk_operations", "virtual_machine.data_disk_operations", SAME),
    (WORKSPACE, "monthly_log_data_ingestion_gb", "log_analytics.ingestion_gb", SAME),
    (WORKSPACE, "monthly_additional_log_data_retention_gb", "log_analytics.retained_gb", SAME),
    (WORKSPACE, "monthly_log_data_export_gb", "log_analytics.exported_gb", SAME),
    (WORKSPACE, "monthly_basic_log_data_ingestion_gb", "log_analytics.basic_gb", SAME),
    (WORKSPACE, "monthly_basic_log_search_gb", "log_analytics.basic_searched_gb", SAME),
    (WORKSPACE, "monthly_archive_data_gb", "log_analytics.archived_gb", SAME),
    (WORKSPACE, "monthly_archive_data_restored_gb", "log_analytics.restored_gb_days", SAME),
    (WORKSPACE, "monthly_archive_data_searched_gb", "log_analytics.searched_gb", SAME),
    (&["azurerm_managed_disk"], "monthly_disk_operations", "disk.operations", SAME),
    (&["azurerm_monitor_diagnostic_setting"], "monthly_platform_log_gb", "diagnostic_setting.exported_gb", SAME),
    (&["azurerm_nat_gateway"], "monthly_data_processed_gb", "nat_gateway.data_gb", SAME),
    (&["azurerm_network_ddos_protection_plan"], "overage_amount", "ddos_protection_plan.overage_resources", SAME),
    (&["azurerm_network_watcher_flow_log"], "monthly_logs_collected_gb", "flow_log.collected_gb", SAME),
    (&["azurerm_point_to_site_vpn_gateway"], "monthly_p2s_connections_hrs", "virtual_wan.p2s_connections", (1, 730)),
    (&["azurerm_private_endpoint"], "monthly_inbound_data_processed_gb", "private_endpoint.inbound_gb", SAME),
    (&["azurerm_private_endpoint"], "monthly_outbound_data_processed_gb", "private_endpoint.outbound_gb", SAME),
    (PLAN, "monthly_servers_plan_1_nodes", "defender.servers_p1", SAME),
    (PLAN, "monthly_servers_plan_2_nodes", "defender.servers_p2", SAME),
    (PLAN, "monthly_containers_vcores", "defender.vcpus", SAME),
    (PLAN, "monthly_container_registry_images", "defender.container_images", SAME),
    (PLAN, "monthly_sql_azure_connected_instances", "defender.sql_instances", SAME),
    (PLAN, "monthly_sql_outside_azure_vcores", "defender.sql_vcores", SAME),
    (PLAN, "monthly_mysql_instances", "defender.mysql_servers", SAME),
    (PLAN, "monthly_postgresql_instances", "defender.postgresql_servers", SAME),
    (PLAN, "monthly_mariadb_instances", "defender.mariadb_servers", SAME),
    (PLAN, "cosmosdb_request_units", "defender.cosmos_request_units", (1, 100)),
    (PLAN, "monthly_storage_accounts", "defender.storage_accounts", SAME),
    (PLAN, "monthly_app_service_nodes", "defender.app_service_nodes", SAME),
    (PLAN, "monthly_key_vaults", "defender.vaults", SAME),
    (PLAN, "monthly_arm_subscriptions", "defender.subscriptions", SAME),
    (PLAN, "monthly_dns_queries", "defender.dns_queries", SAME),
    (PLAN, "monthly_kubernetes_cores", "defender.kubernetes_vcpus", SAME),
    (&["azurerm_snapshot"], "storage_gb", "snapshot.stored_gb", SAME),
    (ACCOUNT, "storage_gb", "storage_account.stored_gb", SAME),
    (ACCOUNT, "monthly_write_operations", "storage_account.write_operations", SAME),
    (ACCOUNT, "monthly_read_operations", "storage_account.read_operations", SAME),
    (&["azurerm_virtual_hub"], "monthly_data_processed_gb", "virtual_wan.hub_data_gb", SAME),
    (GATEWAY, "p2s_connection", "vpn_gateway.p2s_connections", SAME),
    (GATEWAY, "monthly_data_transfer_gb", "vpn_gateway.data_gb", SAME),
    (&["azurerm_virtual_network_peering"], "monthly_data_transfer_gb", "peering.data_gb", SAME),
];

/// True for a file of Infracost.
pub(super) fn is(file: &Map<String, Json>) -> bool {
    SECTIONS.iter().any(|section| file.contains_key(*section))
}

/// Reads one.
pub(super) fn read(file: &Map<String, Json>) -> Result<Usage, UsageError> {
    let mut usage = Usage::default();
    for (section, value) in file {
        let by_type = match section.as_str() {
            "resource_usage" => false,
            "resource_type_default_usage" => true,
            _ => continue,
        };
        let Json::Object(entries) = value else {
            if value.is_null() {
                continue;
            }
            return Err(UsageError(format!("{section} is not a map")));
        };
        for (name, tree) in entries {
            let kind = if by_type { name.as_str() } else { terraform_type(name) };
            let mut flat = BTreeMap::new();
            flatten(tree, String::new(), &mut flat);
            let mut figures = Figures::new();
            for (path, value) in flat {
                let row = ROWS.iter().find(|(types, theirs, ..)| types.contains(&kind) && *theirs == path);
                let Some((.., key, factor)) = row else {
                    usage.ignored.push(format!("{name}: {path}"));
                    continue;
                };
                let (times, per) = factor;
                let value = number(&format!("{name}: {path}"), value)?;
                let value = value.saturating_mul(Decimal::from(*times)).checked_div(Decimal::from(*per));
                figures.insert((*key).to_owned(), Range::fixed(value.unwrap_or_default()));
            }
            let all = if by_type { &mut usage.types } else { &mut usage.resources };
            all.insert(name.clone(), figures);
        }
    }
    Ok(usage)
}

/// The figures of a tree by their dotted paths; what is left open is none.
fn flatten<'a>(tree: &'a Json, path: String, out: &mut BTreeMap<String, &'a Json>) {
    match tree {
        Json::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(value, path, out);
            }
        }
        Json::Null => {}
        _ => drop(out.insert(path, tree)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::KEYS;
    use super::*;

    #[test]
    fn every_row_leads_to_a_key() {
        for (types, theirs, key, (_, per)) in ROWS {
            assert!(KEYS.iter().any(|k| k.name == *key), "{theirs}: {key}");
            assert!(*per > 0 && types.iter().all(|t| t.starts_with("azurerm_")), "{theirs}");
        }
    }
}
