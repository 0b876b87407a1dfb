package team.aks_pool_limit

deny contains {"msg": msg, "severity": "WARNING"} if {
  some rc in input.resource_changes
  rc.type == "azurerm_kubernetes_cluster_node_pool"
  rc.change.after.max_count > data.limits.nodes
  msg := sprintf("%s may grow to %d nodes", [rc.address, rc.change.after.max_count])
}
