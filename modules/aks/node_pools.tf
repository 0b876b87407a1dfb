locals {
  # A Spot node can be taken away at any time: Azure puts this label and this
  # taint on it, and both are written here so that they are not seen as drift.
  spot_label = { "kubernetes.azure.com/scalesetpriority" = "spot" }
  spot_taint = ["kubernetes.azure.com/scalesetpriority=spot:NoSchedule"]

  user_pools = {
    for name, pool in var.user_pools : name => merge(pool, {
      labels = merge(pool.labels, pool.spot ? local.spot_label : {})
      taints = concat(pool.taints, pool.spot ? local.spot_taint : [])
    })
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "this" {
  for_each = local.user_pools

  name                        = each.key
  kubernetes_cluster_id       = azurerm_kubernetes_cluster.this.id
  mode                        = "User"
  vm_size                     = each.value.vm_size
  temporary_name_for_rotation = "${each.key}tmp"

  auto_scaling_enabled = true
  min_count            = each.value.min_count
  max_count            = each.value.max_count
  max_pods             = each.value.max_pods
  zones                = var.zones

  priority        = each.value.spot ? "Spot" : "Regular"
  eviction_policy = each.value.spot ? "Delete" : null
  spot_max_price  = each.value.spot ? -1 : null

  os_sku                  = "AzureLinux"
  os_disk_type            = "Ephemeral"
  os_disk_size_gb         = each.value.os_disk_size_gb
  host_encryption_enabled = var.host_encryption

  node_labels    = each.value.labels
  node_taints    = each.value.taints
  vnet_subnet_id = var.node_subnet_id
  pod_subnet_id  = local.pod_subnet_id
  tags           = var.tags

  # Spot pools are upgraded without surge, and refuse the setting.
  dynamic "upgrade_settings" {
    for_each = each.value.spot ? [] : [each.value.max_surge]

    content {
      max_surge                     = upgrade_settings.value
      drain_timeout_in_minutes      = 30
      node_soak_duration_in_minutes = 0
    }
  }
}
