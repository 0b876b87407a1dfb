# Overlay with a pod CIDR of 32 nodes; service and pod ranges meet a peered network and each other.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
  }
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-overlay"
  location            = "westeurope"
  resource_group_name = "rg-overlay"
  address_space       = ["10.10.0.0/16"]
}

resource "azurerm_virtual_network" "hub" {
  name                = "vnet-hub"
  location            = "westeurope"
  resource_group_name = "rg-overlay"
  address_space       = ["192.168.0.0/20"]
}

resource "azurerm_virtual_network_peering" "hub" {
  name                      = "to-hub"
  resource_group_name       = "rg-overlay"
  virtual_network_name      = azurerm_virtual_network.main.name
  remote_virtual_network_id = azurerm_virtual_network.hub.id
}

resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = "rg-overlay"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.10.0.0/26"]
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-overlay"
  location            = "westeurope"
  resource_group_name = "rg-overlay"
  dns_prefix          = "overlay"

  default_node_pool {
    name           = "sys"
    vm_size        = "Standard_D4s_v5"
    vnet_subnet_id = azurerm_subnet.nodes.id
    node_count     = 3
    upgrade_settings {
      max_surge = "33%"
    }
  }

  identity {
    type = "SystemAssigned"
  }

  node_provisioning_profile {
    mode = "Manual"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    pod_cidr            = "10.244.0.0/19"
    service_cidr        = "192.168.8.0/22"
    dns_service_ip      = "192.168.8.1"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "user" {
  name                  = "user"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  vm_size               = "Standard_D8s_v5"
  vnet_subnet_id        = azurerm_subnet.nodes.id
  auto_scaling_enabled  = true
  min_count             = 2
  max_count             = 24
  upgrade_settings {
    max_surge = "33%"
  }
}
