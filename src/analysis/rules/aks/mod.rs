//! Rules about AKS clusters and node pools.

mod api_server;
mod attributes;
mod backup;
mod density;
mod egress;
mod entra;
mod maintenance;
mod names;
mod network;
mod nodes;
mod observability;
mod pod_identity;
mod pool_mix;
mod reliability;
mod sizes;
mod upgrades;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &api_server::TOO_BROAD,
        &api_server::UNRESTRICTED,
        &backup::RULE,
        &density::RULE,
        &egress::RULE,
        &entra::RULE,
        &maintenance::RULE,
        &names::RULE,
        &network::KUBENET,
        &network::POLICY,
        &nodes::OLD_OS,
        &sizes::MANAGED_DISK,
        &sizes::RETIRING,
        &sizes::TOO_SMALL,
        &sizes::UNHEARD,
        &observability::AUDIT,
        &observability::DEFENDER,
        &observability::FULL_AUDIT,
        &observability::PLATFORM,
        &pod_identity::RULE,
        &pool_mix::ONE_USER_NODE,
        &pool_mix::ONLY_SPOT,
        &pool_mix::SHARED_SYSTEM,
        &pool_mix::SINGLE_ZONE,
        &reliability::ADD_ONS_ONLY,
        &reliability::FEW_NODES,
        &reliability::INGRESS,
        &reliability::NO_ZONES,
        &upgrades::ENDING,
        &upgrades::NODE_OS,
        &upgrades::SKEW,
        &upgrades::VERSION,
    ],
    rows: attributes::TABLES,
};
