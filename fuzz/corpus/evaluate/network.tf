terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 4.0" }
  }
}
provider "azurerm" {
  features {}
  subscription_id = "00000000-0000-0000-0000-000000000001"
}
variable "subnets" {
  type    = map(object({ newbits = number, rules = optional(map(number), {}) }))
  default = { app = { newbits = 8, rules = { https = 443 } }, data = { newbits = 10 } }
}
resource "azurerm_resource_group" "a" {
  name     = "rg-a"
  location = "westeurope"
}
resource "azurerm_virtual_network" "a" {
  name                = "vnet"
  resource_group_name = azurerm_resource_group.a.name
  location            = azurerm_resource_group.a.location
  address_space       = ["10.0.0.0/16", "fd00::/48"]
}
resource "azurerm_subnet" "a" {
  for_each             = var.subnets
  name                 = each.key
  resource_group_name  = azurerm_resource_group.a.name
  virtual_network_name = azurerm_virtual_network.a.name
  address_prefixes     = [cidrsubnet(azurerm_virtual_network.a.address_space[0], each.value.newbits, index(keys(var.subnets), each.key))]
}
resource "azurerm_network_security_group" "a" {
  name                = "nsg"
  resource_group_name = azurerm_resource_group.a.name
  location            = "West Europe"
  dynamic "security_rule" {
    for_each = merge(values(var.subnets)[*].rules...)
    content {
      name                       = security_rule.key
      priority                   = 100
      direction                  = "Inbound"
      access                     = "Allow"
      protocol                   = "*"
      source_port_range          = "*"
      destination_port_range     = security_rule.value
      source_address_prefix      = "Internet"
      destination_address_prefix = "10.0.0.0-10.0.0.9"
    }
  }
}
resource "azurerm_kubernetes_cluster" "a" {
  name                = "aks"
  location            = azurerm_resource_group.a.location
  resource_group_name = azurerm_resource_group.a.name
  dns_prefix          = "a"
  kubernetes_version  = "1.31"
  default_node_pool {
    name                 = "system"
    vm_size              = "Standard_D4s_v5"
    auto_scaling_enabled = true
    min_count            = 1
    max_count            = 100
    max_pods             = 110
    vnet_subnet_id       = azurerm_subnet.a["app"].id
    upgrade_settings {
      max_surge = "33%"
    }
  }
  identity {
    type = "SystemAssigned"
  }
  network_profile {
    network_plugin = "azure"
    service_cidr   = "10.0.0.0/16"
    dns_service_ip = "10.0.0.10"
  }
}
