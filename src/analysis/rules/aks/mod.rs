//! Rules about AKS clusters and node pools.

mod api_server;
mod attributes;
mod entra;
mod network;
mod nodes;
mod observability;
mod reliability;
mod secrets_store;
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
        &reliability::FREE_TIER,
        &reliability::NO_ZONES,
        &secrets_store::RULE,
        &upgrades::NODE_OS,
        &upgrades::VERSION,
    ],
    rows: &[attributes::ROWS],
};
