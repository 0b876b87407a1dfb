package team.kinds

import rego.v1

forbidden := {"null_resource", "time_sleep", "azurerm_template_deployment"}

deny contains msg if {
  some rc in input.resource_changes
  rc.type in forbidden
  msg := sprintf("%s: %s is not used here", [rc.address, rc.type])
}
