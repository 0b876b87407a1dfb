# count and for_each: conditional resources, splats, indexes into what may not be there, moved
# and removed blocks, keys of every kind.

terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "= 4.20.0"
    }
  }
}

provider "azurerm" {
  features {}
}

variable "create" {
  type    = bool
  default = true
}

variable "zones" {
  type    = list(string)
  default = ["1", "2", "3"]
}

variable "names" {
  type    = set(string)
  default = ["zeta", "alpha", "a b/c", "ü\"q\""]
}

resource "azurerm_resource_group" "this" {
  count    = var.create ? 1 : 0
  name     = "rg-count"
  location = "westeurope"
}

resource "azurerm_resource_group" "other" {
  count    = var.create ? 0 : 1
  name     = "rg-other"
  location = "westeurope"
}

locals {
  group = one(concat(azurerm_resource_group.this[*].name, azurerm_resource_group.other[*].name))
  other = try(azurerm_resource_group.other[0].id, "none")
}

resource "azurerm_public_ip" "zone" {
  count               = length(var.zones)
  name                = format("pip-%02d", count.index + 1)
  resource_group_name = local.group
  location            = azurerm_resource_group.this[0].location
  allocation_method   = "Static"
  zones               = [var.zones[count.index]]
  domain_name_label   = count.index % 2 == 0 ? "even" : null
}

resource "azurerm_public_ip" "named" {
  for_each            = var.names
  name                = "pip-${replace(each.value, "/[^a-z]/", "-")}"
  resource_group_name = local.group
  location            = azurerm_resource_group.this[0].location
  allocation_method   = "Static"
}

resource "azurerm_lb" "this" {
  for_each = { for i, z in slice(var.zones, 0, 2) : "lb-${z}" => { index = i, zone = z } }

  name                = each.key
  resource_group_name = local.group
  location            = "westeurope"
  sku                 = "Standard"

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = azurerm_public_ip.zone[each.value.index].id
  }
}

resource "azurerm_lb_backend_address_pool" "this" {
  for_each        = azurerm_lb.this
  name            = "pool-${each.key}"
  loadbalancer_id = each.value.id
}

moved {
  from = azurerm_public_ip.old
  to   = azurerm_public_ip.zone[0]
}

moved {
  from = module.gone.azurerm_lb.this
  to   = azurerm_lb.this["lb-1"]
}

removed {
  from = azurerm_lb.removed
  lifecycle {
    destroy = false
  }
}

output "names" { value = azurerm_public_ip.zone[*].name }
output "labels" { value = [for p in azurerm_public_ip.zone : p.domain_name_label] }
output "keys" { value = keys(azurerm_public_ip.named) }
output "other" { value = local.other }
output "pools" { value = { for k, p in azurerm_lb_backend_address_pool.this : k => p.name } }
output "last" { value = azurerm_public_ip.zone[length(var.zones) - 1].zones }
output "legacy_splat" { value = azurerm_public_ip.zone.*.allocation_method }
output "frontends" { value = [for lb in azurerm_lb.this : lb.frontend_ip_configuration[0].name] }
output "all_names" { value = flatten([for lb in azurerm_lb.this : lb.frontend_ip_configuration[*].name]) }
output "empty" { value = azurerm_resource_group.other }
