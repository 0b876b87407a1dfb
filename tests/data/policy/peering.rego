package team.peering

import rego.v1

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_virtual_network_peering"
  rc.change.after.allow_gateway_transit == true
  rc.change.after.use_remote_gateways == true
  msg := sprintf("%s: a peering is one or the other", [rc.address])
}
