variable "name" {
  type = string
}

variable "network" {
  type = object({ name = string, resource_group_name = string })
}

variable "prefix" {
  type = string

  validation {
    condition     = can(cidrhost(var.prefix, 0))
    error_message = "A range in CIDR notation, such as 10.0.0.0/24."
  }
}

variable "endpoints" {
  type = list(string)
}

variable "delegate" {
  type = string
}

resource "azurerm_subnet" "this" {
  name                 = "snet-${var.name}"
  resource_group_name  = var.network.resource_group_name
  virtual_network_name = var.network.name
  address_prefixes     = [var.prefix]
  service_endpoints    = length(var.endpoints) > 0 ? sort(var.endpoints) : null

  dynamic "delegation" {
    for_each = var.delegate == null ? [] : [var.delegate]
    iterator = service
    content {
      name = replace(lower(service.value), "/[^a-z]+/", "-")
      service_delegation {
        name    = service.value
        actions = ["Microsoft.Network/virtualNetworks/subnets/action"]
      }
    }
  }
}

output "prefix" {
  value = one(azurerm_subnet.this.address_prefixes)
}

output "id" {
  value = azurerm_subnet.this.id
}
