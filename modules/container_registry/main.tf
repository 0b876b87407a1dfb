locals {
  premium = var.sku == "Premium"
}

resource "azurerm_container_registry" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  sku                 = var.sku
  admin_enabled       = var.admin_enabled
  tags                = var.tags

  public_network_access_enabled = var.public_network_access_enabled
  # A closed registry does not let images be copied out to another one either;
  # an open one cannot forbid it.
  export_policy_enabled = var.public_network_access_enabled

  # Features of the Premium SKU; the others refuse them.
  zone_redundancy_enabled  = local.premium
  data_endpoint_enabled    = local.premium
  retention_policy_in_days = local.premium ? var.untagged_retention_days : null

  # Sorted by region, as the provider expects: a map iterates in that order.
  dynamic "georeplications" {
    for_each = var.replicas

    content {
      location                  = georeplications.key
      zone_redundancy_enabled   = georeplications.value.zone_redundant
      regional_endpoint_enabled = georeplications.value.regional_endpoint
      tags                      = var.tags
    }
  }
}

resource "azurerm_private_endpoint" "this" {
  count = var.private_endpoint == null ? 0 : 1

  name                          = "pep-${var.name}"
  resource_group_name           = var.resource_group_name
  location                      = var.location
  subnet_id                     = var.private_endpoint.subnet_id
  custom_network_interface_name = "nic-pep-${var.name}"
  tags                          = var.tags

  private_service_connection {
    name                           = var.name
    private_connection_resource_id = azurerm_container_registry.this.id
    subresource_names              = ["registry"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [var.private_endpoint.private_dns_zone_id]
  }
}
