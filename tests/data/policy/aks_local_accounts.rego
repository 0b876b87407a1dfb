package team.aks_local_accounts

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_kubernetes_cluster"
  not rc.change.after.local_account_disabled
  msg := sprintf("%s has local accounts", [rc.address])
}
