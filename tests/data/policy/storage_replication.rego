package team.storage_replication

deny[msg] {
  rc := input.resource_changes[_]
  rc.type == "azurerm_storage_account"
  not re_replicated(rc.change.after.account_replication_type)
  msg := sprintf("%s is in one place only", [rc.address])
}

re_replicated(kind) {
  {"ZRS", "GRS", "GZRS", "RAGRS", "RAGZRS"}[kind]
}
