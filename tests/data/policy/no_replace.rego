package team.no_replace

stateful := {"azurerm_key_vault", "azurerm_kubernetes_cluster", "azurerm_storage_account", "azurerm_resource_group"}

deny_replace contains {"msg": msg, "severity": "critical"} if {
  some rc in input.resource_changes
  rc.type in stateful
  {"create", "delete"} == {a | some a in rc.change.actions}
  msg := sprintf("%s would be replaced", [rc.address])
}
