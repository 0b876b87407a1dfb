locals {
  # What each network model means to the provider.
  network_models = {
    overlay     = { plugin_mode = "overlay", pod_cidr = var.network.pod_cidr }
    pod_subnet  = { plugin_mode = null, pod_cidr = null }
    node_subnet = { plugin_mode = null, pod_cidr = null }
  }
  network_model = local.network_models[var.network.model]
  pod_subnet_id = var.network.model == "pod_subnet" ? var.pod_subnet_id : null

  # A zone of one's own needs the prefix under its private name.
  own_private_dns_zone = var.private_cluster && var.private_dns_zone != null
}

resource "azurerm_kubernetes_cluster" "this" {
  name                = "aks-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  dns_prefix                 = local.own_private_dns_zone ? null : "aks-${var.name}"
  dns_prefix_private_cluster = local.own_private_dns_zone ? "aks-${var.name}" : null

  sku_tier                  = var.sku_tier
  kubernetes_version        = var.kubernetes_version
  automatic_upgrade_channel = var.automatic_upgrade_channel
  node_os_upgrade_channel   = "NodeImage"
  cost_analysis_enabled     = var.sku_tier != "Free" # not offered on the free tier

  private_cluster_enabled = var.private_cluster
  private_dns_zone_id     = var.private_cluster ? try(var.private_dns_zone.id, "System") : null
  run_command_enabled     = false

  # People sign in through Entra ID and are authorised by Azure roles; the
  # certificate that bypasses both is off.
  local_account_disabled            = true
  role_based_access_control_enabled = true
  azure_policy_enabled              = true

  oidc_issuer_enabled       = true
  workload_identity_enabled = true

  image_cleaner_enabled        = true
  image_cleaner_interval_hours = 48

  azure_active_directory_role_based_access_control {
    tenant_id              = var.tenant_id
    azure_rbac_enabled     = true
    admin_group_object_ids = var.admin_group_object_ids
  }

  dynamic "api_server_access_profile" {
    for_each = length(var.authorized_ip_ranges) > 0 ? [var.authorized_ip_ranges] : []

    content {
      authorized_ip_ranges = api_server_access_profile.value
    }
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.control_plane.id]
  }

  kubelet_identity {
    client_id                 = azurerm_user_assigned_identity.kubelet.client_id
    object_id                 = azurerm_user_assigned_identity.kubelet.principal_id
    user_assigned_identity_id = azurerm_user_assigned_identity.kubelet.id
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = local.network_model.plugin_mode
    network_data_plane  = var.network.data_plane
    network_policy      = var.network.policy
    load_balancer_sku   = "standard"
    outbound_type       = var.network.outbound_type
    service_cidr        = var.network.service_cidr
    dns_service_ip      = cidrhost(var.network.service_cidr, 10)
    pod_cidr            = local.network_model.pod_cidr
  }

  default_node_pool {
    name                         = "system"
    vm_size                      = var.system_pool.vm_size
    only_critical_addons_enabled = length(local.user_pools) > 0
    temporary_name_for_rotation  = "systemtmp"

    auto_scaling_enabled = true
    min_count            = var.system_pool.min_count
    max_count            = var.system_pool.max_count
    max_pods             = var.system_pool.max_pods
    zones                = var.zones

    # Ephemeral: on the local disk of the machine, which must be larger.
    os_sku                  = "AzureLinux"
    os_disk_type            = "Ephemeral"
    os_disk_size_gb         = var.system_pool.os_disk_size_gb
    host_encryption_enabled = var.host_encryption

    vnet_subnet_id = var.node_subnet_id
    pod_subnet_id  = local.pod_subnet_id
    tags           = var.tags

    upgrade_settings {
      max_surge                     = var.system_pool.max_surge
      drain_timeout_in_minutes      = 30
      node_soak_duration_in_minutes = 0
    }
  }

  key_vault_secrets_provider {
    secret_rotation_enabled  = true
    secret_rotation_interval = "5m"
  }

  dynamic "oms_agent" {
    for_each = var.container_insights ? [var.log_analytics_workspace_id] : []

    content {
      log_analytics_workspace_id      = oms_agent.value
      msi_auth_for_monitoring_enabled = true
    }
  }

  dynamic "microsoft_defender" {
    for_each = var.defender ? [var.log_analytics_workspace_id] : []

    content {
      log_analytics_workspace_id = microsoft_defender.value
    }
  }

  maintenance_window_auto_upgrade {
    frequency   = "Weekly"
    interval    = 1
    day_of_week = var.maintenance.day_of_week
    start_time  = var.maintenance.start_time
    utc_offset  = "+00:00"
    duration    = var.maintenance.duration_hours
  }

  maintenance_window_node_os {
    frequency   = "Weekly"
    interval    = 1
    day_of_week = var.maintenance.day_of_week
    start_time  = var.maintenance.start_time
    utc_offset  = "+00:00"
    duration    = var.maintenance.duration_hours
  }

  # The service checks these rights while it creates the cluster.
  depends_on = [
    azurerm_role_assignment.kubelet_operator,
    azurerm_role_assignment.network_contributor,
    azurerm_role_assignment.private_dns_zone_contributor,
  ]
}
