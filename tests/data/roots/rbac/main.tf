# Identities and their grants from a matrix: setproduct, flatten, keys made of several parts, unknown principals.
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

variable "teams" {
  type = map(list(string))
  default = {
    payments = ["reader", "secrets"]
    reports  = ["reader"]
  }
}

variable "roles" {
  type = map(string)
  default = {
    reader  = "Reader"
    secrets = "Key Vault Secrets User"
  }
}

data "azurerm_client_config" "me" {}

locals {
  grants   = { for g in flatten([for team, roles in var.teams : [for role in roles : { team = team, role = role }]]) : "${g.team}:${g.role}" => g }
  stages   = setproduct(sort(keys(var.teams)), ["dev", "prod"])
  subjects = { for s in local.stages : join("-", s) => format("system:serviceaccount:%s:%s", s[0], s[1]) }
}

resource "azurerm_resource_group" "this" {
  name     = "rg-rbac"
  location = "swedencentral"
}

resource "azurerm_user_assigned_identity" "team" {
  for_each            = var.teams
  name                = "id-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
}

resource "azurerm_key_vault" "this" {
  name                       = "kv-rbac"
  resource_group_name        = azurerm_resource_group.this.name
  location                   = azurerm_resource_group.this.location
  tenant_id                  = data.azurerm_client_config.me.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  purge_protection_enabled   = true

  network_acls {
    default_action = "Deny"
    bypass         = "AzureServices"
    ip_rules       = [for i in range(4) : cidrhost("203.0.113.0/28", i + 1)]
  }

  lifecycle {
    ignore_changes = [tags["created"]]
  }
}

resource "azurerm_role_assignment" "grant" {
  for_each             = local.grants
  scope                = each.value.role == "secrets" ? azurerm_key_vault.this.id : azurerm_resource_group.this.id
  role_definition_name = var.roles[each.value.role]
  principal_id         = azurerm_user_assigned_identity.team[each.value.team].principal_id
}

resource "azurerm_federated_identity_credential" "this" {
  for_each            = local.subjects
  name                = "fc-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  parent_id           = azurerm_user_assigned_identity.team[split("-", each.key)[0]].id
  issuer              = "https://token.example.org/"
  subject             = each.value
  audience            = ["api://AzureADTokenExchange"]
}

output "principals" {
  value = { for team, identity in azurerm_user_assigned_identity.team : team => identity.principal_id }
}

output "grants" {
  value = sort(keys(local.grants))
}
