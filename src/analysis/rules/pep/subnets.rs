//! PEP-008: private endpoints among nodes.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{network, vault};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::azure::types;

macro_rules! placed {
    ($subnet:literal) => {
        concat!(
            network!(),
            vault!(""),
            r#"
resource "azurerm_subnet" "endpoints" {
  name                 = "snet-endpoints"
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.example.name
  address_prefixes     = ["10.0.8.0/26"]
}

resource "azurerm_private_endpoint" "example" {
  name                = "pe-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  subnet_id           = azurerm_subnet."#,
            $subnet,
            r#".id

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.example.id
    subresource_names              = ["vault"]
    is_manual_connection           = false
  }
}

resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"

  default_node_pool {
    name           = "system"
    vm_size        = "Standard_D4s_v5"
    node_count     = 3
    vnet_subnet_id = azurerm_subnet.nodes.id
  }

  identity {
    type = "SystemAssigned"
  }
}
"#
        )
    };
}

pub(super) static WITH_NODES: Check = Check {
    meta: Meta {
        id: "TU-PEP-008",
        name: "pe-in-node-subnet",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the private endpoint stands in a subnet of nodes",
        why: "It takes addresses that nodes need to scale and to upgrade, and shares their security rules.",
        fix: "Give private endpoints a subnet of their own.",
        exceptions: "",
        bad: placed!("nodes"),
        good: placed!("endpoints"),
        references: &["https://learn.microsoft.com/azure/aks/concepts-network-ip-address-planning"],
        peers: &[],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for endpoint in graph.of_type(types::PRIVATE_ENDPOINT) {
        let value = endpoint.get("properties.subnet.id");
        let Some(value) = value else {
            out.skip(endpoint, "it has no subnet");
            continue;
        };
        let subnets = graph.all_pools().flat_map(|pool| {
            ["properties.vnetSubnetID", "properties.podSubnetID"].map(|path| pool.document.get(path))
        });
        let shared = crate::analysis::rules::Truth::any(subnets.flatten().map(|own| graph.same(own, value)));
        out.judge(endpoint, Some(value), !shared, WITH_NODES.meta.title);
    }
}
