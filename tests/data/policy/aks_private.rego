package team.aks_private

deny[msg] {
  rc := input.resource_changes[_]
  rc.type == "azurerm_kubernetes_cluster"
  not rc.change.after.private_cluster_enabled
  msg := sprintf("%s has a public API server", [rc.address])
}
