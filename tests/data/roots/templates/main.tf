# Text and files: templatefile with directives, heredocs, JSON and YAML both ways, CSV, hashes.
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

variable "pools" {
  type    = list(string)
  default = ["system", "apps"]
}

locals {
  rules   = csvdecode(file("${path.module}/files/rules.csv"))
  policy  = jsondecode(templatefile("${path.module}/files/policy.json.tftpl", { pools = var.pools, strict = true }))
  notes   = templatefile("${path.module}/files/notes.tftpl", { rules = local.rules })
  digest  = substr(sha256(local.notes), 0, 12)
  network = yamldecode(file("${path.module}/files/network.yaml"))
}

resource "azurerm_resource_group" "this" {
  name     = "rg-${local.digest}"
  location = local.network.location
  tags = {
    notes = base64encode(local.notes)
    first = split("\n", local.notes)[0]
    pools = join(",", local.policy.pools)
    text  = <<-EOT
      pools:
      %{~for pool in var.pools}
        - ${pool}
      %{~endfor}
    EOT
  }
}

resource "azurerm_network_security_group" "this" {
  name                = "nsg-templates"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location

  dynamic "security_rule" {
    for_each = { for rule in local.rules : rule.name => rule }
    content {
      name                       = security_rule.key
      priority                   = tonumber(security_rule.value.priority)
      direction                  = title(security_rule.value.direction)
      access                     = security_rule.value.access == "yes" ? "Allow" : "Deny"
      protocol                   = "Tcp"
      source_port_range          = "*"
      destination_port_range     = security_rule.value.port
      source_address_prefix      = security_rule.value.source
      destination_address_prefix = "*"
    }
  }
}

resource "azurerm_virtual_network" "this" {
  for_each            = local.network.networks
  name                = "vnet-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  address_space       = each.value.space
  dns_servers         = try(each.value.dns, null)
}

output "policy" {
  value = yamlencode(local.policy)
}

output "etag" {
  value = "${azurerm_network_security_group.this.id}-${local.digest}"
}
