package team.acr_premium

import rego.v1

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_container_registry"
  rc.change.after.sku != "Premium"
  msg := sprintf("%s has no private endpoints", [rc.address])
}
