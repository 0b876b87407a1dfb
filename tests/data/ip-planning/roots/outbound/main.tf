# Outbound ports: a fixed allocation that eight nodes and their surge exceed, an automatic one that
# drops a tier, and a NAT gateway without an address.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-out"
  location            = "westeurope"
  resource_group_name = "rg-out"
  address_space       = ["10.50.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = "rg-out"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.50.0.0/22"]
}

resource "azurerm_nat_gateway" "main" {
  name                = "nat"
  location            = "westeurope"
  resource_group_name = "rg-out"
}

resource "azurerm_subnet_nat_gateway_association" "main" {
  subnet_id      = azurerm_subnet.nodes.id
  nat_gateway_id = azurerm_nat_gateway.main.id
}

resource "azurerm_kubernetes_cluster" "fixed" {
  name                = "aks-fixed"
  location            = "westeurope"
  resource_group_name = "rg-out"
  dns_prefix          = "fixed"

  default_node_pool {
    name           = "sys"
    vm_size        = "Standard_D4s_v5"
    vnet_subnet_id = azurerm_subnet.nodes.id
    node_count     = 8
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    service_cidr        = "172.16.0.0/16"
    dns_service_ip      = "172.16.0.10"

    load_balancer_profile {
      managed_outbound_ip_count = 1
      outbound_ports_allocated  = 8000
    }
  }
}

resource "azurerm_kubernetes_cluster" "automatic" {
  name                = "aks-automatic"
  location            = "westeurope"
  resource_group_name = "rg-out"
  dns_prefix          = "automatic"

  default_node_pool {
    name           = "sys"
    vm_size        = "Standard_D4s_v5"
    vnet_subnet_id = azurerm_subnet.nodes.id
    node_count     = 50
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    service_cidr        = "172.16.0.0/16"
    dns_service_ip      = "172.16.0.10"
  }
}

resource "azurerm_kubernetes_cluster" "nat" {
  name                = "aks-nat"
  location            = "westeurope"
  resource_group_name = "rg-out"
  dns_prefix          = "nat"

  default_node_pool {
    name           = "sys"
    vm_size        = "Standard_D4s_v5"
    vnet_subnet_id = azurerm_subnet.nodes.id
    node_count     = 3
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    outbound_type       = "userAssignedNATGateway"
    service_cidr        = "172.16.0.0/16"
    dns_service_ip      = "172.16.0.10"
  }
}
