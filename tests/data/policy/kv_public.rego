package team.kv_public

import rego.v1

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_key_vault"
  rc.change.after.public_network_access_enabled == true
  msg := sprintf("%s is public", [rc.address])
}
