# Services with demands of their own: a gateway that scales, and one that shares its subnet; a
# bastion in too long a prefix; the API server in a subnet with a private endpoint.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

locals {
  subnets = {
    gateway             = "10.60.0.0/27"
    AzureBastionSubnet  = "10.60.1.0/27"
    api                 = "10.60.2.0/28"
    nodes               = "10.60.4.0/24"
  }
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-services"
  location            = "westeurope"
  resource_group_name = "rg-services"
  address_space       = ["10.60.0.0/16"]
}

resource "azurerm_subnet" "all" {
  for_each             = local.subnets
  name                 = each.key
  resource_group_name  = "rg-services"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = [each.value]
}

resource "azurerm_public_ip" "main" {
  for_each            = { gateway = 1, bastion = 2 }
  name                = each.key
  location            = "westeurope"
  resource_group_name = "rg-services"
  allocation_method   = "Static"
}

resource "azurerm_application_gateway" "main" {
  name                = "agw"
  location            = "westeurope"
  resource_group_name = "rg-services"

  sku {
    name = "WAF_v2"
    tier = "WAF_v2"
  }

  autoscale_configuration {
    min_capacity = 2
    max_capacity = 30
  }

  gateway_ip_configuration {
    name      = "gateway"
    subnet_id = azurerm_subnet.all["gateway"].id
  }

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = azurerm_public_ip.main["gateway"].id
  }

  frontend_ip_configuration {
    name                          = "private"
    subnet_id                     = azurerm_subnet.all["gateway"].id
    private_ip_address_allocation = "Static"
    private_ip_address            = "10.60.0.10"
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
    port                  = 80
    protocol              = "Http"
    cookie_based_affinity = "Disabled"
  }

  http_listener {
    name                           = "http"
    frontend_ip_configuration_name = "public"
    frontend_port_name             = "http"
    protocol                       = "Http"
  }

  request_routing_rule {
    name                       = "all"
    rule_type                  = "Basic"
    priority                   = 1
    http_listener_name         = "http"
    backend_address_pool_name  = "pool"
    backend_http_settings_name = "http"
  }
}

resource "azurerm_bastion_host" "main" {
  name                = "bastion"
  location            = "westeurope"
  resource_group_name = "rg-services"

  ip_configuration {
    name                 = "bastion"
    subnet_id            = azurerm_subnet.all["AzureBastionSubnet"].id
    public_ip_address_id = azurerm_public_ip.main["bastion"].id
  }
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-services"
  location            = "westeurope"
  resource_group_name = "rg-services"
  dns_prefix          = "services"

  api_server_access_profile {
    virtual_network_integration_enabled = true
    subnet_id                           = azurerm_subnet.all["api"].id
  }

  default_node_pool {
    name           = "sys"
    vm_size        = "Standard_D4s_v5"
    vnet_subnet_id = azurerm_subnet.all["nodes"].id
    node_count     = 3
    max_pods       = 30
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin = "azure"
    service_cidr   = "172.16.0.0/16"
    dns_service_ip = "172.16.0.10"
  }
}

resource "azurerm_private_endpoint" "vault" {
  name                = "pe-kv"
  location            = "westeurope"
  resource_group_name = "rg-services"
  subnet_id           = azurerm_subnet.all["api"].id

  private_service_connection {
    name                           = "kv"
    is_manual_connection           = false
    private_connection_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"
    subresource_names              = ["vault"]
  }
}
