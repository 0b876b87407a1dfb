# A hub and spokes from one map: modules three deep, each level with for_each.
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
  subscription_id = "6c1d5b0e-3b52-4c0b-9a53-0d6a2f5b7e10"
}

variable "spokes" {
  type = map(object({
    space = string
    subnets = map(object({
      bits      = number
      net       = number
      endpoints = optional(list(string), [])
      delegate  = optional(string)
    }))
    tags = optional(map(string), {})
  }))
  default = {
    payments = {
      space = "10.20.0.0/20"
      subnets = {
        nodes = { bits = 2, net = 0 }
        data  = { bits = 4, net = 8, endpoints = ["Microsoft.KeyVault", "Microsoft.Storage"] }
        aci   = { bits = 6, net = 48, delegate = "Microsoft.ContainerInstance/containerGroups" }
      }
    }
    reports = {
      space   = "10.20.16.0/20"
      subnets = { nodes = { bits = 3, net = 1 } }
      tags    = { owner = "finance" }
    }
  }
}

resource "azurerm_resource_group" "hub" {
  name     = "rg-platform"
  location = "northeurope"
}

module "spoke" {
  source   = "./modules/spoke"
  for_each = var.spokes

  name     = each.key
  group    = azurerm_resource_group.hub
  space    = each.value.space
  subnets  = each.value.subnets
  tags     = merge({ spoke = each.key }, each.value.tags)
  peers    = [for other in keys(var.spokes) : other if other != each.key]
  location = coalesce(azurerm_resource_group.hub.location, "westeurope")
}

output "prefixes" {
  value = { for name, spoke in module.spoke : name => spoke.prefixes }
}

output "subnet_ids" {
  value = merge([for name, spoke in module.spoke : { for k, id in spoke.ids : "${name}/${k}" => id }]...)
}
