package team.not_known

import rego.v1

warn contains msg if {
  some rc in input.resource_changes
  rc.change.after_unknown.name == true
  rc.type != "azurerm_role_assignment"
  msg := sprintf("the name of %s is not known", [rc.address])
}
