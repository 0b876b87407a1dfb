# Development: one small cluster with a public API server for the offices, pods
# on an overlay network, and nothing that costs money while nobody works.

data "azurerm_client_config" "current" {}

locals {
  environment   = "dev"
  location_code = lookup({ westeurope = "weu", northeurope = "neu" }, var.location, var.location)
  name          = "ledger-dev-${local.location_code}"

  tags = merge(var.tags, {
    environment = local.environment
    workload    = "ledger"
    managed_by  = "terraform"
  })
}

resource "azurerm_resource_group" "this" {
  name     = "rg-${local.name}"
  location = var.location
  tags     = local.tags
}

resource "azurerm_log_analytics_workspace" "this" {
  name                         = "log-${local.name}"
  resource_group_name          = azurerm_resource_group.this.name
  location                     = azurerm_resource_group.this.location
  sku                          = "PerGB2018"
  retention_in_days            = 30 # included in the price of ingestion
  local_authentication_enabled = false
  tags                         = local.tags
}

module "networking" {
  source = "../../modules/networking"

  name                = local.name
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  address_space = [var.address_space]

  subnets = {
    # 251 addresses, one for each node. The vault is reached by service endpoint.
    nodes = {
      newbits           = 4
      netnum            = 0
      service_endpoints = ["Microsoft.KeyVault"]
    }
  }
}

module "container_registry" {
  source = "../../modules/container_registry"

  name                = replace("crhbl${local.name}", "-", "")
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  # Standard cannot be closed to networks. Only images of development are here.
  sku                           = "Standard"
  public_network_access_enabled = true
}

module "key_vault" {
  source = "../../modules/key_vault"

  name                       = "kv-hbl-${local.name}"
  resource_group_name        = azurerm_resource_group.this.name
  location                   = azurerm_resource_group.this.location
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id
  tags                       = local.tags

  public_network_access_enabled = true
  network_acls = {
    ip_rules   = var.office_ip_ranges
    subnet_ids = [module.networking.subnet_ids["nodes"]]
  }

  role_assignments = merge(
    {
      secrets-provider = {
        role         = "Key Vault Secrets User"
        principal_id = module.aks.secrets_provider_principal_id
      }
    },
    {
      for name, workload in var.workload_identities : "workload-${name}" => {
        role         = workload.vault_role
        principal_id = module.aks.workload_principal_ids[name]
      } if workload.vault_role != null
    },
  )
}

module "aks" {
  source = "../../modules/aks"

  name                = local.name
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tenant_id           = data.azurerm_client_config.current.tenant_id
  tags                = local.tags

  # No uptime commitment: development can wait.
  sku_tier               = "Free"
  kubernetes_version     = var.kubernetes_version
  admin_group_object_ids = var.admin_group_object_ids

  private_cluster      = false
  authorized_ip_ranges = var.office_ip_ranges

  network = {
    model        = "overlay"
    service_cidr = "172.20.0.0/16"
    pod_cidr     = "100.64.0.0/16" # shared address space, a /24 for each node
  }
  node_subnet_id             = module.networking.subnet_ids["nodes"]
  network_contributor_scopes = { nodes = module.networking.subnet_ids["nodes"] }

  system_pool = var.node_pool

  container_registry_ids = { ledger = module.container_registry.id }
  workload_identities    = var.workload_identities

  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id
  container_insights         = false
  defender                   = false
}
