# Resources without a document in the model: an internal load balancer, interfaces, a scale set, a
# gateway; and one type that is only named as a gap.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

variable "instances" {
  type    = number
  default = 4
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-internal"
  location            = "westeurope"
  resource_group_name = "rg-internal"
  address_space       = ["10.90.0.0/16"]

  subnet {
    name             = "GatewaySubnet"
    address_prefixes = ["10.90.255.0/27"]
  }
}

resource "azurerm_subnet" "backend" {
  name                 = "backend"
  resource_group_name  = "rg-internal"
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.90.0.0/29"]
}

resource "azurerm_lb" "main" {
  name                = "ilb"
  location            = "westeurope"
  resource_group_name = "rg-internal"
  sku                 = "Standard"

  frontend_ip_configuration {
    name      = "one"
    subnet_id = azurerm_subnet.backend.id
  }
  frontend_ip_configuration {
    name      = "two"
    subnet_id = azurerm_subnet.backend.id
  }
}

resource "azurerm_network_interface" "jump" {
  count               = 2
  name                = "nic-${count.index}"
  location            = "westeurope"
  resource_group_name = "rg-internal"

  ip_configuration {
    name                          = "main"
    subnet_id                     = azurerm_subnet.backend.id
    private_ip_address_allocation = "Dynamic"
  }
}

resource "azurerm_linux_virtual_machine_scale_set" "build" {
  name                = "vmss"
  location            = "westeurope"
  resource_group_name = "rg-internal"
  sku                 = "Standard_D2s_v5"
  instances           = var.instances
  admin_username      = "build"

  os_disk {
    caching              = "ReadOnly"
    storage_account_type = "Standard_LRS"
  }

  network_interface {
    name    = "main"
    primary = true

    ip_configuration {
      name      = "main"
      primary   = true
      subnet_id = azurerm_subnet.backend.id
    }
  }
}

resource "azurerm_api_management" "main" {
  name                = "apim"
  location            = "westeurope"
  resource_group_name = "rg-internal"
  publisher_name      = "Shop"
  publisher_email     = "shop@example.com"
  sku_name            = "Developer_1"
}
