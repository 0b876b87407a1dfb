package team.nsg_temporary

import rego.v1

violation_temporary contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_network_security_rule"
  startswith(lower(rc.change.after.name), "tmp")
  msg := sprintf("temporary rule: %s", [rc.address])
}
