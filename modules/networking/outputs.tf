output "virtual_network_id" {
  description = "Resource id of the virtual network."
  value       = azurerm_virtual_network.this.id
}

output "subnet_ids" {
  description = "Resource id of each subnet, by key. Ready for use: filters, routes and NAT are in place."
  value       = { for key, subnet in azurerm_subnet.this : key => subnet.id }

  # A cluster that egresses through a route table or a NAT gateway is refused
  # while the subnet has none yet.
  depends_on = [
    azurerm_subnet_network_security_group_association.this,
    azurerm_subnet_route_table_association.this,
    azurerm_subnet_nat_gateway_association.this,
    azurerm_nat_gateway_public_ip_association.this,
    azurerm_route.this,
  ]
}

output "subnet_prefixes" {
  description = "Address range of each subnet, by key."
  value       = local.subnet_prefixes
}

output "route_table_id" {
  description = "Resource id of the route table, null when there are no routes."
  value       = one(azurerm_route_table.this[*].id)
}

output "egress_ip_addresses" {
  description = "Public addresses from which traffic leaves through the NAT gateway."
  value       = azurerm_public_ip.nat[*].ip_address
}

output "private_dns_zone_ids" {
  description = "Resource id of each private DNS zone, by key. Ready for use: linked to the network."
  value       = { for key, zone in azurerm_private_dns_zone.this : key => zone.id }
  depends_on  = [azurerm_private_dns_zone_virtual_network_link.this]
}
