//! Types that cost nothing by themselves: what they govern or hold is charged elsewhere, or nowhere.

/// ARM types, and whole branches ending in `/`.
const FREE: &[&str] = &[
    "Microsoft.Authorization/",
    "Microsoft.Compute/diskEncryptionSets",
    "Microsoft.Compute/availabilitySets",
    "Microsoft.Compute/proximityPlacementGroups",
    "Microsoft.Compute/sshPublicKeys",
    "Microsoft.ContainerRegistry/registries/cacheRules",
    "Microsoft.ContainerRegistry/registries/credentialSets",
    "Microsoft.ContainerRegistry/registries/scopeMaps",
    "Microsoft.ContainerRegistry/registries/tokens",
    "Microsoft.ContainerRegistry/registries/webhooks",
    "Microsoft.ContainerService/managedClusters/maintenanceConfigurations",
    "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings",
    // Charged by what they send, at the workspace that receives it.
    "Microsoft.Insights/dataCollectionEndpoints",
    "Microsoft.Insights/dataCollectionRules",
    "Microsoft.Insights/dataCollectionRuleAssociations",
    "Microsoft.KeyVault/vaults/accessPolicies",
    "Microsoft.KeyVault/vaults/secrets",
    "Microsoft.ManagedIdentity/",
    "Microsoft.Network/applicationGatewayWebApplicationFirewallPolicies",
    "Microsoft.Network/applicationSecurityGroups",
    "Microsoft.Network/dnsForwardingRulesets/",
    "Microsoft.Network/dnsResolvers",
    // Charged with its gateway, beyond the included tunnels.
    "Microsoft.Network/connections",
    "Microsoft.Network/dnsZones/",
    "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
    "Microsoft.Network/ipGroups",
    "Microsoft.Network/loadBalancers/",
    "Microsoft.Network/localNetworkGateways",
    "Microsoft.Network/networkInterfaces",
    "Microsoft.Network/networkSecurityGroups",
    "Microsoft.Network/networkSecurityGroups/",
    "Microsoft.Network/networkWatchers",
    "Microsoft.Network/privateDnsZones/",
    "Microsoft.Network/privateEndpoints/",
    "Microsoft.Network/privateLinkServices",
    "Microsoft.Network/routeTables",
    "Microsoft.Network/routeTables/",
    "Microsoft.Network/virtualNetworks",
    "Microsoft.Network/virtualNetworks/subnets",
    "Microsoft.Network/virtualWans",
    "Microsoft.Network/vpnServerConfigurations",
    "Microsoft.Network/vpnSites",
    "Microsoft.Resources/resourceGroups",
    "Microsoft.Resources/subscriptions",
    // Charged with their gateway.
    "Microsoft.ServiceNetworking/trafficControllers/",
    "Microsoft.Storage/storageAccounts/",
];

/// Terraform types without a document in the model that cost nothing by themselves; certificates what the
/// usage file says of them or their vault.
const FREE_TERRAFORM: &[&str] = &[
    "azapi_resource_action",
    "azurerm_application_security_group",
    "azurerm_availability_set",
    "azurerm_container_registry_cache_rule",
    "azurerm_container_registry_scope_map",
    "azurerm_container_registry_token",
    "azurerm_container_registry_webhook",
    "azurerm_disk_encryption_set",
    "azurerm_dns_a_record",
    "azurerm_dns_aaaa_record",
    "azurerm_dns_caa_record",
    "azurerm_dns_cname_record",
    "azurerm_dns_mx_record",
    "azurerm_dns_ns_record",
    "azurerm_dns_ptr_record",
    "azurerm_dns_srv_record",
    "azurerm_dns_txt_record",
    "azurerm_firewall_application_rule_collection",
    "azurerm_firewall_nat_rule_collection",
    "azurerm_firewall_network_rule_collection",
    "azurerm_firewall_policy_rule_collection_group",
    "azurerm_ip_group",
    "azurerm_key_vault_certificate",
    "azurerm_key_vault_certificate_contacts",
    "azurerm_key_vault_certificate_issuer",
    "azurerm_key_vault_secret",
    "azurerm_kubernetes_cluster_extension",
    "azurerm_kubernetes_cluster_trusted_access_role_binding",
    "azurerm_lb_backend_address_pool",
    "azurerm_lb_probe",
    "azurerm_local_network_gateway",
    "azurerm_log_analytics_linked_storage_account",
    "azurerm_log_analytics_query_pack_query",
    "azurerm_management_lock",
    "azurerm_monitor_action_group",
    "azurerm_monitor_data_collection_endpoint",
    "azurerm_monitor_data_collection_rule",
    "azurerm_monitor_data_collection_rule_association",
    "azurerm_monitor_private_link_scope",
    "azurerm_monitor_private_link_scoped_service",
    "azurerm_network_interface",
    "azurerm_network_interface_application_gateway_backend_address_pool_association",
    "azurerm_network_interface_backend_address_pool_association",
    "azurerm_network_security_perimeter",
    "azurerm_network_security_perimeter_access_rule",
    "azurerm_network_security_perimeter_association",
    "azurerm_network_security_perimeter_profile",
    "azurerm_network_watcher",
    "azurerm_policy_definition",
    "azurerm_portal_dashboard",
    "azurerm_private_dns_a_record",
    "azurerm_private_dns_aaaa_record",
    "azurerm_private_dns_cname_record",
    "azurerm_private_dns_mx_record",
    "azurerm_private_dns_ptr_record",
    "azurerm_private_dns_resolver_forwarding_rule",
    "azurerm_private_dns_resolver_virtual_network_link",
    "azurerm_private_dns_srv_record",
    "azurerm_private_dns_txt_record",
    "azurerm_private_link_service",
    "azurerm_proximity_placement_group",
    "azurerm_resource_group_policy_assignment",
    "azurerm_resource_policy_assignment",
    "azurerm_resource_provider_registration",
    "azurerm_role_definition",
    "azurerm_ssh_public_key",
    "azurerm_storage_account_network_rules",
    "azurerm_storage_account_static_website",
    "azurerm_storage_container",
    "azurerm_subscription_policy_assignment",
    "azurerm_virtual_hub_connection",
    "azurerm_virtual_hub_route_table",
    "azurerm_virtual_machine_extension",
    "azurerm_virtual_machine_scale_set_extension",
    "azurerm_virtual_network_dns_servers",
    "azurerm_vpn_server_configuration",
    "azurerm_vpn_site",
    "azurerm_web_application_firewall_policy",
];

/// True for a Terraform type that is known to cost nothing, though it has no document.
pub(in crate::analysis::cost) fn is_free_terraform(type_name: &str) -> bool {
    FREE_TERRAFORM.contains(&type_name)
}

/// True for a type that is known to cost nothing.
pub(in crate::analysis::cost) fn is_free(arm_type: &str) -> bool {
    let arm_type = arm_type.to_ascii_lowercase();
    FREE.iter().any(|free| {
        let free = free.to_ascii_lowercase();
        arm_type == free || free.ends_with('/') && arm_type.starts_with(&free)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_is_a_list_and_not_a_guess() {
        for t in
            ["Microsoft.Resources/resourceGroups", "microsoft.network/networksecuritygroups/securityrules"]
        {
            assert!(is_free(t), "{t}");
        }
        for t in [
            "Microsoft.Network/natGateways",
            "Microsoft.Sql/servers",
            "Microsoft.Network/firewallPolicies",
            "",
        ] {
            assert!(!is_free(t), "{t}");
        }
    }

    #[test]
    fn nothing_is_both_free_and_priced() {
        for (t, _) in super::super::ESTIMATORS {
            assert!(!is_free(t), "{t}");
        }
    }
}
