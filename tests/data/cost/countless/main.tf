# Counts that nobody knows before apply: a variable without a value.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  features {}
}

variable "pools" {
  type = number
}

variable "gateways" {
  type = set(string)
}

resource "azurerm_resource_group" "main" {
  name     = "rg"
  location = "eastus"
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "aks"

  default_node_pool {
    name         = "system"
    vm_size      = "Standard_D4ds_v5"
    node_count   = 1
    os_disk_type = "Ephemeral"
  }

  identity {
    type = "SystemAssigned"
  }

  oms_agent {
    log_analytics_workspace_id = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-hub/providers/Microsoft.OperationalInsights/workspaces/log-hub"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "more" {
  count                 = var.pools
  name                  = "more${count.index}"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  vm_size               = "Standard_D4ds_v5"
  node_count            = 2
}

resource "azurerm_nat_gateway" "each" {
  for_each            = var.gateways
  name                = "ng-${each.key}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
}
