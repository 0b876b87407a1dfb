package team.subnet_outbound

import rego.v1

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_subnet"
  not rc.change.after.default_outbound_access_enabled == false
  msg := sprintf("%s has default outbound access", [rc.address])
}
