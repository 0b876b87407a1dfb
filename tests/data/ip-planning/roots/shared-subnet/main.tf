# Two pools with pods in the node subnet, endpoints beside them: the peak of an upgrade does not fit.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

variable "user_max" {
  type    = number
  default = 8
}

locals {
  ranges = { nodes = "10.20.0.0/22", endpoints = "10.20.4.0/28" }
}

resource "azurerm_resource_group" "main" {
  name     = "rg-shared"
  location = "westeurope"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-shared"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  address_space       = ["10.20.0.0/16"]
}

resource "azurerm_subnet" "all" {
  for_each             = local.ranges
  name                 = each.key
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = [each.value]
}

resource "azurerm_kubernetes_cluster" "main" {
  name                    = "aks-shared"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  dns_prefix              = "shared"
  private_cluster_enabled = true

  default_node_pool {
    name           = "sys"
    vm_size        = "Standard_D4s_v5"
    vnet_subnet_id = azurerm_subnet.all["nodes"].id
    node_count     = 3
    max_pods       = 30
    upgrade_settings {
      max_surge = "1"
    }
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin = "azure"
    service_cidr   = "172.16.0.0/16"
    dns_service_ip = "172.16.0.10"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "user" {
  name                  = "user"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  vm_size               = "Standard_D8s_v5"
  vnet_subnet_id        = azurerm_subnet.all["nodes"].id
  auto_scaling_enabled  = true
  min_count             = 5
  max_count             = var.user_max
  max_pods              = 100
  upgrade_settings {
    max_surge = "25%"
  }
}

resource "azurerm_container_registry" "main" {
  name                = "acrshared"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  sku                 = "Premium"

  georeplications {
    location = "northeurope"
  }
  georeplications {
    location = "uksouth"
  }
}

resource "azurerm_private_endpoint" "registry" {
  name                = "pe-acr"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.all["endpoints"].id

  private_service_connection {
    name                           = "acr"
    is_manual_connection           = false
    private_connection_resource_id = azurerm_container_registry.main.id
    subresource_names              = ["registry"]
  }
}

resource "azurerm_private_endpoint" "vault" {
  name                = "pe-kv"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.all["endpoints"].id

  private_service_connection {
    name                           = "kv"
    is_manual_connection           = false
    private_connection_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"
    subresource_names              = ["vault"]
  }
}
