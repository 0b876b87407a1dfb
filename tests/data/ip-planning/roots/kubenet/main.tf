# Networks that Azure refuses, and a kubenet cluster beyond its routes.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-kubenet"
  location            = "westeurope"
  resource_group_name = "rg-kubenet"
  address_space       = ["10.41.0.0/16", "172.30.4.0/24"]
}

resource "azurerm_virtual_network" "twin" {
  name                = "vnet-twin"
  location            = "westeurope"
  resource_group_name = "rg-kubenet"
  address_space       = ["10.41.128.0/17"]
}

resource "azurerm_virtual_network_peering" "there" {
  name                      = "there"
  resource_group_name       = "rg-kubenet"
  virtual_network_name      = azurerm_virtual_network.main.name
  remote_virtual_network_id = azurerm_virtual_network.twin.id
}

resource "azurerm_virtual_network_peering" "back" {
  name                      = "back"
  resource_group_name       = "rg-kubenet"
  virtual_network_name      = azurerm_virtual_network.twin.name
  remote_virtual_network_id = azurerm_virtual_network.main.id
}

resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = "rg-kubenet"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.41.0.0/22"]
}

resource "azurerm_subnet" "inside" {
  name                 = "inside"
  resource_group_name  = "rg-kubenet"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.41.3.0/24"]
}

resource "azurerm_subnet" "outside" {
  name                 = "outside"
  resource_group_name  = "rg-kubenet"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.42.0.0/24"]
}

resource "azurerm_subnet" "crooked" {
  name                 = "crooked"
  resource_group_name  = "rg-kubenet"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.41.9.0/20"]
}

resource "azurerm_subnet" "tiny" {
  name                 = "tiny"
  resource_group_name  = "rg-kubenet"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.41.64.0/30"]
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-kubenet"
  location            = "westeurope"
  resource_group_name = "rg-kubenet"
  dns_prefix          = "kubenet"

  default_node_pool {
    name           = "sys"
    vm_size        = "Standard_D4s_v5"
    vnet_subnet_id = azurerm_subnet.nodes.id
    node_count     = 380
    max_pods       = 9
    upgrade_settings {
      max_surge = "10%"
    }
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin = "kubenet"
    pod_cidr       = "10.128.0.0/14"
    service_cidr   = "172.16.0.0/16"
    dns_service_ip = "172.16.0.10"
  }
}
