package team.kv_purge

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_key_vault"
  not rc.change.after.purge_protection_enabled
  msg := sprintf("%s can be purged", [rc.address])
}
