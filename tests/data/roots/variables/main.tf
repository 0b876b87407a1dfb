# Variables from every place, in the order that the later wins: defaults, terraform.tfvars,
# terraform.tfvars.json, *.auto.tfvars; override files; conversions, optional attributes, nullable.

terraform {
  required_version = ">= 1.3"
}

provider "azurerm" {
  features {}
}

variable "from_default" {
  default = "default"
}

variable "from_tfvars" {
  default = "default"
}

variable "from_json" {
  default = "default"
}

variable "from_auto" {
  default = "default"
}

variable "number" {
  type = number
}

variable "flag" {
  type = bool
}

variable "strings" {
  type = list(string)
}

variable "set" {
  type = set(number)
}

variable "untyped" {
  type = any
}

variable "any_list" {
  type = list(any)
}

variable "not_null" {
  type     = string
  default  = "fallback"
  nullable = false
}

variable "object" {
  type = object({
    name = string
    size = optional(number, 4)
    tags = optional(map(string))
    disks = optional(list(object({
      gb  = optional(number, 64)
      sku = optional(string, "Premium_LRS")
    })), [{}])
    nested = optional(object({
      on    = optional(bool, true)
      inner = optional(object({ x = optional(string, "x") }), {})
    }), {})
  })

  validation {
    condition     = length(var.object.name) > 2
    error_message = "The name ${var.object.name} is too short."
  }
}

variable "tuple" {
  type = tuple([string, number, bool])
}

resource "azurerm_resource_group" "this" {
  name     = "rg-before-override"
  location = "westeurope"
  tags = {
    a = "base"
  }
}

resource "azurerm_managed_disk" "this" {
  for_each = { for i, d in var.object.disks : i => d }

  name                 = "disk-${each.key}"
  resource_group_name  = azurerm_resource_group.this.name
  location             = azurerm_resource_group.this.location
  create_option        = "Empty"
  disk_size_gb         = each.value.gb
  storage_account_type = each.value.sku
}

output "all" {
  value = {
    from_default = var.from_default
    from_tfvars  = var.from_tfvars
    from_json    = var.from_json
    from_auto    = var.from_auto
    number       = var.number
    flag         = var.flag
    strings      = var.strings
    set          = var.set
    untyped      = var.untyped
    any_list     = var.any_list
    not_null     = var.not_null
    object       = var.object
    tuple        = var.tuple
    workspace    = terraform.workspace
  }
}
