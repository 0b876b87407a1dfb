//! The ids of declared resources, from names and the ids of parents.

use super::references::References;
use crate::azure::catalogue::{self, IdPart, ResourceType, Root};
use crate::azure::estate::UNKNOWN_SUBSCRIPTION;
use crate::azure::id::ResourceId;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::{Reason, Value};

/// Arguments that ids are made of, also under the names of older majors.
pub(super) const ARGUMENTS: &[&str] = &[
    "name",
    "resource_group_name",
    "virtual_network_name",
    "network_security_group_name",
    "route_table_name",
    "registry_name",
    "container_registry_name",
    "network_watcher_name",
    "kubernetes_cluster_name",
    "kubernetes_cluster_id",
    "key_vault_id",
    "loadbalancer_id",
    "nat_gateway_id",
    "network_interface_id",
    "virtual_network_id",
    "subnet_id",
    "user_assigned_identity_id",
    "parent_id",
    "private_dns_zone_id",
    "private_dns_zone_name",
    "zone_name",
    "scope",
    "target_resource_id",
    "solution_name",
    "workspace_name",
    "express_route_gateway_id",
    "network_watcher_name",
    "private_dns_resolver_id",
    "resource_type",
    "vpn_gateway_id",
];

/// Types that are not in the catalogue, but whose ids follow from name and resource group: others
/// refer to them.
const NAMED: &[(&str, &str)] = &[
    ("azurerm_app_configuration", "Microsoft.AppConfiguration/configurationStores"),
    ("azurerm_application_insights", "Microsoft.Insights/components"),
    ("azurerm_application_security_group", "Microsoft.Network/applicationSecurityGroups"),
    ("azurerm_availability_set", "Microsoft.Compute/availabilitySets"),
    ("azurerm_capacity_reservation_group", "Microsoft.Compute/capacityReservationGroups"),
    ("azurerm_cognitive_account", "Microsoft.CognitiveServices/accounts"),
    ("azurerm_container_app_environment", "Microsoft.App/managedEnvironments"),
    ("azurerm_cosmosdb_account", "Microsoft.DocumentDB/databaseAccounts"),
    ("azurerm_dedicated_host_group", "Microsoft.Compute/hostGroups"),
    ("azurerm_eventhub_namespace", "Microsoft.EventHub/namespaces"),
    ("azurerm_express_route_circuit", "Microsoft.Network/expressRouteCircuits"),
    ("azurerm_ip_group", "Microsoft.Network/ipGroups"),
    ("azurerm_linux_virtual_machine", "Microsoft.Compute/virtualMachines"),
    ("azurerm_local_network_gateway", "Microsoft.Network/localNetworkGateways"),
    ("azurerm_monitor_action_group", "Microsoft.Insights/actionGroups"),
    ("azurerm_monitor_data_collection_endpoint", "Microsoft.Insights/dataCollectionEndpoints"),
    ("azurerm_monitor_data_collection_rule", "Microsoft.Insights/dataCollectionRules"),
    ("azurerm_monitor_workspace", "Microsoft.Monitor/accounts"),
    ("azurerm_mssql_server", "Microsoft.Sql/servers"),
    ("azurerm_mysql_flexible_server", "Microsoft.DBforMySQL/flexibleServers"),
    ("azurerm_network_ddos_protection_plan", "Microsoft.Network/ddosProtectionPlans"),
    ("azurerm_network_watcher", "Microsoft.Network/networkWatchers"),
    ("azurerm_postgresql_flexible_server", "Microsoft.DBforPostgreSQL/flexibleServers"),
    ("azurerm_private_dns_resolver", "Microsoft.Network/dnsResolvers"),
    ("azurerm_private_link_service", "Microsoft.Network/privateLinkServices"),
    ("azurerm_proximity_placement_group", "Microsoft.Compute/proximityPlacementGroups"),
    ("azurerm_recovery_services_vault", "Microsoft.RecoveryServices/vaults"),
    ("azurerm_redis_cache", "Microsoft.Cache/redis"),
    ("azurerm_service_plan", "Microsoft.Web/serverFarms"),
    ("azurerm_servicebus_namespace", "Microsoft.ServiceBus/namespaces"),
    ("azurerm_snapshot", "Microsoft.Compute/snapshots"),
    ("azurerm_storage_account", "Microsoft.Storage/storageAccounts"),
    ("azurerm_virtual_hub", "Microsoft.Network/virtualHubs"),
    ("azurerm_virtual_wan", "Microsoft.Network/virtualWans"),
    (
        "azurerm_web_application_firewall_policy",
        "Microsoft.Network/applicationGatewayWebApplicationFirewallPolicies",
    ),
    ("azurerm_windows_virtual_machine", "Microsoft.Compute/virtualMachines"),
];

/// The ARM type of a catalogue type, without remarks.
pub(super) fn arm_type(ty: &ResourceType) -> &'static str {
    ty.arm_type.split(' ').next().unwrap_or(ty.arm_type)
}

/// The id of an instance; of an association that of its host.
pub(super) fn of(instance: &Instance, references: &References<'_>) -> Option<ResourceId> {
    let type_name = &*instance.address.type_name;
    if type_name.starts_with("azapi_") {
        return super::azapi::id(instance, references);
    }
    let arguments = references.id_arguments(instance);
    let maker = Maker {
        instance,
        arguments: &arguments,
        references,
        subscription: references.subscription(instance).unwrap_or(UNKNOWN_SUBSCRIPTION),
    };
    let id = match catalogue::resource(type_name) {
        Some(ty) => maker.of_type(ty)?,
        None => {
            let at = NAMED.binary_search_by(|(name, _)| (*name).cmp(type_name)).ok()?;
            maker.in_group(NAMED[at].1, &maker.name("name"), |_| None)
        }
    };
    Some(ResourceId::new(id))
}

/// An id for the host of an instance that does not say which it is: no other resource has it.
pub(super) fn nowhere(arm_type: &str, instance: &Instance, references: &References<'_>) -> ResourceId {
    let subscription = references.subscription(instance).unwrap_or(UNKNOWN_SUBSCRIPTION);
    let own = format!("<{}>", instance.address);
    ResourceId::new(format!("/subscriptions/{subscription}/resourceGroups/{own}/providers/{arm_type}/{own}"))
}

/// Arguments that name something else, and what.
const NAMES_OF: &[(&str, &str)] = &[
    ("resource_group_name", "azurerm_resource_group"),
    ("virtual_network_name", "azurerm_virtual_network"),
    ("network_security_group_name", "azurerm_network_security_group"),
    ("route_table_name", "azurerm_route_table"),
    ("registry_name", "azurerm_container_registry"),
    ("container_registry_name", "azurerm_container_registry"),
    ("kubernetes_cluster_name", "azurerm_kubernetes_cluster"),
    ("network_watcher_name", "azurerm_network_watcher"),
    ("private_dns_zone_name", "azurerm_private_dns_zone"),
];

struct Maker<'a, 'r> {
    instance: &'a Instance,
    arguments: &'a Value,
    references: &'a References<'r>,
    subscription: &'a str,
}

impl Maker<'_, '_> {
    fn known(&self, argument: &str) -> Option<&str> {
        self.arguments.get(argument)?.as_str().filter(|s| !s.is_empty())
    }

    /// The value of an argument as a segment; an unknown one as the address of what it comes from.
    fn name(&self, argument: &str) -> String {
        let value = self.arguments.get(argument);
        match (self.known(argument), value.and_then(Value::as_unknown).map(|u| &u.reason)) {
            (Some(name), _) => name.to_owned(),
            (None, Some(Reason::Computed { address, .. } | Reason::Data { address, .. }))
                if argument != "name" =>
            {
                format!("<{address}>")
            }
            _ => {
                let of = NAMES_OF.iter().find(|(name, _)| *name == argument).map(|(_, ty)| *ty);
                let stand_in = of.zip(value).and_then(|(ty, value)| self.references.stand_in(ty, value));
                stand_in.unwrap_or_else(|| format!("<{}>", self.instance.address))
            }
        }
    }

    fn of_type(&self, ty: &ResourceType) -> Option<String> {
        let arm_type = arm_type(ty);
        let last = arm_type.rsplit('/').next()?;
        if let Some(synthetic) = &ty.synthetic {
            return self.known(synthetic.host).map(str::to_owned);
        }
        match ty.name {
            "azurerm_resource_group" => {
                return Some(format!(
                    "/subscriptions/{}/resourceGroups/{}",
                    self.subscription,
                    self.name("name")
                ));
            }
            // Of the subscription, and named by what it protects.
            "azurerm_security_center_subscription_pricing" => {
                let plan = match self.arguments.get("resource_type") {
                    Some(_) => self.name("resource_type"),
                    None => "VirtualMachines".to_owned(),
                };
                return Some(format!("/subscriptions/{}/providers/{arm_type}/{plan}", self.subscription));
            }
            "azurerm_role_assignment" => {
                let nowhere = format!("/subscriptions/{}", self.subscription);
                let scope = self.known("scope").unwrap_or(&nowhere).trim_end_matches('/');
                return Some(format!("{scope}/providers/{arm_type}/{}", self.name("name")));
            }
            "azurerm_log_analytics_solution" => {
                let name = format!("{}({})", self.name("solution_name"), self.name("workspace_name"));
                return Some(self.in_group(arm_type, &name, |_| None));
            }
            _ => {}
        }
        let part = |wanted: IdPart| {
            let mut roots = ty.roots();
            roots.find(|a| a.arm.as_ref().is_some_and(|p| p.root == Root::Id(wanted))).map(|a| a.name())
        };
        if let Some(target) = part(IdPart::Scope) {
            let nowhere = format!("/subscriptions/{}/<{}>", self.subscription, self.instance.address);
            let target = self.known(target).unwrap_or(&nowhere).trim_end_matches('/');
            return Some(format!("{target}/providers/{arm_type}/{}", self.name("name")));
        }
        let parent = part(IdPart::Parent);
        if let Some(parent) = parent.and_then(|p| self.known(p)) {
            return Some(format!("{}/{last}/{}", parent.trim_end_matches('/'), self.name("name")));
        }
        let argument_of = |segment: &str| {
            let mut roots = ty.roots();
            let is = |p: &IdPart| matches!(p, IdPart::Segment(s) if *s == segment);
            let found =
                roots.find(|a| matches!(&a.arm, Some(p) if matches!(&p.root, Root::Id(part) if is(part))));
            found.map(|a| a.name()).or(match segment {
                "managedClusters" => Some("kubernetes_cluster_name"),
                "privateDnsZones" => Some("private_dns_zone_name"),
                _ => parent,
            })
        };
        Some(
            self.in_group(arm_type, &self.name("name"), |segment| argument_of(segment).map(|a| self.name(a))),
        )
    }

    /// An id in the resource group, with the names of parents.
    fn in_group(&self, arm_type: &str, name: &str, parent: impl Fn(&str) -> Option<String>) -> String {
        let (namespace, segments) = arm_type.split_once('/').unwrap_or((arm_type, ""));
        let group = self.name("resource_group_name");
        let mut id =
            format!("/subscriptions/{}/resourceGroups/{group}/providers/{namespace}", self.subscription);
        let mut segments = segments.split('/').peekable();
        while let Some(segment) = segments.next() {
            let value = match segments.peek() {
                Some(_) => parent(segment).unwrap_or_else(|| format!("<{}>", self.instance.address)),
                None => name.to_owned(),
            };
            id.push_str(&format!("/{segment}/{value}"));
        }
        id
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_of_names_is_sorted() {
        assert!(super::NAMED.is_sorted_by_key(|(name, _)| *name));
    }
}
