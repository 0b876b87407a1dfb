package team.nsg_description

import rego.v1

warn contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_network_security_rule"
  object.get(rc.change.after, "description", null) in {null, ""}
  msg := sprintf("%s says not why it exists", [rc.address])
}
