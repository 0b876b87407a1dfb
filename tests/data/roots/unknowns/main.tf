# What can be told of values that are known only after apply: types, lengths, prefixes, and which
# parts of a value stay known.

provider "azurerm" {
  features {}
}

data "azurerm_subscription" "current" {}

resource "azurerm_resource_group" "this" {
  name     = "rg-unknowns"
  location = "westeurope"
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "this" {
  count                = 2
  name                 = "snet-${count.index}"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [cidrsubnet(tolist(azurerm_virtual_network.this.address_space)[0], 8, count.index)]
}

resource "azurerm_public_ip" "this" {
  for_each            = toset(["a", "b"])
  name                = "pip-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  allocation_method   = "Static"
}

locals {
  vnet_id = azurerm_virtual_network.this.id
  ips     = { for k, p in azurerm_public_ip.this : k => p.ip_address }
  parts   = split("/", local.vnet_id)
}

output "map_of_unknown" { value = local.ips }
output "list_of_unknown" { value = azurerm_subnet.this[*].id }
output "mixed" { value = { id = local.vnet_id, name = azurerm_virtual_network.this.name, list = [1, local.vnet_id] } }
output "template" { value = "id is ${local.vnet_id}" }
output "part" { value = local.parts[8] }
output "length_known" { value = length(local.ips) }
output "length_unknown" { value = length(local.parts) }
output "keys" { value = keys(local.ips) }
output "values" { value = values(local.ips) }
output "is_null" { value = azurerm_subnet.this[0].id == null }
output "coalesced" { value = coalesce(azurerm_public_ip.this["a"].ip_address, "none") }
output "conditional_same" { value = length(local.parts) > 3 ? "x" : "x" }
output "conditional_types" { value = length(local.parts) > 3 ? [1] : [] }
output "and_false" { value = false && length(local.parts) > 3 }
output "tried" { value = try(local.parts[2], "none") }
output "can" { value = can(local.parts[2]) }
output "for_filter" { value = [for k, ip in local.ips : k if ip != ""] }
output "for_known_filter" { value = { for k, ip in local.ips : upper(k) => ip if k != "a" } }
output "set" { value = toset(values(local.ips)) }
output "distinct" { value = distinct([local.vnet_id, local.vnet_id, "x"]) }
output "concat" { value = concat([local.vnet_id], ["known"]) }
output "merge" { value = merge({ a = 1 }, { b = local.vnet_id }) }
output "lookup" { value = lookup(local.ips, "a", "none") }
output "contains" { value = contains(["x", local.vnet_id], "x") }
output "element" { value = element([local.vnet_id, "known"], 1) }
output "join" { value = join(",", [local.vnet_id, "x"]) }
output "format" { value = format("%s-%s", "a", local.vnet_id) }
output "jsonencode" { value = jsonencode({ id = local.vnet_id }) }
output "startswith" { value = startswith("https://${local.vnet_id}", "https://") }
output "timestamp" { value = timestamp() }
output "subscription" { value = data.azurerm_subscription.current.display_name }
output "equal_prefix" { value = "a-${local.vnet_id}" == "b" }
output "computed_block" { value = azurerm_virtual_network.this.subnet }
output "whole" { value = azurerm_resource_group.this }
output "zipmap" { value = zipmap(["a", "b"], azurerm_subnet.this[*].id) }

resource "azurerm_storage_account" "this" {
  name                     = "stunknown"
  resource_group_name      = azurerm_resource_group.this.name
  location                 = azurerm_resource_group.this.location
  account_tier             = "Standard"
  account_replication_type = "LRS"
  tags = {
    vnet  = local.vnet_id
    known = "yes"
  }

  network_rules {
    default_action             = "Deny"
    ip_rules                   = toset(concat(values(local.ips), ["198.51.100.1"]))
    virtual_network_subnet_ids = azurerm_subnet.this[*].id
  }
}
