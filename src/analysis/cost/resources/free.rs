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
    "Microsoft.Insights/diagnosticSettings",
    "Microsoft.KeyVault/vaults/accessPolicies",
    "Microsoft.KeyVault/vaults/secrets",
    "Microsoft.ManagedIdentity/",
    "Microsoft.Network/applicationGatewayWebApplicationFirewallPolicies",
    "Microsoft.Network/applicationSecurityGroups",
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
    "Microsoft.OperationsManagement/solutions",
    "Microsoft.Resources/resourceGroups",
    "Microsoft.Resources/subscriptions",
];

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
