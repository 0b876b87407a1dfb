# azapi resources: bodies as values, exported values, updates and actions.

terraform {
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.4"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.30"
    }
  }
}

provider "azurerm" {
  features {}
}

variable "pools" {
  type = list(object({
    name  = string
    mode  = optional(string, "User")
    size  = string
    count = optional(number, 1)
    zones = optional(list(string))
    taint = optional(string)
  }))
  default = [
    { name = "system", mode = "System", size = "Standard_D4ads_v5", count = 3, zones = ["1", "2", "3"] },
    { name = "batch", size = "Standard_D8ads_v5", taint = "batch=true:NoSchedule" },
  ]
}

resource "azurerm_resource_group" "this" {
  name     = "rg-azapi"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "this" {
  name                = "id-azapi"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
}

resource "azapi_resource" "cluster" {
  type      = "Microsoft.ContainerService/managedClusters@2025-05-01"
  parent_id = azurerm_resource_group.this.id
  name      = "aks-azapi"
  location  = azurerm_resource_group.this.location

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.this.id]
  }

  body = {
    sku = { name = "Base", tier = "Standard" }
    properties = {
      dnsPrefix         = "azapi"
      kubernetesVersion = "1.33"
      agentPoolProfiles = [
        for pool in var.pools : merge(
          { name = pool.name, mode = pool.mode, vmSize = pool.size, count = pool.count },
          pool.zones == null ? {} : { availabilityZones = pool.zones },
          pool.taint == null ? {} : { nodeTaints = [pool.taint] },
        )
      ]
      networkProfile = {
        networkPlugin     = "azure"
        networkPluginMode = "overlay"
        loadBalancerProfile = {
          managedOutboundIPs = { count = 2 }
        }
      }
      identityProfile = {
        kubeletidentity = { resourceId = azurerm_user_assigned_identity.this.id }
      }
      disableLocalAccounts = true
    }
  }

  response_export_values = ["properties.oidcIssuerProfile.issuerURL", "properties.nodeResourceGroup"]
  retry = {
    error_message_regex = ["AnotherOperationInProgress"]
  }
  tags = { cost = 1 }

  timeouts {
    create = "90m"
  }
}

resource "azapi_update_resource" "cluster" {
  type        = "Microsoft.ContainerService/managedClusters@2025-05-01"
  resource_id = azapi_resource.cluster.id
  body = {
    properties = { autoScalerProfile = { expander = "least-waste" } }
  }
}

resource "azapi_resource_action" "stop" {
  type        = "Microsoft.ContainerService/managedClusters@2025-05-01"
  resource_id = azapi_resource.cluster.id
  action      = "stop"
  method      = "POST"
  when        = "destroy"
}

data "azapi_resource" "network" {
  type      = "Microsoft.Network/virtualNetworks@2024-05-01"
  parent_id = azurerm_resource_group.this.id
  name      = "vnet"
}

resource "azurerm_federated_identity_credential" "this" {
  name                = "fic"
  resource_group_name = azurerm_resource_group.this.name
  parent_id           = azurerm_user_assigned_identity.this.id
  audience            = ["api://AzureADTokenExchange"]
  issuer              = azapi_resource.cluster.output.properties.oidcIssuerProfile.issuerURL
  subject             = "system:serviceaccount:default:app"
}

output "body" {
  value = azapi_resource.cluster.body.properties.agentPoolProfiles[*].name
}

output "network" {
  value = data.azapi_resource.network.output
}

output "exported" {
  value = azapi_resource.cluster.output
}
