//! ARM types that code names.

/// AKS cluster.
pub const CLUSTER: &str = "Microsoft.ContainerService/managedClusters";
/// AKS node pool.
pub const POOL: &str = "Microsoft.ContainerService/managedClusters/agentPools";
/// Container registry.
pub const REGISTRY: &str = "Microsoft.ContainerRegistry/registries";
/// Copy of a container registry in another region.
pub const REPLICATION: &str = "Microsoft.ContainerRegistry/registries/replications";
/// Webhook of a container registry.
pub const WEBHOOK: &str = "Microsoft.ContainerRegistry/registries/webhooks";
/// Scope map of a container registry.
pub const SCOPE_MAP: &str = "Microsoft.ContainerRegistry/registries/scopeMaps";
/// Token of a container registry.
pub const REGISTRY_TOKEN: &str = "Microsoft.ContainerRegistry/registries/tokens";
/// Key Vault.
pub const VAULT: &str = "Microsoft.KeyVault/vaults";
/// Access policy of a Key Vault, named after its principal (`objectId`, or `objectId.applicationId`).
pub const ACCESS_POLICY: &str = "Microsoft.KeyVault/vaults/accessPolicies";
/// Key of a Key Vault.
pub const KEY: &str = "Microsoft.KeyVault/vaults/keys";
/// Disk encryption set.
pub const DISK_ENCRYPTION_SET: &str = "Microsoft.Compute/diskEncryptionSets";
/// Managed HSM.
pub const MANAGED_HSM: &str = "Microsoft.KeyVault/managedHSMs";
/// Virtual network.
pub const VNET: &str = "Microsoft.Network/virtualNetworks";
/// Subnet.
pub const SUBNET: &str = "Microsoft.Network/virtualNetworks/subnets";
/// Use of a subnet, as its network's `usages` report it.
pub const SUBNET_USAGE: &str = "Microsoft.Network/virtualNetworks/subnets/usages";
/// VNet peering.
pub const PEERING: &str = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings";
/// Network security group.
pub const NSG: &str = "Microsoft.Network/networkSecurityGroups";
/// NSG rule.
pub const NSG_RULE: &str = "Microsoft.Network/networkSecurityGroups/securityRules";
/// Load balancer.
pub const LOAD_BALANCER: &str = "Microsoft.Network/loadBalancers";
/// Resource group.
pub const RESOURCE_GROUP: &str = "Microsoft.Resources/resourceGroups";
/// Route table.
pub const ROUTE_TABLE: &str = "Microsoft.Network/routeTables";
/// Route.
pub const ROUTE: &str = "Microsoft.Network/routeTables/routes";
/// Role assignment.
pub const ROLE_ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments";
/// User-assigned identity.
pub const IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";
/// Private endpoint.
pub const PRIVATE_ENDPOINT: &str = "Microsoft.Network/privateEndpoints";
/// Private DNS zone.
pub const PRIVATE_ZONE: &str = "Microsoft.Network/privateDnsZones";
/// Link of a private DNS zone to a VNet.
pub const ZONE_LINK: &str = "Microsoft.Network/privateDnsZones/virtualNetworkLinks";
/// Diagnostic setting.
pub const DIAGNOSTICS: &str = "Microsoft.Insights/diagnosticSettings";
/// Log Analytics workspace.
pub const WORKSPACE: &str = "Microsoft.OperationalInsights/workspaces";
/// What a workspace took in since its day began, as its `usages` report it.
pub const WORKSPACE_USAGE: &str = "Microsoft.OperationalInsights/workspaces/usages";
/// Flow log of a network watcher.
pub const FLOW_LOG: &str = "Microsoft.Network/networkWatchers/flowLogs";
/// Public IP address.
pub const PUBLIC_IP: &str = "Microsoft.Network/publicIPAddresses";
/// Prefix of public IP addresses.
pub const PUBLIC_IP_PREFIX: &str = "Microsoft.Network/publicIPPrefixes";
/// NAT gateway.
pub const NAT_GATEWAY: &str = "Microsoft.Network/natGateways";
/// Bastion host.
pub const BASTION: &str = "Microsoft.Network/bastionHosts";
/// Rule of a load balancer.
pub const LB_RULE: &str = "Microsoft.Network/loadBalancers/loadBalancingRules";
/// Inbound NAT rule of a load balancer.
pub const LB_NAT_RULE: &str = "Microsoft.Network/loadBalancers/inboundNatRules";
/// Inbound NAT rules of a load balancer for a scale set.
pub const LB_NAT_POOL: &str = "Microsoft.Network/loadBalancers/inboundNatPools";
/// Outbound rule of a load balancer.
pub const LB_OUTBOUND_RULE: &str = "Microsoft.Network/loadBalancers/outboundRules";
/// Health probe of a load balancer.
pub const LB_PROBE: &str = "Microsoft.Network/loadBalancers/probes";
/// Record of a private DNS zone.
pub const PRIVATE_A_RECORD: &str = "Microsoft.Network/privateDnsZones/A";
/// Storage account.
pub const STORAGE: &str = "Microsoft.Storage/storageAccounts";
/// Application gateway.
pub const APPLICATION_GATEWAY: &str = "Microsoft.Network/applicationGateways";
/// WAF policy of application gateways.
pub const WAF_POLICY: &str = "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies";
/// Azure Firewall.
pub const FIREWALL: &str = "Microsoft.Network/azureFirewalls";
/// Policy of Azure Firewalls.
pub const FIREWALL_POLICY: &str = "Microsoft.Network/firewallPolicies";
/// Rules of a firewall policy.
pub const FIREWALL_RULES: &str = "Microsoft.Network/firewallPolicies/ruleCollectionGroups";
/// Network interface.
pub const NIC: &str = "Microsoft.Network/networkInterfaces";
/// Azure Red Hat OpenShift cluster.
pub const OPENSHIFT: &str = "Microsoft.RedHatOpenShift/openShiftClusters";
