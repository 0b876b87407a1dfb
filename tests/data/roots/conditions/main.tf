# Preconditions, postconditions, checks and validations that hold, and those that cannot be decided
# before apply.

provider "azurerm" {
  features {}
}

variable "environment" {
  type    = string
  default = "test"

  validation {
    condition     = contains(["dev", "test", "prod"], var.environment)
    error_message = "Unknown environment."
  }

  validation {
    condition     = can(regex("^[a-z]+$", var.environment)) && length(var.environment) < 10
    error_message = "Lower-case letters only."
  }
}

resource "azurerm_resource_group" "this" {
  name     = "rg-${var.environment}"
  location = "westeurope"

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = var.environment != "prod"
      error_message = "Not for production."
    }

    postcondition {
      condition     = self.id != "" && self.location == "westeurope"
      error_message = "The group must have an id."
    }
  }
}

resource "azurerm_storage_account" "this" {
  name                     = "stconditions"
  resource_group_name      = azurerm_resource_group.this.name
  location                 = azurerm_resource_group.this.location
  account_tier             = "Standard"
  account_replication_type = var.environment == "prod" ? "ZRS" : "LRS"

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [tags, network_rules[0].ip_rules]
    replace_triggered_by  = [azurerm_resource_group.this]
    postcondition {
      condition     = self.primary_location != ""
      error_message = "No location."
    }
  }
}

check "endpoint" {
  assert {
    condition     = azurerm_storage_account.this.primary_blob_endpoint != ""
    error_message = "No endpoint."
  }
}

output "id" {
  value = azurerm_storage_account.this.id

  precondition {
    condition     = azurerm_storage_account.this.account_tier == "Standard"
    error_message = "Only standard accounts."
  }
}
