# Pods in a subnet of their own, and the pod subnet is too small for full nodes.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-pods"
  location            = "westeurope"
  resource_group_name = "rg-pods"
  address_space       = ["10.30.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = "rg-pods"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.30.0.0/27"]
}

resource "azurerm_subnet" "pods" {
  name                 = "pods"
  resource_group_name  = "rg-pods"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.30.4.0/23"]

  delegation {
    name = "aks"
    service_delegation {
      name = "Microsoft.ContainerService/managedClusters"
    }
  }
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-pods"
  location            = "westeurope"
  resource_group_name = "rg-pods"
  dns_prefix          = "pods"

  default_node_pool {
    name                 = "np1"
    vm_size              = "Standard_D4s_v5"
    vnet_subnet_id       = azurerm_subnet.nodes.id
    pod_subnet_id        = azurerm_subnet.pods.id
    auto_scaling_enabled = true
    min_count            = 6
    max_count            = 12
    max_pods             = 60
    upgrade_settings {
      max_surge = "33%"
    }
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin     = "azure"
    network_data_plane = "cilium"
    service_cidr       = "172.16.0.0/16"
    dns_service_ip     = "172.16.0.10"
  }
}
