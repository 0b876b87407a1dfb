# An application gateway from a map of sites: nested dynamic blocks, references among the blocks' names.
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
}

variable "sites" {
  type = map(object({
    host     = string
    backends = list(string)
    paths    = optional(map(string), {})
    port     = optional(number, 443)
  }))
}

locals {
  frontend = "public"
  pools    = merge({ for k, s in var.sites : k => s.backends }, [for k, s in var.sites : { for p, target in s.paths : "${k}-${p}" => [target] }]...)
  priority = { for i, k in sort(keys(var.sites)) : k => 100 + i * 10 }
}

resource "azurerm_resource_group" "edge" {
  name     = "rg-edge"
  location = "uksouth"
}

resource "azurerm_public_ip" "edge" {
  name                = "pip-edge"
  resource_group_name = azurerm_resource_group.edge.name
  location            = azurerm_resource_group.edge.location
  allocation_method   = "Static"
  sku                 = "Standard"
  zones               = [for z in range(1, 4) : tostring(z)]
}

resource "azurerm_virtual_network" "edge" {
  name                = "vnet-edge"
  resource_group_name = azurerm_resource_group.edge.name
  location            = azurerm_resource_group.edge.location
  address_space       = ["10.70.0.0/22"]
}

resource "azurerm_subnet" "edge" {
  name                 = "snet-edge"
  resource_group_name  = azurerm_resource_group.edge.name
  virtual_network_name = azurerm_virtual_network.edge.name
  address_prefixes     = [cidrsubnet(one(azurerm_virtual_network.edge.address_space), 2, 1)]
}

resource "azurerm_application_gateway" "edge" {
  name                = "agw-edge"
  resource_group_name = azurerm_resource_group.edge.name
  location            = azurerm_resource_group.edge.location

  sku {
    name = "WAF_v2"
    tier = "WAF_v2"
  }

  autoscale_configuration {
    min_capacity = 2
    max_capacity = max(3, length(var.sites) * 2)
  }

  gateway_ip_configuration {
    name      = "gateway"
    subnet_id = azurerm_subnet.edge.id
  }

  frontend_ip_configuration {
    name                 = local.frontend
    public_ip_address_id = azurerm_public_ip.edge.id
  }

  dynamic "frontend_port" {
    for_each = toset([for s in values(var.sites) : tostring(s.port)])
    content {
      name = "port-${frontend_port.key}"
      port = tonumber(frontend_port.value)
    }
  }

  dynamic "backend_address_pool" {
    for_each = local.pools
    content {
      name  = backend_address_pool.key
      fqdns = backend_address_pool.value
    }
  }

  dynamic "backend_http_settings" {
    for_each = var.sites
    iterator = site
    content {
      name                  = site.key
      cookie_based_affinity = "Disabled"
      port                  = site.value.port
      protocol              = site.value.port == 443 ? "Https" : "Http"
      request_timeout       = 30
    }
  }

  dynamic "http_listener" {
    for_each = var.sites
    content {
      name                           = http_listener.key
      frontend_ip_configuration_name = local.frontend
      frontend_port_name             = "port-${http_listener.value.port}"
      protocol                       = http_listener.value.port == 443 ? "Https" : "Http"
      host_name                      = http_listener.value.host
    }
  }

  dynamic "url_path_map" {
    for_each = { for k, s in var.sites : k => s.paths if length(s.paths) > 0 }
    content {
      name                               = url_path_map.key
      default_backend_address_pool_name  = url_path_map.key
      default_backend_http_settings_name = url_path_map.key

      dynamic "path_rule" {
        for_each = url_path_map.value
        content {
          name                       = path_rule.key
          paths                      = ["/${path_rule.key}/*"]
          backend_address_pool_name  = "${url_path_map.key}-${path_rule.key}"
          backend_http_settings_name = url_path_map.key
        }
      }
    }
  }

  dynamic "request_routing_rule" {
    for_each = var.sites
    content {
      name                       = request_routing_rule.key
      rule_type                  = length(request_routing_rule.value.paths) > 0 ? "PathBasedRouting" : "Basic"
      http_listener_name         = request_routing_rule.key
      backend_address_pool_name  = length(request_routing_rule.value.paths) > 0 ? null : request_routing_rule.key
      backend_http_settings_name = length(request_routing_rule.value.paths) > 0 ? null : request_routing_rule.key
      url_path_map_name          = length(request_routing_rule.value.paths) > 0 ? request_routing_rule.key : null
      priority                   = local.priority[request_routing_rule.key]
    }
  }
}

output "listeners" {
  value = azurerm_application_gateway.edge.http_listener[*].name
}
