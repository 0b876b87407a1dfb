//! Rules about how resources fit together.

mod add_on_roles;
mod api_key;
mod api_subnet;
mod cidr_overlap;
mod created_too_late;
mod disk_key;
mod egress_paths;
mod egress_route;
mod environments;
mod exposure_path;
mod log_sink;
mod nat;
mod network_roles;
mod next_hops;
mod node_group;
mod of_outcomes;
mod open_backend;
mod own_egress;
mod pipeline_to_owner;
mod pod_to_cloud;
mod private_path;
mod private_zone;
mod private_zone_name;
mod regions;
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
        &api_key::RULE,
        &api_subnet::RULE,
        &cidr_overlap::RULE,
        &created_too_late::RULE,
        &disk_key::RULE,
        &egress_paths::ASYMMETRIC,
        &egress_paths::TWO_WAYS,
        &egress_route::RULE,
        &environments::RULE,
        &exposure_path::RULE,
        &log_sink::RULE,
        &nat::RULE,
        &network_roles::OPERATOR,
        &network_roles::PRIVATE_ZONE,
        &network_roles::ROUTE_TABLE,
        &network_roles::SUBNET,
        &next_hops::BROKEN,
        &next_hops::NOWHERE,
        &node_group::BLOCKED,
        &node_group::OPEN,
        &of_outcomes::DEFAULTS,
        &of_outcomes::ENVIRONMENTS,
        &of_outcomes::OUTSIDE,
        &of_outcomes::WITHOUT_EFFECT,
        &open_backend::RULE,
        &own_egress::RULE,
        &pipeline_to_owner::RULE,
        &pod_to_cloud::RULE,
        &private_path::RULE,
        &private_zone::RULE,
        &private_zone_name::RULE,
        &regions::RULE,
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
