//! What schemas cost a run: `cargo bench --bench schema`.

use trueup::terraform::schema::encoding::{Packed, Table};

const AZURERM: &[u8] = include_bytes!("../src/terraform/schema/data/azurerm-4.bin");

const TYPES: [&str; 10] = [
    "azurerm_resource_group",
    "azurerm_virtual_network",
    "azurerm_subnet",
    "azurerm_network_security_group",
    "azurerm_kubernetes_cluster",
    "azurerm_kubernetes_cluster_node_pool",
    "azurerm_container_registry",
    "azurerm_key_vault",
    "azurerm_role_assignment",
    "azurerm_log_analytics_workspace",
];

fn main() {
    divan::main();
}

/// Opening the largest provider: once a run.
#[divan::bench]
fn open() -> Option<Packed> {
    Packed::open(AZURERM)
}

/// Ten types, each for the first time, opening included.
#[divan::bench]
fn ten_types() -> usize {
    let Some(packed) = Packed::open(AZURERM) else { return 0 };
    TYPES.iter().filter(|t| packed.block(Table::Resources, t).is_some()).count()
}
