package team.kv_network

default_action(after) = action {
  action := after.network_acls[0].default_action
}

deny_open_vault[{"msg": msg, "address": rc.address}] {
  rc := input.resource_changes[_]
  rc.type == "azurerm_key_vault"
  default_action(rc.change.after) == "Allow"
  msg := "the vault takes every network"
}
