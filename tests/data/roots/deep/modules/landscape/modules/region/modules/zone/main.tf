variable "network" {
  type = object({
    id                  = string
    name                = string
    resource_group_name = string
    location            = string
  })
}

variable "zone" {
  type = number
}

variable "prefix" {
  type = string
}

variable "label" {
  type = string
}

resource "azurerm_subnet" "this" {
  name                 = "snet-zone-${var.zone}"
  resource_group_name  = var.network.resource_group_name
  virtual_network_name = var.network.name
  address_prefixes     = [var.prefix]
}

resource "azurerm_public_ip" "this" {
  name                = "pip-${basename(path.module)}-${var.zone}"
  resource_group_name = var.network.resource_group_name
  location            = var.network.location
  allocation_method   = "Static"
  zones               = [var.zone]
  tags = {
    label   = var.label
    network = var.network.id
    subnet  = azurerm_subnet.this.id
    module  = trimprefix(path.module, "${path.root}/")
  }
}

output "zone" {
  value = var.zone
}

output "name" {
  value = azurerm_subnet.this.name
}

output "id" {
  value = azurerm_subnet.this.id
}
