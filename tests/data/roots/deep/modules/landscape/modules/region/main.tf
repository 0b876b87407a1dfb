variable "name" {
  type = string
}

variable "region" {
  type = string
}

variable "zones" {
  type = list(string)
}

variable "cidr" {
  type = string
}

variable "dns_zone" {
  type    = string
  default = null
}

locals {
  location = lookup({ weu = "westeurope", neu = "northeurope" }, var.region)
}

resource "azurerm_resource_group" "this" {
  name     = "rg-${var.name}"
  location = local.location
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-${var.name}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  address_space       = [var.cidr]

  lifecycle {
    ignore_changes = [tags["changed"], subnet]
  }
}

module "zone" {
  source = "./modules/zone"
  count  = length(var.zones)

  network = azurerm_virtual_network.this
  zone    = var.zones[count.index]
  prefix  = cidrsubnet(one(azurerm_virtual_network.this.address_space), 8, count.index)
  label   = var.dns_zone == null ? var.name : "${var.name}.${var.dns_zone}"
}

output "zones" {
  value = { for z in module.zone : "${var.region}-${z.zone}" => { name = z.name, id = z.id } }
}

output "subnet_ids" {
  value = module.zone.*.id
}
