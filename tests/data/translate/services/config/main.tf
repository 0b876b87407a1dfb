# A vault behind a private endpoint, a registry with replicas, a gateway, workspace and diagnostics.

terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.1"
    }
  }
}

provider "azurerm" {
  features {}
  subscription_id = "99999999-8888-7777-6666-555555555555"
}

resource "azurerm_key_vault" "shop" {
  name                          = "kv-shop"
  location                      = "northeurope"
  resource_group_name           = "rg-shop"
  sku_name                      = "premium"
  tenant_id                     = "7e7e7e7e-0000-4000-8000-000000000001"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  public_network_access_enabled = false

  network_acls {
    default_action = "Deny"
    bypass         = "AzureServices"
    ip_rules       = ["192.0.2.0/24"]
  }
}

resource "azurerm_private_dns_zone" "vault" {
  name                = "privatelink.vaultcore.azure.net"
  resource_group_name = "rg-shop"

  soa_record {
    email = "dns.example.org"
    ttl   = 600
  }
}

resource "azurerm_private_dns_zone_virtual_network_link" "vault" {
  name                = "shop"
  private_dns_zone_id = azurerm_private_dns_zone.vault.id
  virtual_network_id  = "/subscriptions/99999999-8888-7777-6666-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/virtualNetworks/vnet-shop"
}

resource "azurerm_private_endpoint" "vault" {
  name                = "pe-vault"
  location            = "northeurope"
  resource_group_name = "rg-shop"
  subnet_id           = "/subscriptions/99999999-8888-7777-6666-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/virtualNetworks/vnet-shop/subnets/endpoints"

  private_service_connection {
    name                           = "vault"
    is_manual_connection           = true
    private_connection_resource_id = azurerm_key_vault.shop.id
    subresource_names              = ["vault"]
    request_message                = "please"
  }

  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [azurerm_private_dns_zone.vault.id]
  }
}

resource "azurerm_container_registry" "shop" {
  name                          = "acrshop"
  location                      = "northeurope"
  resource_group_name           = "rg-shop"
  sku                           = "Premium"
  admin_enabled                 = false
  retention_policy_in_days      = 14
  quarantine_policy_enabled     = true
  export_policy_enabled         = false
  public_network_access_enabled = false

  georeplications {
    location                        = "West Europe"
    global_endpoint_routing_enabled = true
    zone_redundancy_enabled         = true
    tags                            = {
      role = "replica"
    }
  }
}

resource "azurerm_role_assignment" "pull" {
  name                 = "abababab-0000-4000-8000-000000000009"
  scope                = azurerm_container_registry.shop.id
  role_definition_name = "AcrPull"
  principal_id         = "cdcdcdcd-0000-4000-8000-000000000003"
  condition            = "  @Resource[x]  "
}

resource "azurerm_log_analytics_workspace" "shop" {
  name                         = "law-shop"
  location                     = "northeurope"
  resource_group_name          = "rg-shop"
  sku                          = "PerGB2018"
  retention_in_days            = 60
  local_authentication_enabled = false
  internet_query_access_type   = "Disabled"
}

resource "azurerm_monitor_diagnostic_setting" "vault" {
  name                       = "all"
  target_resource_id         = azurerm_key_vault.shop.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.shop.id

  enabled_log {
    category_group = "audit"
  }

  enabled_metric {
    category = "AllMetrics"
  }
}

resource "azurerm_firewall" "shop" {
  name                = "fw-shop"
  location            = "northeurope"
  resource_group_name = "rg-shop"
  sku_name            = "AZFW_VNet"
  sku_tier            = "Standard"
  dns_servers         = ["10.40.0.4", "10.40.0.5"]
  dns_proxy_enabled   = true

  ip_configuration {
    name                 = "main"
    subnet_id            = "/subscriptions/99999999-8888-7777-6666-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/virtualNetworks/vnet-shop/subnets/AzureFirewallSubnet"
    public_ip_address_id = "/subscriptions/99999999-8888-7777-6666-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/publicIPAddresses/pip-fw"
  }
}

resource "azurerm_application_gateway" "shop" {
  name                = "agw-shop"
  location            = "northeurope"
  resource_group_name = "rg-shop"

  sku {
    name     = "WAF_v2"
    tier     = "WAF_v2"
    capacity = 2
  }

  gateway_ip_configuration {
    name      = "in"
    subnet_id = "/subscriptions/99999999-8888-7777-6666-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/virtualNetworks/vnet-shop/subnets/gateway"
  }

  frontend_port {
    name = "https"
    port = 443
  }

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = "/subscriptions/99999999-8888-7777-6666-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/publicIPAddresses/pip-agw"
  }

  backend_address_pool {
    name         = "shop"
    fqdns        = ["shop.example.org"]
    ip_addresses = ["10.40.1.9"]
  }

  backend_http_settings {
    name                  = "plain"
    cookie_based_affinity = "Disabled"
    port                  = 80
    protocol              = "Http"
    request_timeout       = 20
  }

  http_listener {
    name                           = "in"
    frontend_ip_configuration_name = "public"
    frontend_port_name             = "https"
    protocol                       = "Http"
  }

  request_routing_rule {
    name                       = "r"
    priority                   = 10
    rule_type                  = "Basic"
    http_listener_name         = "in"
    backend_address_pool_name  = "shop"
    backend_http_settings_name = "plain"
  }
}
