package team.kv_retention

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_key_vault"
  days := object.get(rc.change.after, "soft_delete_retention_days", 90)
  days < 30
  msg := sprintf("%s keeps for %d days", [rc.address, days])
}
