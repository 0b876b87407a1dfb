# Modules three deep, each with for_each or count, outputs gathered on the way back.

terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 3.0, < 5.0"
    }
  }
}

provider "azurerm" {
  features {}
}

provider "azurerm" {
  alias           = "dns"
  subscription_id = "6f1f0a52-9f6b-4f3c-8f58-3f2b1d9b7a10"
  features {}
}

locals {
  landscapes = {
    prod = { regions = { weu = ["1", "2", "3"], neu = ["1"] }, cidr = "10.0.0.0/12", dns = true }
    test = { regions = { weu = [] }, cidr = "10.16.0.0/14", dns = false }
  }
}

module "landscape" {
  source   = "./modules/landscape"
  for_each = local.landscapes

  providers = {
    azurerm     = azurerm
    azurerm.dns = azurerm.dns
  }

  name    = each.key
  cidr    = each.value.cidr
  regions = each.value.regions
  dns     = each.value.dns
}

module "none" {
  source    = "./modules/landscape"
  count     = length(local.landscapes) > 5 ? 1 : 0
  name      = "none"
  cidr      = "192.168.0.0/16"
  providers = { azurerm = azurerm, azurerm.dns = azurerm }
}

output "zones" {
  value = merge([for name, l in module.landscape : { for id, z in l.zones : "${name}/${id}" => z }]...)
}

output "subnet_ids" {
  value = flatten(values(module.landscape)[*].subnet_ids)
}

output "first" {
  value = module.landscape["prod"].zones["weu-1"].name
}

output "none" {
  value = one(module.none[*].zones)
}
