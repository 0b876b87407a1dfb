package team.storage_public

warn contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_storage_account"
  object.get(rc.change.after, "public_network_access_enabled", true)
  msg := sprintf("%s can be reached from everywhere", [rc.address])
}
