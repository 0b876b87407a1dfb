# Resources driven by files: YAML per team, a CSV of quotas, JSON defaults, rendered templates.

provider "azurerm" {
  features {}
}

locals {
  files    = fileset(path.module, "data/teams/*.yaml")
  teams    = { for f in local.files : trimsuffix(basename(f), ".yaml") => yamldecode(file("${path.module}/${f}")) }
  quotas   = { for row in csvdecode(file("${path.module}/data/quotas.csv")) : row.team => row }
  defaults = jsondecode(file("${path.module}/data/defaults.json"))

  accounts = merge([
    for team, t in local.teams : {
      for a in try(t.storage, []) : "${team}-${a.name}" => merge(local.defaults.storage, a, { team = team })
    }
  ]...)
}

resource "azurerm_resource_group" "team" {
  for_each = local.teams

  name     = "rg-${each.key}"
  location = try(each.value.location, local.defaults.location)
  tags = merge(
    { for k, v in try(each.value.labels, {}) : k => tostring(v) },
    { quota = lookup(local.quotas, each.key, { gb = "none" }).gb },
  )
}

resource "azurerm_storage_account" "this" {
  for_each = local.accounts

  name                     = substr(lower(replace("st${each.key}", "/[^a-zA-Z0-9]/", "")), 0, 24)
  resource_group_name      = azurerm_resource_group.team[each.value.team].name
  location                 = azurerm_resource_group.team[each.value.team].location
  account_tier             = each.value.tier
  account_replication_type = each.value.replication
  is_hns_enabled           = each.value.hns

  dynamic "blob_properties" {
    for_each = can(each.value.retention) ? [each.value.retention] : []
    content {
      delete_retention_policy {
        days = blob_properties.value
      }
    }
  }
}

resource "azurerm_monitor_action_group" "this" {
  for_each = { for k, t in local.teams : k => t if length(try(t.contacts, [])) > 0 }

  name                = "ag-${each.key}"
  resource_group_name = azurerm_resource_group.team[each.key].name
  short_name          = substr(each.key, 0, 12)

  dynamic "email_receiver" {
    for_each = { for c in each.value.contacts : c.name => c }
    content {
      name          = email_receiver.key
      email_address = email_receiver.value.email
    }
  }
}

resource "azurerm_portal_dashboard" "this" {
  name                = "dashboard"
  resource_group_name = azurerm_resource_group.team["platform"].name
  location            = azurerm_resource_group.team["platform"].location
  dashboard_properties = templatefile("${path.module}/templates/dashboard.tftpl", {
    teams = local.teams
    title = "Teams \"all\""
  })
}

resource "azurerm_linux_virtual_machine_scale_set" "runner" {
  name                = "vmss-runner"
  resource_group_name = azurerm_resource_group.team["platform"].name
  location            = azurerm_resource_group.team["platform"].location
  sku                 = "Standard_B2s"
  instances           = 2
  admin_username      = "runner"
  custom_data = base64encode(templatefile("${path.module}/templates/cloud-init.tftpl", {
    packages = ["git", "jq"]
    files    = { "/etc/motd" = "Hello", "/etc/team" = yamlencode(local.teams.platform) }
    proxy    = null
  }))

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  os_disk {
    caching              = "ReadOnly"
    storage_account_type = "Standard_LRS"
  }

  network_interface {
    name    = "nic"
    primary = true
    ip_configuration {
      name      = "internal"
      primary   = true
      subnet_id = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
    }
  }
}

output "teams" {
  value = local.teams
}

output "encoded" {
  value = {
    json = jsonencode(local.teams)
    yaml = yamlencode(local.accounts)
  }
}
