# One of everything that is priced, so that what translation writes is what the estimators read.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  features {}
  subscription_id = "11111111-1111-1111-1111-111111111111"
}

locals {
  rg       = azurerm_resource_group.main.name
  location = azurerm_resource_group.main.location
}

resource "azurerm_resource_group" "main" {
  name     = "rg-all"
  location = "eastus"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet"
  location            = local.location
  resource_group_name = local.rg
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_virtual_network" "far" {
  name                = "vnet-far"
  location            = "westeurope"
  resource_group_name = local.rg
  address_space       = ["10.1.0.0/16"]
}

resource "azurerm_virtual_network" "near" {
  name                = "vnet-near"
  location            = local.location
  resource_group_name = local.rg
  address_space       = ["10.2.0.0/16"]
}

resource "azurerm_virtual_network_peering" "near" {
  name                      = "near"
  resource_group_name       = local.rg
  virtual_network_name      = azurerm_virtual_network.main.name
  remote_virtual_network_id = azurerm_virtual_network.near.id
}

resource "azurerm_virtual_network_peering" "far" {
  name                      = "far"
  resource_group_name       = local.rg
  virtual_network_name      = azurerm_virtual_network.main.name
  remote_virtual_network_id = azurerm_virtual_network.far.id
}

resource "azurerm_subnet" "all" {
  for_each             = { gateway = 0, firewall = 1, bastion = 2, nodes = 3, masters = 4 }
  name                 = each.key
  resource_group_name  = local.rg
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = [cidrsubnet("10.0.0.0/16", 8, each.value)]
}

resource "azurerm_public_ip" "all" {
  for_each            = toset(["gateway", "firewall", "bastion"])
  name                = "pip-${each.key}"
  location            = local.location
  resource_group_name = local.rg
  allocation_method   = "Static"
}

resource "azurerm_public_ip" "global" {
  name                = "pip-global"
  location            = local.location
  resource_group_name = local.rg
  allocation_method   = "Static"
  sku_tier            = "Global"
}

resource "azurerm_public_ip" "six" {
  name                = "pip-six"
  location            = local.location
  resource_group_name = local.rg
  allocation_method   = "Static"
  ip_version          = "IPv6"
}

resource "azurerm_public_ip_prefix" "main" {
  name                = "prefix"
  location            = local.location
  resource_group_name = local.rg
  prefix_length       = 30
}

resource "azurerm_public_ip" "of_prefix" {
  name                = "pip-prefix"
  location            = local.location
  resource_group_name = local.rg
  allocation_method   = "Static"
  public_ip_prefix_id = azurerm_public_ip_prefix.main.id
}

resource "azurerm_nat_gateway" "main" {
  name                = "nat"
  location            = local.location
  resource_group_name = local.rg
}

resource "azurerm_subnet_nat_gateway_association" "nodes" {
  subnet_id      = azurerm_subnet.all["nodes"].id
  nat_gateway_id = azurerm_nat_gateway.main.id
}

resource "azurerm_application_gateway" "main" {
  name                = "agw"
  location            = local.location
  resource_group_name = local.rg

  sku {
    name = "WAF_v2"
    tier = "WAF_v2"
  }

  autoscale_configuration {
    min_capacity = 1
    max_capacity = 3
  }

  gateway_ip_configuration {
    name      = "ip"
    subnet_id = azurerm_subnet.all["gateway"].id
  }

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = azurerm_public_ip.all["gateway"].id
  }

  frontend_port {
    name = "http"
    port = 80
  }

  backend_address_pool {
    name = "pool"
  }

  backend_http_settings {
    name                  = "http"
    cookie_based_affinity = "Disabled"
    port                  = 80
    protocol              = "Http"
  }

  http_listener {
    name                           = "http"
    frontend_ip_configuration_name = "public"
    frontend_port_name             = "http"
    protocol                       = "Http"
  }

  request_routing_rule {
    name                       = "all"
    priority                   = 10
    rule_type                  = "Basic"
    http_listener_name         = "http"
    backend_address_pool_name  = "pool"
    backend_http_settings_name = "http"
  }
}

resource "azurerm_firewall" "main" {
  name                = "fw"
  location            = local.location
  resource_group_name = local.rg
  sku_name            = "AZFW_VNet"
  sku_tier            = "Standard"

  ip_configuration {
    name                 = "ip"
    subnet_id            = azurerm_subnet.all["firewall"].id
    public_ip_address_id = azurerm_public_ip.all["firewall"].id
  }
}

resource "azurerm_bastion_host" "main" {
  name                = "bas"
  location            = local.location
  resource_group_name = local.rg
  sku                 = "Standard"
  scale_units         = 3

  ip_configuration {
    name                 = "ip"
    subnet_id            = azurerm_subnet.all["bastion"].id
    public_ip_address_id = azurerm_public_ip.all["bastion"].id
  }
}

resource "azurerm_container_registry" "main" {
  name                = "crall"
  location            = local.location
  resource_group_name = local.rg
  sku                 = "Premium"

  georeplications {
    location = "westeurope"
  }
}

resource "azurerm_key_vault" "main" {
  name                = "kv-all"
  location            = local.location
  resource_group_name = local.rg
  tenant_id           = "22222222-2222-2222-2222-222222222222"
  sku_name            = "premium"
}

resource "azurerm_private_endpoint" "vault" {
  name                = "pe-vault"
  location            = local.location
  resource_group_name = local.rg
  subnet_id           = azurerm_subnet.all["nodes"].id

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.main.id
    is_manual_connection           = false
    subresource_names              = ["vault"]
  }
}

resource "azurerm_private_dns_zone" "vault" {
  name                = "privatelink.vaultcore.azure.net"
  resource_group_name = local.rg
}

resource "azurerm_log_analytics_workspace" "main" {
  name                = "log"
  location            = local.location
  resource_group_name = local.rg
  retention_in_days   = 90
  daily_quota_gb      = 2.5
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks"
  location            = local.location
  resource_group_name = local.rg
  dns_prefix          = "all"
  sku_tier            = "Premium"
  support_plan        = "AKSLongTermSupport"

  default_node_pool {
    name            = "system"
    vm_size         = "Standard_D8s_v5"
    node_count      = 2
    vnet_subnet_id  = azurerm_subnet.all["nodes"].id
    os_disk_size_gb = 100
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin    = "azure"
    load_balancer_sku = "standard"

    load_balancer_profile {
      managed_outbound_ip_count = 2
    }
  }

  oms_agent {
    log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id
  }

  windows_profile {
    admin_username = "azureuser"
    admin_password = "not-a-secret-at-all-1"
    license        = "Windows_Server"
  }
}

resource "azurerm_kubernetes_cluster" "nat" {
  name                = "aks-nat"
  location            = local.location
  resource_group_name = local.rg
  dns_prefix          = "nat"
  sku_tier            = "Standard"

  default_node_pool {
    name         = "system"
    vm_size      = "Standard_D4ds_v5"
    node_count   = 1
    os_disk_type = "Ephemeral"
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin = "azure"
    outbound_type  = "managedNATGateway"

    nat_gateway_profile {
      managed_outbound_ip_count = 2
    }
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "windows" {
  name                  = "win"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.nat.id
  vm_size               = "Standard_D4ds_v5"
  os_type               = "Windows"
  node_count            = 1
  os_disk_type          = "Ephemeral"
}

resource "azurerm_kubernetes_cluster_node_pool" "hybrid" {
  name                  = "winhb"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  vm_size               = "Standard_D4ds_v5"
  os_type               = "Windows"
  node_count            = 1
  os_disk_type          = "Ephemeral"
}

resource "azurerm_kubernetes_cluster_node_pool" "spot" {
  name                  = "spot"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  vm_size               = "Standard_D4ds_v5"
  priority              = "Spot"
  spot_max_price        = 0.05
  auto_scaling_enabled  = true
  min_count             = 0
  max_count             = 4
  os_disk_type          = "Ephemeral"
}

resource "azurerm_redhat_openshift_cluster" "main" {
  name                = "aro"
  location            = local.location
  resource_group_name = local.rg

  cluster_profile {
    domain  = "all"
    version = "4.15.27"
  }

  network_profile {
    pod_cidr     = "10.128.0.0/14"
    service_cidr = "172.30.0.0/16"
  }

  main_profile {
    vm_size   = "Standard_D8s_v3"
    subnet_id = azurerm_subnet.all["masters"].id
  }

  worker_profile {
    vm_size      = "Standard_D4s_v3"
    disk_size_gb = 128
    node_count   = 3
    subnet_id    = azurerm_subnet.all["nodes"].id
  }

  api_server_profile {
    visibility = "Public"
  }

  ingress_profile {
    visibility = "Public"
  }

  service_principal {
    client_id     = "33333333-3333-3333-3333-333333333333"
    client_secret = "not-a-secret-at-all-2"
  }
}

resource "azurerm_lb" "main" {
  name                = "lb"
  location            = local.location
  resource_group_name = local.rg
  sku                 = "Standard"

  frontend_ip_configuration {
    name      = "inside"
    subnet_id = azurerm_subnet.all["nodes"].id
  }
}

resource "azurerm_lb_rule" "main" {
  count                          = 6
  name                           = "rule${count.index}"
  loadbalancer_id                = azurerm_lb.main.id
  frontend_ip_configuration_name = "inside"
  protocol                       = "Tcp"
  frontend_port                  = 8000 + count.index
  backend_port                   = 8000
}

resource "azurerm_lb" "idle" {
  name                = "lb-idle"
  location            = local.location
  resource_group_name = local.rg
  sku                 = "Standard"
}

resource "azurerm_virtual_network_gateway" "main" {
  name                = "vpn"
  location            = local.location
  resource_group_name = local.rg
  type                = "Vpn"
  sku                 = "VpnGw1AZ"

  ip_configuration {
    subnet_id            = azurerm_subnet.all["gateway"].id
    public_ip_address_id = azurerm_public_ip.all["gateway"].id
  }
}

resource "azurerm_managed_disk" "main" {
  name                 = "disk"
  location             = local.location
  resource_group_name  = local.rg
  storage_account_type = "Premium_LRS"
  create_option        = "Empty"
  disk_size_gb         = 200
}

resource "azurerm_dns_zone" "main" {
  name                = "example.org"
  resource_group_name = local.rg
}

resource "azurerm_firewall_policy" "main" {
  name                = "policy"
  location            = local.location
  resource_group_name = local.rg
}
