package team.aks_pool_names

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_kubernetes_cluster_node_pool"
  not regex.match(`^[a-z][a-z0-9]{0,11}$`, rc.change.after.name)
  msg := sprintf("%s: bad name", [rc.address])
}
