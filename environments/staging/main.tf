# Staging: the shape of production at a smaller size, for rehearsals. Pods have
# addresses in a subnet of their own, with Cilium; all egress passes the
# firewall of the hub.

data "azurerm_client_config" "current" {}

locals {
  environment   = "staging"
  location_code = lookup({ westeurope = "weu", northeurope = "neu" }, var.location, var.location)
  name          = "ledger-stg-${local.location_code}"

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
  retention_in_days            = 90
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
  subnets       = var.subnets
  hub           = { virtual_network_id = var.hub_virtual_network_id }

  routes = {
    default-to-hub-firewall = {
      address_prefix         = "0.0.0.0/0"
      next_hop_in_ip_address = var.hub_firewall_ip_address
    }
  }

  private_dns_zones = {
    registry = "privatelink.azurecr.io"
    vault    = "privatelink.vaultcore.azure.net"
  }
}

module "container_registry" {
  source = "../../modules/container_registry"

  name                = replace("crhbl${local.name}", "-", "")
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  private_endpoint = {
    subnet_id           = module.networking.subnet_ids["endpoints"]
    private_dns_zone_id = module.networking.private_dns_zone_ids["registry"]
  }
}

module "key_vault" {
  source = "../../modules/key_vault"

  name                       = "kv-hbl-${local.name}"
  resource_group_name        = azurerm_resource_group.this.name
  location                   = azurerm_resource_group.this.location
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id
  tags                       = local.tags

  private_endpoint = {
    subnet_id           = module.networking.subnet_ids["endpoints"]
    private_dns_zone_id = module.networking.private_dns_zone_ids["vault"]
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

  kubernetes_version     = var.kubernetes_version
  admin_group_object_ids = var.admin_group_object_ids

  network = {
    model         = "pod_subnet"
    service_cidr  = "172.20.0.0/16"
    outbound_type = "userDefinedRouting"
  }
  node_subnet_id = module.networking.subnet_ids["nodes"]
  pod_subnet_id  = module.networking.subnet_ids["pods"]

  network_contributor_scopes = {
    nodes  = module.networking.subnet_ids["nodes"]
    pods   = module.networking.subnet_ids["pods"]
    routes = module.networking.route_table_id
  }

  system_pool = var.system_pool
  user_pools  = var.user_pools

  container_registry_ids = { ledger = module.container_registry.id }
  workload_identities    = var.workload_identities

  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id
}
