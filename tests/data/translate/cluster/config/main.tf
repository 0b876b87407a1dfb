# A cluster in a network of its own: user-assigned identity, overlay, one more pool on spot.

terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.20"
    }
  }
}

provider "azurerm" {
  features {}
  subscription_id = "99999999-8888-7777-6666-555555555555"
}

locals {
  location = "North Europe"
  subnets  = { nodes = "10.40.1.0/24" }
}

resource "azurerm_resource_group" "shop" {
  name     = "rg-shop"
  location = "North Europe"
  tags     = {
    team = "shop"
  }
}

resource "azurerm_virtual_network" "shop" {
  name                = "vnet-shop"
  location            = local.location
  resource_group_name = azurerm_resource_group.shop.name
  address_space       = ["10.40.0.0/16"]
  dns_servers         = ["10.40.0.4"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = azurerm_resource_group.shop.name
  virtual_network_name = azurerm_virtual_network.shop.name
  address_prefixes     = [local.subnets["nodes"]]
  service_endpoints    = ["Microsoft.KeyVault", "Microsoft.Storage"]
}

resource "azurerm_subnet" "pods" {
  name                 = "pods"
  resource_group_name  = azurerm_resource_group.shop.name
  virtual_network_name = azurerm_virtual_network.shop.name
  address_prefixes     = ["10.40.2.0/23"]

  delegation {
    name = "aks"

    service_delegation {
      name = "Microsoft.ContainerService/managedClusters"
    }
  }
}

resource "azurerm_route_table" "nodes" {
  name                          = "rt-nodes"
  location                      = "North Europe"
  resource_group_name           = "rg-shop"
  bgp_route_propagation_enabled = false

  route {
    name                   = "all"
    address_prefix         = "0.0.0.0/0"
    next_hop_type          = "VirtualAppliance"
    next_hop_in_ip_address = "10.40.255.4"
  }
}

resource "azurerm_subnet_route_table_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  route_table_id = azurerm_route_table.nodes.id
}

resource "azurerm_user_assigned_identity" "aks" {
  name                = "id-aks"
  location            = local.location
  resource_group_name = azurerm_resource_group.shop.name
}

resource "azurerm_kubernetes_cluster" "shop" {
  name                      = "aks-shop"
  location                  = "North Europe"
  resource_group_name       = "rg-shop"
  dns_prefix                = "shop"
  kubernetes_version        = "1.33"
  sku_tier                  = "Standard"
  local_account_disabled    = true
  automatic_upgrade_channel = "stable"
  oidc_issuer_enabled       = true
  workload_identity_enabled = true
  run_command_enabled       = false
  azure_policy_enabled      = true

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.aks.id]
  }

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled     = true
    admin_group_object_ids = ["0f0f0f0f-0000-4000-8000-000000000001"]
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_policy      = "cilium"
    network_data_plane  = "cilium"
    pod_cidr            = "192.168.0.0/16"
    outbound_type       = "userDefinedRouting"
  }

  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }

  default_node_pool {
    name                         = "sys"
    vm_size                      = "Standard_D4ds_v5"
    node_count                   = 3
    only_critical_addons_enabled = true
    os_disk_type                 = "Ephemeral"
    zones                        = ["1", "2", "3"]
    vnet_subnet_id               = azurerm_subnet.nodes.id

    linux_os_config {

      sysctl_config {
        net_ipv4_ip_local_port_range_min = 2000
        net_ipv4_ip_local_port_range_max = 60000
      }
    }

    upgrade_settings {
      max_surge = "25%"
    }
  }

  maintenance_window_auto_upgrade {
    frequency   = "RelativeMonthly"
    interval    = 2
    duration    = 5
    day_of_week = "Sunday"
    week_index  = "Last"
    start_time  = "02:00"
    utc_offset  = "+01:00"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "batch" {
  name                  = "batch"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.shop.id
  vm_size               = "Standard_D8s_v5"
  priority              = "Spot"
  eviction_policy       = "Delete"
  spot_max_price        = -1
  auto_scaling_enabled  = true
  min_count             = 0
  max_count             = 12
  node_labels           = {
    work = "batch"
  }
  node_taints           = ["work=batch:NoSchedule"]
  vnet_subnet_id        = azurerm_subnet.nodes.id
}
