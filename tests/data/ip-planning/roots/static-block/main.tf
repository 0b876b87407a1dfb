# Static blocks of pod addresses, which azurerm cannot express: azapi can. The first and the last
# /28 of the pod subnet are not sure to be usable, and without them the peak does not fit.
terraform {
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.0"
    }
  }
}

resource "azapi_resource" "vnet" {
  type      = "Microsoft.Network/virtualNetworks@2024-05-01"
  name      = "vnet-static"
  parent_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-static"
  location  = "westeurope"
  body = {
    properties = {
      addressSpace = { addressPrefixes = ["10.70.0.0/16"] }
    }
  }
}

resource "azapi_resource" "nodes" {
  type      = "Microsoft.Network/virtualNetworks/subnets@2024-05-01"
  name      = "nodes"
  parent_id = azapi_resource.vnet.id
  body      = { properties = { addressPrefix = "10.70.0.0/26" } }
}

resource "azapi_resource" "pods" {
  type      = "Microsoft.Network/virtualNetworks/subnets@2024-05-01"
  name      = "pods"
  parent_id = azapi_resource.vnet.id
  body = {
    properties = {
      addressPrefixes = ["10.70.16.0/21"]
      delegations = [
        { name = "aks", properties = { serviceName = "Microsoft.ContainerService/managedClusters" } }
      ]
    }
  }
}

resource "azapi_resource" "cluster" {
  type      = "Microsoft.ContainerService/managedClusters@2025-10-01"
  name      = "aks-static"
  parent_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-static"
  location  = "westeurope"
  body = {
    properties = {
      agentPoolProfiles = [
        {
          name                = "np1"
          mode                = "System"
          osType              = "Linux"
          enableAutoScaling   = true
          count               = 20
          minCount            = 20
          maxCount            = 40
          maxPods             = 47
          podIPAllocationMode = "StaticBlock"
          vnetSubnetID        = azapi_resource.nodes.id
          podSubnetID         = azapi_resource.pods.id
          upgradeSettings     = { maxSurge = "5%" }
        }
      ]
      networkProfile = {
        networkPlugin = "azure"
        serviceCidr   = "172.16.0.0/16"
        dnsServiceIP  = "172.16.0.10"
        outboundType  = "userDefinedRouting"
      }
    }
  }
}
