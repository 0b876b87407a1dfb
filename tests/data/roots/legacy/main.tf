# A configuration in the words of version 3 of the provider, in the style of its time.

terraform {
  required_version = ">= 0.13"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 3.80"
    }
    azuread = "~> 2.0"
  }
}

provider "azurerm" {
  skip_provider_registration = true
  features {
    key_vault {
      purge_soft_delete_on_destroy = false
    }
  }
}

variable "node_pools" {
  type = map(any)
  default = {
    user = { vm_size = "Standard_D4s_v3", min_count = 1, max_count = 5, enable_auto_scaling = true }
    spot = { vm_size = "Standard_D8s_v3", min_count = 0, max_count = 9, enable_auto_scaling = true, priority = "Spot" }
  }
}

data "azurerm_client_config" "current" {
}

data "azuread_group" "admins" {
  display_name = "aks-admins"
}

resource "azurerm_resource_group" "rg" {
  name     = "${terraform.workspace}-rg"
  location = "West Europe"
}

resource "azurerm_virtual_network" "vnet" {
  name                = "vnet"
  location            = "${azurerm_resource_group.rg.location}"
  resource_group_name = "${azurerm_resource_group.rg.name}"
  address_space       = ["10.1.0.0/16"]

  subnet {
    name           = "inline"
    address_prefix = "10.1.9.0/24"
  }
}

resource "azurerm_subnet" "aks" {
  name                                      = "aks"
  resource_group_name                       = azurerm_resource_group.rg.name
  virtual_network_name                      = azurerm_virtual_network.vnet.name
  address_prefixes                          = ["10.1.0.0/22"]
  private_endpoint_network_policies_enabled = true
}

resource "azurerm_kubernetes_cluster" "aks" {
  name                              = "aks"
  location                          = azurerm_resource_group.rg.location
  resource_group_name               = azurerm_resource_group.rg.name
  dns_prefix                        = "aks"
  kubernetes_version                = "1.28.5"
  role_based_access_control_enabled = true
  public_network_access_enabled     = true
  api_server_access_profile {
    authorized_ip_ranges = ["203.0.113.0/24"]
  }

  default_node_pool {
    name                = "default"
    vm_size             = "Standard_D2_v2"
    enable_auto_scaling = true
    min_count           = 1
    max_count           = 3
    vnet_subnet_id      = azurerm_subnet.aks.id
  }

  azure_active_directory_role_based_access_control {
    managed                = true
    tenant_id              = data.azurerm_client_config.current.tenant_id
    admin_group_object_ids = [data.azuread_group.admins.id]
  }

  network_profile {
    network_plugin = "kubenet"
    pod_cidr       = "10.244.0.0/16"
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "pool" {
  for_each = var.node_pools

  name                  = each.key
  kubernetes_cluster_id = azurerm_kubernetes_cluster.aks.id
  vm_size               = each.value["vm_size"]
  enable_auto_scaling   = lookup(each.value, "enable_auto_scaling", false)
  min_count             = each.value.min_count
  max_count             = each.value.max_count
  priority              = lookup(each.value, "priority", "Regular")
  eviction_policy       = lookup(each.value, "priority", null) == "Spot" ? "Delete" : null
  vnet_subnet_id        = azurerm_subnet.aks.id
}

resource "azurerm_role_assignment" "network" {
  scope                = azurerm_subnet.aks.id
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_kubernetes_cluster.aks.identity.0.principal_id
}

output "kubelet" {
  value = azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id
}

output "host" {
  value     = azurerm_kubernetes_cluster.aks.kube_config.0.host
  sensitive = true
}
