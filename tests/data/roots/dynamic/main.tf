# Dynamic blocks: nested, with iterators, over maps, sets, lists and unknown collections; lists of
# objects written as blocks.

provider "azurerm" {
  features {}
}

variable "listeners" {
  type = map(object({
    host     = optional(string)
    port     = number
    backends = list(string)
    headers  = optional(map(string), {})
  }))
  default = {
    shop = { port = 443, host = "shop.example.org", backends = ["10.0.0.4", "10.0.0.5"], headers = { X-Shop = "1", X-Env = "t" } }
    api  = { port = 8443, backends = ["api.example.org"] }
  }
}

variable "collections" {
  type = any
  default = [
    {
      name     = "allow-web"
      priority = 200
      action   = "Allow"
      rules = [
        { name = "https", ports = ["443"], protocols = ["TCP"], to = ["10.1.0.0/16"] },
        { name = "dns", ports = ["53"], protocols = ["TCP", "UDP"], to = ["168.63.129.16"] },
      ]
    },
    { name = "deny-all", priority = 4000, action = "Deny", rules = [{ name = "any", ports = ["*"], protocols = ["Any"], to = ["*"] }] },
  ]
}

resource "azurerm_resource_group" "this" {
  name     = "rg-dynamic"
  location = "westeurope"
}

resource "azurerm_subnet" "gateway" {
  name                 = "gateway"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = "vnet"
  address_prefixes     = ["10.0.0.0/26"]
}

resource "azurerm_public_ip" "gateway" {
  name                = "pip"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  allocation_method   = "Static"
  zones               = ["1", "2"]
}

resource "azurerm_application_gateway" "this" {
  name                = "agw"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location

  sku {
    name = "WAF_v2"
    tier = "WAF_v2"
  }

  autoscale_configuration {
    min_capacity = 1
  }

  gateway_ip_configuration {
    name      = "gateway"
    subnet_id = azurerm_subnet.gateway.id
  }

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = azurerm_public_ip.gateway.id
  }

  dynamic "frontend_port" {
    for_each = toset([for l in var.listeners : l.port])
    content {
      name = "port-${frontend_port.value}"
      port = frontend_port.key
    }
  }

  dynamic "backend_address_pool" {
    for_each = var.listeners
    iterator = pool
    content {
      name         = pool.key
      ip_addresses = [for b in pool.value.backends : b if can(cidrhost("${b}/32", 0))]
      fqdns        = [for b in pool.value.backends : b if !can(cidrhost("${b}/32", 0))]
    }
  }

  backend_http_settings {
    name                  = "https"
    cookie_based_affinity = "Disabled"
    port                  = 443
    protocol              = "Https"
  }

  dynamic "http_listener" {
    for_each = var.listeners
    content {
      name                           = http_listener.key
      frontend_ip_configuration_name = "public"
      frontend_port_name             = "port-${http_listener.value.port}"
      protocol                       = "Https"
      host_name                      = http_listener.value.host
    }
  }

  dynamic "request_routing_rule" {
    for_each = var.listeners
    content {
      name                       = request_routing_rule.key
      rule_type                  = "Basic"
      priority                   = 100 + index(keys(var.listeners), request_routing_rule.key)
      http_listener_name         = request_routing_rule.key
      backend_address_pool_name  = request_routing_rule.key
      backend_http_settings_name = "https"
    }
  }

  dynamic "rewrite_rule_set" {
    for_each = { for k, v in var.listeners : k => v if length(v.headers) > 0 }
    content {
      name = "set-${rewrite_rule_set.key}"
      rewrite_rule {
        name          = "headers"
        rule_sequence = 10
        dynamic "response_header_configuration" {
          for_each = rewrite_rule_set.value.headers
          iterator = header
          content {
            header_name  = header.key
            header_value = "${rewrite_rule_set.key}:${header.value}"
          }
        }
      }
    }
  }
}

resource "azurerm_firewall_policy" "this" {
  name                = "fwp"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location

  dynamic "dns" {
    for_each = [true]
    content {
      proxy_enabled = dns.value
    }
  }
}

resource "azurerm_firewall_policy_rule_collection_group" "this" {
  name               = "rcg"
  firewall_policy_id = azurerm_firewall_policy.this.id
  priority           = 500

  dynamic "network_rule_collection" {
    for_each = { for i, c in var.collections : format("%02d-%s", i, c.name) => c }
    iterator = collection
    content {
      name     = collection.key
      priority = collection.value.priority
      action   = collection.value["action"]

      dynamic "rule" {
        for_each = collection.value.rules
        content {
          name                  = "${collection.value.name}-${rule.value.name}-${rule.key}"
          protocols             = rule.value.protocols
          source_addresses      = ["*"]
          destination_addresses = rule.value.to
          destination_ports     = rule.value.ports
        }
      }
    }
  }
}

# security_rule is an argument (a set of objects) that may be written as blocks.
resource "azurerm_network_security_group" "blocks" {
  name                = "nsg-blocks"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location

  security_rule {
    name                       = "https"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_range     = 443
    source_address_prefix      = "*"
    destination_address_prefix = azurerm_subnet.gateway.address_prefixes[0]
  }

  dynamic "security_rule" {
    for_each = { deny = 4000, log = 4001 }
    content {
      name                       = security_rule.key
      priority                   = security_rule.value
      direction                  = "Inbound"
      access                     = "Deny"
      protocol                   = "*"
      source_port_range          = "*"
      destination_port_range     = "*"
      source_address_prefixes    = ["10.0.0.0/8", "172.16.0.0/12"]
      destination_address_prefix = "*"
    }
  }
}

resource "azurerm_network_security_group" "argument" {
  name                = "nsg-argument"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  security_rule       = []
}

# A collection that is unknown while planning makes the whole block unknown.
resource "azurerm_storage_account" "this" {
  name                     = "stdynamic"
  resource_group_name      = azurerm_resource_group.this.name
  location                 = azurerm_resource_group.this.location
  account_tier             = "Standard"
  account_replication_type = "LRS"

  network_rules {
    default_action = "Deny"
    ip_rules       = [azurerm_public_ip.gateway.ip_address]
    dynamic "private_link_access" {
      for_each = toset([azurerm_firewall_policy.this.id])
      content {
        endpoint_resource_id = private_link_access.value
      }
    }
  }

  dynamic "custom_domain" {
    for_each = azurerm_firewall_policy.this.child_policies
    content {
      name = custom_domain.value
    }
  }
}
