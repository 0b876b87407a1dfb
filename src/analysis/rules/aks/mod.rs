//! Rules about AKS clusters and node pools.

mod api_server;
mod attributes;
mod entra;
mod network;
mod nodes;
mod observability;
mod reliability;
mod upgrades;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &api_server::TOO_BROAD,
        &api_server::UNRESTRICTED,
        &entra::RULE,
        &network::KUBENET,
        &network::POLICY,
        &nodes::OLD_OS,
        &nodes::SMALL_VM,
        &observability::AUDIT,
        &observability::DEFENDER,
        &reliability::ADD_ONS_ONLY,
        &reliability::FEW_NODES,
        &reliability::NO_ZONES,
        &upgrades::NODE_OS,
        &upgrades::VERSION,
    ],
    rows: attributes::TABLES,
};
