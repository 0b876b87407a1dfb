# What decides is not known: a size without a value, a network model left to Azure, a subnet that
# only a data source names. No verdict is a pass.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

variable "user_max" {
  type = number
}

data "azurerm_subnet" "shared" {
  name                 = "shared"
  virtual_network_name = "vnet-elsewhere"
  resource_group_name  = "rg-elsewhere"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-open"
  location            = "westeurope"
  resource_group_name = "rg-open"
  address_space       = ["10.40.0.0/16"]
}

resource "azurerm_subnet" "scaled" {
  name                 = "scaled"
  resource_group_name  = "rg-open"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.40.0.0/24"]
}

resource "azurerm_subnet" "model" {
  name                 = "model"
  resource_group_name  = "rg-open"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.40.1.0/26"]
}

resource "azurerm_subnet" "roomy" {
  name                 = "roomy"
  resource_group_name  = "rg-open"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.40.2.0/24"]
}

resource "azurerm_kubernetes_cluster" "scaled" {
  name                = "aks-scaled"
  location            = "westeurope"
  resource_group_name = "rg-open"
  dns_prefix          = "scaled"

  default_node_pool {
    name                 = "sys"
    vm_size              = "Standard_D4s_v5"
    vnet_subnet_id       = azurerm_subnet.scaled.id
    auto_scaling_enabled = true
    min_count            = 2
    max_count            = var.user_max
    max_pods             = 30
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

# One range is not known, the other is none.
variable "services" {
  type = string
}

resource "azurerm_kubernetes_cluster" "ranges" {
  name                = "aks-ranges"
  location            = "westeurope"
  resource_group_name = "rg-open"
  dns_prefix          = "ranges"

  default_node_pool {
    name           = "sys"
    vm_size        = "Standard_D4s_v5"
    vnet_subnet_id = azurerm_subnet.roomy.id
    node_count     = 1
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    pod_cidr            = "10.244.1.0/16"
    service_cidr        = var.services
    dns_service_ip      = "172.16.0.10"
  }
}

resource "azurerm_kubernetes_cluster" "model" {
  for_each            = { model = azurerm_subnet.model.id, roomy = azurerm_subnet.roomy.id }
  name                = "aks-${each.key}"
  location            = "westeurope"
  resource_group_name = "rg-open"
  dns_prefix          = "model"

  default_node_pool {
    name           = "sys"
    vm_size        = "Standard_D4s_v5"
    vnet_subnet_id = each.value
    node_count     = 3
    upgrade_settings {
      max_surge = "1"
    }
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_private_endpoint" "elsewhere" {
  name                = "pe-elsewhere"
  location            = "westeurope"
  resource_group_name = "rg-open"
  subnet_id           = data.azurerm_subnet.shared.id

  private_service_connection {
    name                           = "kv"
    is_manual_connection           = false
    private_connection_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"
    subresource_names              = ["vault"]
  }
}

# The network's id within a text: which of its subnets it is nobody can say, so none of them passes.
resource "azurerm_virtual_network" "guessed" {
  name                = "vnet-guessed"
  location            = "westeurope"
  resource_group_name = "rg-open"
  address_space       = ["10.44.0.0/16"]
}

resource "azurerm_subnet" "guessed" {
  name                 = "guessed"
  resource_group_name  = "rg-open"
  virtual_network_name = azurerm_virtual_network.guessed.name
  address_prefixes     = ["10.44.0.0/24"]
}

resource "azurerm_private_endpoint" "guessed" {
  name                = "pe-guessed"
  location            = "westeurope"
  resource_group_name = "rg-open"
  subnet_id           = "${lower(azurerm_virtual_network.guessed.id)}/subnets/guessed"

  private_service_connection {
    name                           = "kv"
    is_manual_connection           = false
    private_connection_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"
    subresource_names              = ["vault"]
  }
}

# Nobody knows how many endpoints there are.
variable "endpoints" {
  type = set(string)
}

resource "azurerm_subnet" "many" {
  name                 = "many"
  resource_group_name  = "rg-open"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.40.3.0/24"]
}

resource "azurerm_private_endpoint" "many" {
  for_each            = var.endpoints
  name                = "pe-${each.key}"
  location            = "westeurope"
  resource_group_name = "rg-open"
  subnet_id           = azurerm_subnet.many.id

  private_service_connection {
    name                           = "kv"
    is_manual_connection           = false
    private_connection_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"
    subresource_names              = ["vault"]
  }
}

# A sensitive size is not printed in a formula.
variable "secret_prefix" {
  type      = string
  default   = "10.40.4.0/24"
  sensitive = true
}

resource "azurerm_subnet" "secret" {
  name                 = "secret"
  resource_group_name  = "rg-open"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = [var.secret_prefix]
}
