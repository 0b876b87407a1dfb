variable "name" {
  type = string
}

variable "location" {
  type = string
}

variable "group" {
  type = object({ name = string })
}

variable "space" {
  type = string
}

variable "subnets" {
  type = map(object({
    bits      = number
    net       = number
    endpoints = list(string)
    delegate  = string
  }))
}

variable "tags" {
  type = map(string)
}

variable "peers" {
  type = list(string)
}

resource "azurerm_virtual_network" "this" {
  name                = format("vnet-%s", var.name)
  resource_group_name = var.group.name
  location            = var.location
  address_space       = [var.space]
  tags                = { for k, v in var.tags : lower(k) => trimspace(v) }
}

module "subnet" {
  source   = "./modules/subnet"
  for_each = var.subnets

  name      = each.key
  network   = azurerm_virtual_network.this
  prefix    = cidrsubnet(var.space, each.value.bits, each.value.net)
  endpoints = each.value.endpoints
  delegate  = each.value.delegate
}

output "prefixes" {
  value = { for k, s in module.subnet : k => s.prefix }
}

output "ids" {
  value = { for k, s in module.subnet : k => s.id }
}
