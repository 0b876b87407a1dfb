# Two dual-stack clusters: one as it should be, one whose IPv6 ranges clash and whose nodes have no IPv6.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
  }
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-dual"
  location            = "westeurope"
  resource_group_name = "rg-dual"
  address_space       = ["10.10.0.0/16", "fd00:10::/48"]
}

resource "azurerm_subnet" "both" {
  name                 = "both"
  resource_group_name  = "rg-dual"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.10.0.0/26", "fd00:10:0:1::/64"]
}

resource "azurerm_subnet" "v4" {
  name                 = "v4"
  resource_group_name  = "rg-dual"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.10.1.0/26"]
}

resource "azurerm_kubernetes_cluster" "good" {
  name                = "aks-good"
  location            = "westeurope"
  resource_group_name = "rg-dual"
  dns_prefix          = "good"

  default_node_pool {
    name           = "sys"
    vm_size        = "Standard_D4s_v5"
    vnet_subnet_id = azurerm_subnet.both.id
    node_count     = 3
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
    ip_versions         = ["IPv4", "IPv6"]
    pod_cidrs           = ["10.200.0.0/22", "fd00:aaaa::/64"]
    service_cidrs       = ["10.201.0.0/16", "fd00:bbbb::/108"]
    dns_service_ip      = "10.201.0.10"
  }
}

resource "azurerm_kubernetes_cluster" "bad" {
  name                = "aks-bad"
  location            = "westeurope"
  resource_group_name = "rg-dual"
  dns_prefix          = "bad"

  default_node_pool {
    name           = "sys"
    vm_size        = "Standard_D4s_v5"
    vnet_subnet_id = azurerm_subnet.v4.id
    node_count     = 3
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
    ip_versions         = ["IPv4", "IPv6"]
    pod_cidrs           = ["10.244.0.0/16", "fd00:10:0:1::/79"]
    service_cidrs       = ["10.202.0.0/16", "fd00:cccc::/64"]
    dns_service_ip      = "10.202.0.10"
  }
}
