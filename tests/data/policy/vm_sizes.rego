package team.vm_sizes

import data.lib.plan

allowed(size) if {
  some pattern in data.limits.vm_sizes
  glob.match(pattern, [], size)
}

deny contains msg if {
  some rc in plan.of_type("azurerm_kubernetes_cluster_node_pool")
  not allowed(rc.change.after.vm_size)
  msg := sprintf("%s: %s is no size of ours", [rc.address, rc.change.after.vm_size])
}

deny contains msg if {
  some rc in plan.of_type("azurerm_kubernetes_cluster")
  some pool in rc.change.after.default_node_pool
  not allowed(pool.vm_size)
  msg := sprintf("%s: %s is no size of ours", [rc.address, pool.vm_size])
}
