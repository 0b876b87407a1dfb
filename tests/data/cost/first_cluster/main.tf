# A first cluster as many begin: azurerm 3, one pool that scales from three to five small nodes, a vault.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 3.0"
    }
  }
}

provider "azurerm" {
  features {}
}

data "azurerm_client_config" "me" {}

resource "azurerm_resource_group" "main" {
  name     = "rg-shop"
  location = "East US"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-shop"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  address_space       = ["10.20.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.20.4.0/24"]
}

resource "azurerm_kubernetes_cluster" "shop" {
  name                = "aks-shop"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "shop"

  default_node_pool {
    name                = "system"
    vm_size             = "Standard_DS2_v2"
    node_count          = 3
    enable_auto_scaling = true
    min_count           = 3
    max_count           = 5
    vnet_subnet_id      = azurerm_subnet.nodes.id
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin    = "azure"
    load_balancer_sku = "standard"
  }

  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }
}

resource "azurerm_key_vault" "shop" {
  name                = "kv-shop"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tenant_id           = data.azurerm_client_config.me.tenant_id
  sku_name            = "standard"
}

resource "azurerm_role_assignment" "secrets" {
  scope                = azurerm_key_vault.shop.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_kubernetes_cluster.shop.key_vault_secrets_provider[0].secret_identity[0].object_id
}

resource "azurerm_storage_account" "backups" {
  name                     = "stshopbackups"
  location                 = azurerm_resource_group.main.location
  resource_group_name      = azurerm_resource_group.main.name
  account_tier             = "Standard"
  account_replication_type = "LRS"
}
