package team.aks_pools_scale

deny[msg] {
  rc := input.resource_changes[_]
  rc.type == "azurerm_kubernetes_cluster_node_pool"
  not rc.change.after.auto_scaling_enabled
  msg := sprintf("%s does not scale", [rc.address])
}
