//! Resources around the few lines that a rule's example is about.

/// A cluster: lines of its body, and lines of its default node pool.
macro_rules! cluster {
    () => {
        $crate::analysis::rules::example::cluster!("")
    };
    ($lines:expr) => {
        $crate::analysis::rules::example::cluster!($lines, "")
    };
    ($lines:expr, $pool:expr) => {
        concat!(
            r#"resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"
"#,
            $lines,
            r#"
  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 3
"#,
            $pool,
            r#"  }

  identity {
    type = "SystemAssigned"
  }
}
"#
        )
    };
}

/// A cluster of this machine size: lines of its default node pool.
macro_rules! sized_cluster {
    ($size:literal) => {
        $crate::analysis::rules::example::sized_cluster!($size, "")
    };
    ($size:literal, $pool:literal) => {
        concat!(
            r#"resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"

  default_node_pool {
    name       = "system"
    vm_size    = ""#,
            $size,
            r#""
    node_count = 3
"#,
            $pool,
            r#"  }

  identity {
    type = "SystemAssigned"
  }
}
"#
        )
    };
}

/// A cluster with a second pool: lines of that pool.
macro_rules! node_pool {
    ($lines:literal) => {
        concat!(
            $crate::analysis::rules::example::cluster!(),
            r#"
resource "azurerm_kubernetes_cluster_node_pool" "apps" {
  name                  = "apps"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.example.id
  vm_size               = "Standard_D4s_v5"
"#,
            $lines,
            "}\n"
        )
    };
}

/// A cluster in the words of ARM: lines of its properties.
macro_rules! azapi_cluster {
    ($lines:literal) => {
        concat!(
            r#"resource "azapi_resource" "example" {
  type      = "Microsoft.ContainerService/managedClusters@2025-10-01"
  name      = "aks-example"
  parent_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example"
  location  = "westeurope"

  body = {
    properties = {
      dnsPrefix = "example"
"#,
            $lines,
            r#"
      agentPoolProfiles = [{
        name   = "system"
        mode   = "System"
        count  = 3
        vmSize = "Standard_D4s_v5"
      }]
    }
  }
}
"#
        )
    };
}

/// A registry and lines of its body.
macro_rules! registry {
    ($sku:literal, $lines:literal) => {
        concat!(
            r#"resource "azurerm_container_registry" "example" {
  name                = "crexample"
  location            = "westeurope"
  resource_group_name = "rg-example"
  sku                 = ""#,
            $sku,
            "\"\n",
            $lines,
            "}\n"
        )
    };
}

/// A vault and lines of its body.
macro_rules! vault {
    ($lines:literal) => {
        concat!(
            r#"resource "azurerm_key_vault" "example" {
  name                = "kv-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  tenant_id           = "11111111-2222-3333-4444-555555555555"
  sku_name            = "standard"
"#,
            $lines,
            "}\n"
        )
    };
}

/// A network security group and its inline rules.
macro_rules! nsg {
    ($rules:literal) => {
        concat!(
            r#"resource "azurerm_network_security_group" "example" {
  name                = "nsg-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
"#,
            $rules,
            "}\n"
        )
    };
}

/// A network with a subnet for nodes.
macro_rules! network {
    () => {
        r#"resource "azurerm_virtual_network" "example" {
  name                = "vnet-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.example.name
  address_prefixes     = ["10.0.0.0/22"]
}

"#
    };
}

/// What was applied, and the same after a change: the example of a rule about changes.
macro_rules! changed {
    ($before:expr, $after:expr) => {
        concat!("# before\n", $before, "\n# after\n", $after)
    };
}

/// Code, and what is live beside it as Azure answers: the example of a rule about what is live.
macro_rules! live {
    ($live:expr) => {
        concat!("# live\n", $live)
    };
    ($code:expr, $live:expr) => {
        concat!($code, "\n# live\n", $live)
    };
}

pub(super) use {
    azapi_cluster, changed, cluster, live, network, node_pool, nsg, registry, sized_cluster, vault,
};
