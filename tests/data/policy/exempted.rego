package team.exempted

deny_vault contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_key_vault"
  msg := sprintf("%s: no vaults here", [rc.address])
}

deny_registry contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_container_registry"
  msg := sprintf("%s: no registries here", [rc.address])
}

exception contains rules if {
  some rc in input.resource_changes
  rc.type == "azurerm_key_vault"
  rc.change.after.sku_name == "standard"
  rules := ["vault"]
}
