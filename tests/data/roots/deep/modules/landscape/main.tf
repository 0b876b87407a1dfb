terraform {
  required_providers {
    azurerm = {
      source                = "hashicorp/azurerm"
      configuration_aliases = [azurerm.dns]
    }
  }
}

variable "name" {
  type     = string
  nullable = false
}

variable "cidr" {
  type = string
}

variable "regions" {
  type    = map(list(string))
  default = {}
}

variable "dns" {
  type    = bool
  default = false
}

resource "azurerm_private_dns_zone" "this" {
  provider            = azurerm.dns
  count               = var.dns ? 1 : 0
  name                = "${var.name}.internal.example.org"
  resource_group_name = "rg-dns"
}

module "region" {
  source   = "./modules/region"
  for_each = var.regions

  name     = "${var.name}-${each.key}"
  region   = each.key
  zones    = each.value
  cidr     = cidrsubnet(var.cidr, 4, index(sort(keys(var.regions)), each.key))
  dns_zone = try(azurerm_private_dns_zone.this[0].name, null)
}

output "zones" {
  value = merge(values(module.region)[*].zones...)
}

output "subnet_ids" {
  value = flatten([for r in module.region : r.subnet_ids])
}
