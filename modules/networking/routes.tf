# Ways out of the network: a route table, a NAT gateway, or neither.

resource "azurerm_route_table" "this" {
  count = length(var.routes) > 0 ? 1 : 0

  name                = "rt-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  # With routes of our own, those learned from a gateway would be a second
  # opinion about the way out.
  bgp_route_propagation_enabled = false

  lifecycle {
    precondition {
      condition     = length(local.subnets_with_routes) > 0
      error_message = "Routes are given, but no subnet has route_table = true."
    }
  }
}

resource "azurerm_route" "this" {
  for_each = var.routes

  name                   = each.key
  resource_group_name    = var.resource_group_name
  route_table_name       = azurerm_route_table.this[0].name
  address_prefix         = each.value.address_prefix
  next_hop_type          = each.value.next_hop_type
  next_hop_in_ip_address = each.value.next_hop_in_ip_address
}

resource "azurerm_subnet_route_table_association" "this" {
  for_each = local.subnets_with_routes

  subnet_id      = azurerm_subnet.this[each.key].id
  route_table_id = azurerm_route_table.this[0].id
}

resource "azurerm_public_ip" "nat" {
  count = var.nat_gateway == null ? 0 : var.nat_gateway.public_ip_count

  name                = format("pip-nat-%s-%02d", var.name, count.index + 1)
  resource_group_name = var.resource_group_name
  location            = var.location
  allocation_method   = "Static"
  sku                 = "Standard"
  zones               = var.zones
  tags                = var.tags
}

# The Standard SKU cannot span zones by itself. Left without a zone, Azure
# places it; the addresses survive the loss of one.
resource "azurerm_nat_gateway" "this" {
  count = var.nat_gateway == null ? 0 : 1

  name                    = "ng-${var.name}"
  resource_group_name     = var.resource_group_name
  location                = var.location
  sku_name                = "Standard"
  idle_timeout_in_minutes = var.nat_gateway.idle_timeout_in_minutes
  tags                    = var.tags
}

resource "azurerm_nat_gateway_public_ip_association" "this" {
  count = length(azurerm_public_ip.nat)

  nat_gateway_id       = azurerm_nat_gateway.this[0].id
  public_ip_address_id = azurerm_public_ip.nat[count.index].id
}

resource "azurerm_subnet_nat_gateway_association" "this" {
  for_each = local.subnets_behind_nat

  subnet_id      = azurerm_subnet.this[each.key].id
  nat_gateway_id = azurerm_nat_gateway.this[0].id
}
