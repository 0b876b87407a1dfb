package team.aks_capacity

total := sum([n | some rc in input.resource_changes; rc.type == "azurerm_kubernetes_cluster_node_pool"; n := rc.change.after.max_count])

warn contains msg if {
  total > 30
  msg := sprintf("the pools together may grow to %d nodes", [total])
}
