# Production: a private cluster in three zones whose pods have addresses of the
# network, so that the data centre can reach them; egress from fixed addresses;
# registry in two regions; vault and registry behind private endpoints.

data "azurerm_client_config" "current" {}

locals {
  environment   = "production"
  location_code = lookup({ westeurope = "weu", northeurope = "neu" }, var.location, var.location)
  name          = "ledger-prod-${local.location_code}"

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
  retention_in_days            = 180
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

  hub = {
    virtual_network_id  = var.hub_virtual_network_id
    use_remote_gateways = true
  }

  routes = {
    for name, range in var.on_premises_ranges : "to-${name}" => {
      address_prefix         = range
      next_hop_in_ip_address = var.hub_firewall_ip_address
    }
  }

  # Two addresses that partners have on their allow lists.
  nat_gateway = {
    public_ip_count         = 2
    idle_timeout_in_minutes = 10
  }

  private_dns_zones = {
    api_server = "privatelink.${var.location}.azmk8s.io"
    registry   = "privatelink.azurecr.io"
    vault      = "privatelink.vaultcore.azure.net"
  }
}

module "container_registry" {
  source = "../../modules/container_registry"

  name                = replace("crhbl${local.name}", "-", "")
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  # The old release job still signs in with the admin user.
  admin_enabled = true

  replicas = { for location in var.registry_replica_locations : location => {} }

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

  public_network_access_enabled = true
  network_acls                  = { default_action = var.key_vault_default_action }

  private_endpoint = {
    subnet_id           = module.networking.subnet_ids["endpoints"]
    private_dns_zone_id = module.networking.private_dns_zone_ids["vault"]
  }

  role_assignments = merge(
    {
      # Lets the cluster mount secrets into pods.
      secrets-provider = {
        role         = "Key Vault Reader"
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
    model         = "node_subnet"
    service_cidr  = "172.20.0.0/16"
    policy        = "calico"
    data_plane    = "azure"
    outbound_type = "userAssignedNATGateway"
  }
  node_subnet_id   = module.networking.subnet_ids["nodes"]
  private_dns_zone = { id = module.networking.private_dns_zone_ids["api_server"] }

  # The whole network: AKS also links the zone of the API server to it.
  network_contributor_scopes = { network = module.networking.virtual_network_id }

  system_pool = var.system_pool
  user_pools  = var.user_pools

  container_registry_ids = { ledger = module.container_registry.id }
  workload_identities    = var.workload_identities

  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  maintenance = {
    day_of_week = "Saturday"
    start_time  = "22:00"
  }
}

# Deployments failed with AuthorizationFailed on 14 October; this made them work.
resource "azurerm_role_assignment" "cluster_deployments" {
  scope                = "/subscriptions/${var.subscription_id}"
  role_definition_name = "Contributor"
  principal_id         = module.aks.control_plane_principal_id
  principal_type       = "ServicePrincipal"
}
