# The virtual network of one environment, and its peering to a hub.

locals {
  # Prefixes follow from the address space, so that an environment moves to
  # another range by changing one line.
  subnet_prefixes = {
    for key, subnet in var.subnets :
    key => cidrsubnet(var.address_space[0], subnet.newbits, subnet.netnum)
  }

  subnets_behind_nat   = { for key, subnet in var.subnets : key => subnet if subnet.nat_gateway }
  subnets_with_routes  = { for key, subnet in var.subnets : key => subnet if subnet.route_table }
  subnets_with_filters = { for key, subnet in var.subnets : key => subnet if subnet.network_security_group }
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  address_space       = var.address_space
  dns_servers         = var.dns_servers
  tags                = var.tags
}

# This side of the peering only: the hub belongs to another team, which creates
# the opposite direction (with allow_gateway_transit, when gateways are used).
resource "azurerm_virtual_network_peering" "hub" {
  count = var.hub == null ? 0 : 1

  name                      = "peer-${var.name}-to-hub"
  resource_group_name       = var.resource_group_name
  virtual_network_name      = azurerm_virtual_network.this.name
  remote_virtual_network_id = var.hub.virtual_network_id

  allow_virtual_network_access = true
  allow_forwarded_traffic      = var.hub.allow_forwarded_traffic
  use_remote_gateways          = var.hub.use_remote_gateways
}
