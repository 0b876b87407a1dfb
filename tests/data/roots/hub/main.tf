# A hub network: route tables, private endpoints, DNS, gateways; conditional arguments by null.

provider "azurerm" {
  features {}
}

variable "hub" {
  type = object({
    cidr     = string
    firewall = optional(bool, true)
    bastion  = optional(bool, false)
    zones    = optional(set(string), ["1", "2"])
  })
  default = { cidr = "10.100.0.0/16", bastion = true }
}

variable "dns_zones" {
  type    = set(string)
  default = ["privatelink.blob.core.windows.net", "privatelink.vaultcore.azure.net"]
}

locals {
  subnet_names = compact([
    "AzureFirewallSubnet",
    var.hub.bastion ? "AzureBastionSubnet" : "",
    "GatewaySubnet",
    "endpoints",
  ])
  subnets = zipmap(local.subnet_names, cidrsubnets(var.hub.cidr, [for n in local.subnet_names : n == "endpoints" ? 8 : 10]...))
  routes = {
    internet = { prefix = "0.0.0.0/0", hop = "VirtualAppliance" }
    local    = { prefix = var.hub.cidr, hop = "VnetLocal" }
  }
}

resource "azurerm_resource_group" "hub" {
  name     = "rg-hub"
  location = "germanywestcentral"
}

resource "azurerm_virtual_network" "hub" {
  name                = "vnet-hub"
  resource_group_name = azurerm_resource_group.hub.name
  location            = azurerm_resource_group.hub.location
  address_space       = [var.hub.cidr]
}

resource "azurerm_subnet" "hub" {
  for_each = local.subnets

  name                            = each.key
  resource_group_name             = azurerm_resource_group.hub.name
  virtual_network_name            = azurerm_virtual_network.hub.name
  address_prefixes                = [each.value]
  default_outbound_access_enabled = startswith(each.key, "Azure") ? null : false
}

resource "azurerm_public_ip" "hub" {
  for_each = { for name in ["firewall", "bastion"] : name => name if var.hub[name] }

  name                = "pip-${each.key}"
  resource_group_name = azurerm_resource_group.hub.name
  location            = azurerm_resource_group.hub.location
  allocation_method   = "Static"
  zones               = var.hub.zones
}

resource "azurerm_firewall" "hub" {
  count = var.hub.firewall ? 1 : 0

  name                = "fw-hub"
  resource_group_name = azurerm_resource_group.hub.name
  location            = azurerm_resource_group.hub.location
  sku_name            = "AZFW_VNet"
  sku_tier            = "Standard"
  zones               = var.hub.zones

  ip_configuration {
    name                 = "public"
    subnet_id            = azurerm_subnet.hub["AzureFirewallSubnet"].id
    public_ip_address_id = azurerm_public_ip.hub["firewall"].id
  }
}

resource "azurerm_route_table" "spoke" {
  name                          = "rt-spoke"
  resource_group_name           = azurerm_resource_group.hub.name
  location                      = azurerm_resource_group.hub.location
  bgp_route_propagation_enabled = false

  dynamic "route" {
    for_each = local.routes
    content {
      name                   = route.key
      address_prefix         = route.value.prefix
      next_hop_type          = route.value.hop
      next_hop_in_ip_address = route.value.hop == "VirtualAppliance" ? one(azurerm_firewall.hub[*].ip_configuration[0].private_ip_address) : null
    }
  }
}

resource "azurerm_private_dns_zone" "this" {
  for_each            = var.dns_zones
  name                = each.value
  resource_group_name = azurerm_resource_group.hub.name
}

resource "azurerm_private_dns_zone_virtual_network_link" "this" {
  for_each = azurerm_private_dns_zone.this

  name                  = "link-${split(".", each.key)[1]}"
  resource_group_name   = azurerm_resource_group.hub.name
  private_dns_zone_name = each.value.name
  virtual_network_id    = azurerm_virtual_network.hub.id
}

resource "azurerm_key_vault" "this" {
  name                       = "kv-hub"
  resource_group_name        = azurerm_resource_group.hub.name
  location                   = azurerm_resource_group.hub.location
  tenant_id                  = "8f0a6f7e-5b6c-4c89-a1f9-0f5d4f6f7a11"
  sku_name                   = "premium"
  purge_protection_enabled   = true
  rbac_authorization_enabled = true

  network_acls {
    bypass         = "AzureServices"
    default_action = "Deny"
  }
}

resource "azurerm_private_endpoint" "vault" {
  name                = "pe-vault"
  resource_group_name = azurerm_resource_group.hub.name
  location            = azurerm_resource_group.hub.location
  subnet_id           = azurerm_subnet.hub["endpoints"].id

  private_service_connection {
    name                           = "vault"
    is_manual_connection           = false
    private_connection_resource_id = azurerm_key_vault.this.id
    subresource_names              = ["vault"]
  }

  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [for name, zone in azurerm_private_dns_zone.this : zone.id if strcontains(name, "vault")]
  }
}

output "subnets" {
  value = { for k, s in azurerm_subnet.hub : k => { id = s.id, prefix = s.address_prefixes[0] } }
}

output "firewall_ip" {
  value = one(azurerm_firewall.hub[*].ip_configuration[0].private_ip_address)
}

output "zone_links" {
  value = { for k, l in azurerm_private_dns_zone_virtual_network_link.this : k => l.name }
}
