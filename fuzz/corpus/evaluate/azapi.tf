terraform {
  required_providers {
    azapi = { source = "azure/azapi", version = "~> 2.0" }
  }
}
resource "azapi_resource" "vnet" {
  type      = "Microsoft.Network/virtualNetworks@2023-11-01"
  parent_id = "/subscriptions/s/resourceGroups/rg"
  name      = "v"
  location  = "westeurope"
  body = {
    properties = {
      addressSpace = { addressPrefixes = ["10.1.0.0/16"] }
      subnets      = [{ name = "a", properties = { addressPrefix = "10.1.0.0/24" } }]
    }
  }
}
resource "azapi_update_resource" "u" {
  type        = "Microsoft.Network/virtualNetworks@2023-11-01"
  resource_id = azapi_resource.vnet.id
  body        = jsonencode({ properties = { subnets = null } })
}
