# ARO: a worker subnet that is too small, a pod CIDR for 32 nodes, one address for 63 nodes.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-aro"
  location            = "westeurope"
  resource_group_name = "rg-aro"
  address_space       = ["10.80.0.0/16"]
}

resource "azurerm_subnet" "masters" {
  name                 = "masters"
  resource_group_name  = "rg-aro"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.80.0.0/28"]
}

resource "azurerm_subnet" "workers" {
  name                 = "workers"
  resource_group_name  = "rg-aro"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.80.0.32/27"]
}

resource "azurerm_redhat_openshift_cluster" "main" {
  name                = "aro"
  location            = "westeurope"
  resource_group_name = "rg-aro"

  cluster_profile {
    domain  = "aro"
    version = "4.15.35"
  }

  network_profile {
    pod_cidr     = "10.128.0.0/18"
    service_cidr = "172.30.0.0/16"
  }

  main_profile {
    vm_size   = "Standard_D8s_v3"
    subnet_id = azurerm_subnet.masters.id
  }

  worker_profile {
    vm_size      = "Standard_D4s_v3"
    disk_size_gb = 128
    node_count   = 60
    subnet_id    = azurerm_subnet.workers.id
  }

  api_server_profile {
    visibility = "Private"
  }

  ingress_profile {
    visibility = "Private"
  }

  service_principal {
    client_id     = "00000000-0000-0000-0000-000000000000"
    client_secret = "not-a-secret"
  }
}
