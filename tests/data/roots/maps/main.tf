# Large maps of objects, as landing zones have them: optional attributes with defaults, nested maps
# flattened into one for_each, filters and groupings.

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

variable "spokes" {
  type = map(object({
    location      = string
    address_space = list(string)
    tags          = optional(map(string), {})
    dns_servers   = optional(list(string))
    subnets = optional(map(object({
      newbits           = number
      netnum            = number
      service_endpoints = optional(set(string), [])
      delegation        = optional(object({ name = string, actions = optional(list(string)) }))
      rules = optional(map(object({
        priority  = number
        direction = optional(string, "Inbound")
        access    = optional(string, "Allow")
        ports     = optional(list(string), ["443"])
        source    = optional(string, "VirtualNetwork")
      })), {})
    })), {})
    peer_with = optional(list(string), [])
  }))
}

locals {
  subnets = merge([
    for spoke, s in var.spokes : {
      for name, subnet in s.subnets : "${spoke}/${name}" => merge(subnet, {
        spoke  = spoke
        name   = name
        prefix = cidrsubnet(s.address_space[0], subnet.newbits, subnet.netnum)
      })
    }
  ]...)

  rules = {
    for entry in flatten([
      for key, subnet in local.subnets : [
        for name, rule in subnet.rules : { key = "${key}/${name}", subnet = key, name = name, rule = rule }
      ]
    ]) : entry.key => entry
  }

  peerings = {
    for pair in flatten([
      for from, s in var.spokes : [for to in s.peer_with : { from = from, to = to } if contains(keys(var.spokes), to)]
    ]) : "${pair.from}-to-${pair.to}" => pair
  }

  by_location = { for name, s in var.spokes : s.location => name... }
}

resource "azurerm_resource_group" "location" {
  for_each = local.by_location

  name     = "rg-${each.key}"
  location = each.key
  tags     = { spokes = join(",", sort(each.value)) }
}

resource "azurerm_virtual_network" "spoke" {
  for_each = var.spokes

  name                = "vnet-${each.key}"
  location            = each.value.location
  resource_group_name = azurerm_resource_group.location[each.value.location].name
  address_space       = each.value.address_space
  dns_servers         = each.value.dns_servers
  tags                = merge({ spoke = each.key }, each.value.tags)
}

resource "azurerm_subnet" "this" {
  for_each = local.subnets

  name                 = each.value.name
  resource_group_name  = azurerm_virtual_network.spoke[each.value.spoke].resource_group_name
  virtual_network_name = azurerm_virtual_network.spoke[each.value.spoke].name
  address_prefixes     = [each.value.prefix]
  service_endpoints    = each.value.service_endpoints

  dynamic "delegation" {
    for_each = each.value.delegation[*]
    content {
      name = lower(replace(delegation.value.name, "/", "-"))
      service_delegation {
        name    = delegation.value.name
        actions = delegation.value.actions
      }
    }
  }
}

resource "azurerm_network_security_group" "this" {
  for_each = { for key, subnet in local.subnets : key => subnet if length(subnet.rules) > 0 }

  name                = "nsg-${replace(each.key, "/", "-")}"
  location            = var.spokes[each.value.spoke].location
  resource_group_name = azurerm_resource_group.location[var.spokes[each.value.spoke].location].name
}

resource "azurerm_network_security_rule" "this" {
  for_each = local.rules

  name                         = each.value.name
  resource_group_name          = azurerm_network_security_group.this[each.value.subnet].resource_group_name
  network_security_group_name  = azurerm_network_security_group.this[each.value.subnet].name
  priority                     = each.value.rule.priority
  direction                    = each.value.rule.direction
  access                       = each.value.rule.access
  protocol                     = "Tcp"
  source_port_range            = "*"
  source_address_prefix        = each.value.rule.source
  destination_address_prefixes = azurerm_subnet.this[each.value.subnet].address_prefixes
  destination_port_ranges      = each.value.rule.ports
}

resource "azurerm_virtual_network_peering" "this" {
  for_each = local.peerings

  name                      = each.key
  resource_group_name       = azurerm_virtual_network.spoke[each.value.from].resource_group_name
  virtual_network_name      = azurerm_virtual_network.spoke[each.value.from].name
  remote_virtual_network_id = azurerm_virtual_network.spoke[each.value.to].id
  allow_forwarded_traffic   = true
}

output "subnet_ids" {
  value = { for key, subnet in azurerm_subnet.this : key => subnet.id }
}

output "prefixes" {
  value = { for key, subnet in local.subnets : key => subnet.prefix }
}

output "rule_count" {
  value = { for key in keys(local.subnets) : key => length([for r in local.rules : r if r.subnet == key]) }
}
