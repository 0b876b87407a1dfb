# Where the sensitive mark goes: through templates, collections, blocks and outputs.

provider "azurerm" {
  features {}
}

variable "password" {
  type      = string
  default   = "correct horse"
  sensitive = true
}

variable "settings" {
  type      = map(object({ value = string, secret = optional(bool, false) }))
  sensitive = true
  default = {
    url   = { value = "https://example.org" }
    token = { value = "t0ken", secret = true }
  }
}

variable "users" {
  type = list(object({ name = string, key = string }))
  default = [
    { name = "ann", key = "k1" },
    { name = "bob", key = "k2" },
  ]
}

resource "azurerm_resource_group" "this" {
  name     = "rg-sensitive"
  location = "westeurope"
  tags = {
    length = length(var.password)
    plain  = "x"
  }
}

resource "azurerm_mssql_server" "this" {
  name                         = "sql"
  resource_group_name          = azurerm_resource_group.this.name
  location                     = azurerm_resource_group.this.location
  version                      = "12.0"
  administrator_login          = "dba"
  administrator_login_password = "${var.password}!"
}

resource "azurerm_linux_web_app" "this" {
  name                = "app"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  service_plan_id     = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Web/serverFarms/p"

  app_settings = merge({ for k, s in var.settings : upper(k) => s.value }, { PLAIN = "1" })

  connection_string {
    name  = "db"
    type  = "SQLAzure"
    value = "Server=${azurerm_mssql_server.this.fully_qualified_domain_name};Password=${var.password}"
  }

  site_config {
    default_documents = [for u in var.users : u.name]

    dynamic "ip_restriction" {
      for_each = nonsensitive(toset([for k, s in var.settings : k if !s.secret]))
      content {
        name       = ip_restriction.key
        ip_address = "192.0.2.1/32"
      }
    }
  }
}

resource "azurerm_key_vault_secret" "this" {
  for_each = { for u in var.users : u.name => sensitive(u.key) }

  name         = each.key
  value        = each.value
  key_vault_id = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"
  tags         = { secret = issensitive(each.value), plain = issensitive(each.key) }
}

resource "azurerm_kubernetes_cluster" "this" {
  name                = "aks"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  dns_prefix          = "aks"

  default_node_pool {
    name       = "default"
    vm_size    = "Standard_D2s_v5"
    node_count = 1
  }

  service_principal {
    client_id     = "00000000-0000-0000-0000-000000000001"
    client_secret = var.password
  }
}

resource "azurerm_network_security_group" "set" {
  name                = "nsg"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location

  security_rule {
    name                       = "secret"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_range     = "443"
    source_address_prefix      = var.password
    destination_address_prefix = "*"
  }
}

output "password" {
  value     = var.password
  sensitive = true
}

output "settings" {
  value     = { for k, s in var.settings : k => s.secret ? sensitive(s.value) : s.value }
  sensitive = true
}

output "kube_config" {
  value     = azurerm_kubernetes_cluster.this.kube_config_raw
  sensitive = true
}

output "unmasked" {
  value = nonsensitive(var.settings["url"].value)
}

output "server" {
  value     = azurerm_mssql_server.this
  sensitive = true
}
