//! What is known of each azurerm resource type: which ARM document it is, and for every attribute
//! where its value stands there, how the two compare, what an absent one means, and what a change
//! does. Data, used in both directions: translation writes by it, comparison reads by it.
//!
//! One file per type in `types/` (encoding: [`decode`]), decoded on first use and kept.

mod condition;
pub mod convert;
mod decode;
mod model;
mod path;
mod read;

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

pub use condition::{Clause, Condition, Operand, Pattern, Test};
pub use model::{
    Alias, AttrType, Attribute, Compare, Config, Elem, Expected, Listing, LiveRule, ResourceType, Strict,
    Synthetic, Transform, WhenAbsent,
};
pub(in crate::azure) use path::after;
pub use path::{ArmPath, IdPart, Root, Step, Want};
pub use read::{Element, Reader, declared, is_zero, text_of};

/// A type and its file.
struct Entry {
    name: &'static str,
    text: &'static str,
    decoded: OnceLock<Option<ResourceType>>,
}

impl Entry {
    const fn new(name: &'static str, text: &'static str) -> Entry {
        Entry { name, text, decoded: OnceLock::new() }
    }

    fn get(&'static self) -> Option<&'static ResourceType> {
        self.decoded.get_or_init(|| decode::resource_type(self.name, self.text).ok()).as_ref()
    }

    /// The ARM type, without decoding the rest.
    fn arm_type(&self) -> &'static str {
        self.text.lines().find_map(|l| l.strip_prefix("arm_type ")).unwrap_or("")
    }
}

macro_rules! types {
    ($($name:literal)*) => {
        /// Sorted by name.
        static TYPES: [Entry; [$($name),*].len()] =
            [$(Entry::new($name, include_str!(concat!("types/", $name, ".txt")))),*];
    };
}

types! {
    "azurerm_application_gateway"
    "azurerm_application_load_balancer"
    "azurerm_bastion_host"
    "azurerm_container_registry"
    "azurerm_container_registry_scope_map"
    "azurerm_container_registry_token"
    "azurerm_container_registry_webhook"
    "azurerm_dashboard_grafana"
    "azurerm_disk_encryption_set"
    "azurerm_dns_zone"
    "azurerm_express_route_circuit"
    "azurerm_express_route_connection"
    "azurerm_express_route_gateway"
    "azurerm_federated_identity_credential"
    "azurerm_firewall"
    "azurerm_firewall_policy"
    "azurerm_key_vault"
    "azurerm_key_vault_access_policy"
    "azurerm_key_vault_key"
    "azurerm_key_vault_managed_hardware_security_module"
    "azurerm_kubernetes_automatic_cluster"
    "azurerm_kubernetes_cluster"
    "azurerm_kubernetes_cluster_node_pool"
    "azurerm_lb"
    "azurerm_lb_nat_pool"
    "azurerm_lb_nat_rule"
    "azurerm_lb_outbound_rule"
    "azurerm_lb_probe"
    "azurerm_lb_rule"
    "azurerm_linux_virtual_machine"
    "azurerm_linux_virtual_machine_scale_set"
    "azurerm_log_analytics_solution"
    "azurerm_log_analytics_workspace"
    "azurerm_managed_disk"
    "azurerm_monitor_diagnostic_setting"
    "azurerm_monitor_workspace"
    "azurerm_nat_gateway"
    "azurerm_nat_gateway_public_ip_association"
    "azurerm_nat_gateway_public_ip_prefix_association"
    "azurerm_network_ddos_protection_plan"
    "azurerm_network_interface"
    "azurerm_network_interface_security_group_association"
    "azurerm_network_security_group"
    "azurerm_network_security_rule"
    "azurerm_network_watcher_flow_log"
    "azurerm_orchestrated_virtual_machine_scale_set"
    "azurerm_point_to_site_vpn_gateway"
    "azurerm_private_dns_a_record"
    "azurerm_private_dns_resolver"
    "azurerm_private_dns_resolver_dns_forwarding_ruleset"
    "azurerm_private_dns_resolver_inbound_endpoint"
    "azurerm_private_dns_resolver_outbound_endpoint"
    "azurerm_private_dns_zone"
    "azurerm_private_dns_zone_virtual_network_link"
    "azurerm_private_endpoint"
    "azurerm_public_ip"
    "azurerm_public_ip_prefix"
    "azurerm_redhat_openshift_cluster"
    "azurerm_resource_group"
    "azurerm_role_assignment"
    "azurerm_route"
    "azurerm_route_table"
    "azurerm_security_center_subscription_pricing"
    "azurerm_snapshot"
    "azurerm_storage_account"
    "azurerm_subnet"
    "azurerm_subnet_nat_gateway_association"
    "azurerm_subnet_network_security_group_association"
    "azurerm_subnet_route_table_association"
    "azurerm_user_assigned_identity"
    "azurerm_virtual_hub"
    "azurerm_virtual_machine"
    "azurerm_virtual_machine_scale_set"
    "azurerm_virtual_network"
    "azurerm_virtual_network_dns_servers"
    "azurerm_virtual_network_gateway"
    "azurerm_virtual_network_gateway_connection"
    "azurerm_virtual_network_peering"
    "azurerm_virtual_wan"
    "azurerm_vpn_gateway"
    "azurerm_vpn_gateway_connection"
    "azurerm_web_application_firewall_policy"
    "azurerm_windows_virtual_machine"
    "azurerm_windows_virtual_machine_scale_set"
}

/// The entry of an azurerm resource type.
pub fn resource(terraform_type: &str) -> Option<&'static ResourceType> {
    let at = TYPES.binary_search_by(|e| e.name.cmp(terraform_type)).ok()?;
    TYPES[at].get()
}

/// The resource type whose document has this ARM type, without case; never an association. Of two it is
/// the one with the shorter name: the other is a special form of it.
pub fn by_arm_type(arm_type: &str) -> Option<&'static ResourceType> {
    static BY_ARM_TYPE: LazyLock<HashMap<String, &'static Entry>> = LazyLock::new(|| {
        let mut all: Vec<&'static Entry> = TYPES.iter().collect();
        // The last one of a type stays.
        all.sort_by_key(|e| std::cmp::Reverse(e.name.len()));
        all.into_iter().map(|e| (e.arm_type().to_ascii_lowercase(), e)).collect()
    });
    BY_ARM_TYPE.get(&arm_type.to_ascii_lowercase())?.get()
}

/// The names of all types, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    TYPES.iter().map(|e| e.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types and attributes of the mapping from which the whole files were first written.
    const TYPE_COUNT: usize = 36;
    const ATTRIBUTE_COUNT: usize = 1271;

    #[test]
    fn every_type_decodes_and_nothing_is_lost() {
        assert!(TYPES.is_sorted_by_key(|e| e.name));
        let mut count = (0, 0);
        for entry in &TYPES {
            let ty = decode::resource_type(entry.name, entry.text).unwrap_or_else(|e| panic!("{e}"));
            assert!(!ty.attributes.is_empty() && !ty.arm_type.is_empty(), "{}", entry.name);
            if !ty.partial {
                count.0 += 1;
                count.1 += ty.attributes.len();
            }
        }
        assert_eq!(count, (TYPE_COUNT, ATTRIBUTE_COUNT));
    }

    #[test]
    fn figures_of_the_mapping_are_all_there() {
        let whole = names().filter_map(resource).filter(|t| !t.partial);
        let all: Vec<_> = whole.flat_map(|t| &t.attributes).collect();
        let count = |f: &dyn Fn(&Attribute) -> bool| all.iter().filter(|a| f(a)).count();
        assert_eq!(count(&|a| a.arm.is_none()), 41);
        assert_eq!(count(&|a| a.force_new), 223);
        assert_eq!(count(&|a| a.config == Config::Computed), 179);
        assert_eq!(count(&|a| a.config == Config::OptionalComputed), 80);
        assert_eq!(count(&|a| a.elem == Some(Elem::Block)), 156);
        assert_eq!(count(&|a| a.when_absent == Some(WhenAbsent::Default)), 146);
        assert_eq!(count(&|a| a.when_absent == Some(WhenAbsent::Unmanaged)), 80);
        assert_eq!(count(&|a| a.when_absent == Some(WhenAbsent::Zero)), 533);
        assert_eq!(count(&|a| a.default.is_some()), 143);
        assert_eq!(count(&|a| !a.default_by_major.is_empty()), 8);
        assert_eq!(count(&|a| !a.config_by_major.is_empty()), 36);
        assert_eq!(count(&|a| a.arm_absent.is_some()), 40);
        assert_eq!(count(&|a| a.arm_fallback.is_some()), 5);
        assert_eq!(count(&|a| !a.arm_null_values.is_empty()), 6);
        assert_eq!(count(&|a| a.present_when.is_some()), 18);
        assert_eq!(count(&|a| a.arm_valid_when.is_some()), 3);
        assert_eq!(count(&|a| a.service_fills.is_some()), 40);
        assert_eq!(count(&|a| a.expected_when.is_some()), 8);
        assert_eq!(count(&|a| !a.force_new_when.is_empty()), 13);
        assert_eq!(count(&|a| a.force_new_unless.is_some()), 10);
        assert_eq!(count(&|a| a.strict != Strict::default()), 118);
        assert_eq!(count(&|a| a.sensitive), 28);
        assert_eq!(count(&|a| !a.readable), 41);
        assert_eq!(count(&|a| !a.key.is_empty()), 11);
        assert_eq!(count(&|a| !a.note.is_empty()), 308);
    }

    #[test]
    fn members_stand_below_their_block() {
        let subnet = resource("azurerm_subnet").unwrap();
        let delegation = subnet.attribute("delegation.service_delegation").unwrap();
        let names: Vec<_> = subnet.members(delegation).map(|a| a.name()).collect();
        assert_eq!(names, ["name", "actions"]);
        assert_eq!(subnet.roots().next().map(|a| a.path), Some("name"));
    }

    #[test]
    fn a_type_is_found_by_its_arm_type() {
        let found = by_arm_type("microsoft.network/VIRTUALNETWORKS/subnets").map(|t| t.name);
        assert_eq!(found, Some("azurerm_subnet"));
        assert!(resource("azurerm_no_such_type").is_none());
    }
}
