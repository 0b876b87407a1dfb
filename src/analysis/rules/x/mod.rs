//! Rules about how resources fit together.

mod add_on_roles;
mod api_subnet;
mod cidr_overlap;
mod egress_route;
mod nat;
mod network_roles;
mod next_hops;
mod pipeline_to_owner;
mod pod_to_cloud;
mod private_path;
mod private_zone;
mod private_zone_name;
mod registry_modes;
mod registry_pull;
mod service_address;
pub(super) mod vault_access;
mod vault_modes;
mod workload_identity;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &add_on_roles::GATEWAY,
        &add_on_roles::ZONE,
        &api_subnet::RULE,
        &cidr_overlap::RULE,
        &egress_route::RULE,
        &nat::RULE,
        &network_roles::OPERATOR,
        &network_roles::PRIVATE_ZONE,
        &network_roles::ROUTE_TABLE,
        &network_roles::SUBNET,
        &next_hops::BROKEN,
        &next_hops::NOWHERE,
        &pipeline_to_owner::RULE,
        &pod_to_cloud::RULE,
        &private_path::RULE,
        &private_zone::RULE,
        &private_zone_name::RULE,
        &registry_modes::IGNORED,
        &registry_modes::WRONG_IDENTITY,
        &registry_pull::RULE,
        &service_address::RULE,
        &vault_access::RULE,
        &vault_modes::RULE,
        &workload_identity::OFF,
    ],
    rows: &[workload_identity::ROWS],
};
