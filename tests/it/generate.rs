//! A repository as a platform team has one: shared modules, the roots of many teams with their tfvars,
//! and one root over all of it. Test and benchmark both make theirs here.

use std::collections::BTreeMap;

/// Shared modules of a whole repository.
pub(crate) const MODULES: usize = 160;

/// Team roots of a whole repository: with the modules and the platform root 1,900 files.
pub(crate) const ROOTS: usize = 156;

/// The files of a repository by path. `@` in a template is the number of the module or root, `~` that of
/// the second module that a root calls.
pub(crate) fn repository(modules: usize, roots: usize) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let number = |i: usize| format!("{i:03}");
    for module in 0..modules {
        for (name, text) in MODULE {
            files.insert(format!("modules/service_{module:03}/{name}"), text.replace('@', &number(module)));
        }
    }
    for root in 0..roots {
        let (first, second) = (number(root % modules), number((root * 7 + 1) % modules));
        for (name, text) in ROOT {
            let text = text.replace('@', &first).replace('~', &second);
            files.insert(format!("roots/team_{root:03}/{name}"), text);
        }
    }
    for (name, text) in PLATFORM {
        files.insert(format!("roots/platform/{name}"), text.replace('@', "000"));
    }
    let calls = (0..modules).map(|m| PLATFORM_CALL.replace('@', &number(m)));
    let text = std::iter::once(PLATFORM_GROUP.to_owned()).chain(calls);
    files.insert("roots/platform/main.tf".to_owned(), text.collect());
    files
}

const MODULE: &[(&str, &str)] = &[
    (
        "versions.tf",
        r#"terraform {
  required_version = ">= 1.5.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}
"#,
    ),
    (
        "variables.tf",
        r#"variable "name" {
  description = "Name of the service, the stem of all names."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}$", var.name))
    error_message = "The name has 2 to 19 small letters, digits and hyphens."
  }
}

variable "resource_group_name" {
  description = "Resource group of everything here."
  type        = string
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "network" {
  description = "Name and resource group of the virtual network."
  type = object({
    name                = string
    resource_group_name = string
  })
}

variable "subnets" {
  description = "Subnets by name, with what may come in."
  type = map(object({
    prefix    = string
    endpoints = optional(list(string), [])
    rules = optional(map(object({
      priority = number
      access   = optional(string, "Allow")
      protocol = optional(string, "Tcp")
      ports    = list(string)
      sources  = list(string)
    })), {})
  }))
  default  = {}
  nullable = false
}

variable "storage" {
  description = "Storage accounts by suffix."
  type = map(object({
    tier        = optional(string, "Standard")
    replication = optional(string, "ZRS")
    containers  = optional(list(string), [])
  }))
  default = {}
}

variable "tags" {
  description = "Tags of everything here."
  type        = map(string)
  default     = {}
}
"#,
    ),
    (
        "locals.tf",
        r#"locals {
  tags = merge(var.tags, {
    service = var.name
    module  = "service_@"
  })

  rules = merge([
    for subnet, settings in var.subnets : {
      for rule, r in settings.rules : "${subnet}/${rule}" => merge(r, { subnet = subnet, name = rule })
    }
  ]...)

  containers = flatten([
    for suffix, account in var.storage : [
      for container in account.containers : { account = suffix, container = container }
    ]
  ])
}
"#,
    ),
    (
        "network.tf",
        r#"# Service @: its subnets with their rules.

resource "azurerm_subnet" "this" {
  for_each = var.subnets

  name                 = "snet-${var.name}-${each.key}"
  resource_group_name  = var.network.resource_group_name
  virtual_network_name = var.network.name
  address_prefixes     = [each.value.prefix]
  service_endpoints    = each.value.endpoints
}

resource "azurerm_network_security_group" "this" {
  for_each = var.subnets

  name                = "nsg-${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = local.tags
}

resource "azurerm_network_security_rule" "this" {
  for_each = local.rules

  name                        = each.value.name
  resource_group_name         = var.resource_group_name
  network_security_group_name = azurerm_network_security_group.this[each.value.subnet].name
  priority                    = each.value.priority
  direction                   = "Inbound"
  access                      = each.value.access
  protocol                    = each.value.protocol
  source_port_range           = "*"
  destination_port_ranges     = each.value.ports
  source_address_prefixes     = each.value.sources
  destination_address_prefix  = azurerm_subnet.this[each.value.subnet].address_prefixes[0]
}

resource "azurerm_subnet_network_security_group_association" "this" {
  for_each = azurerm_subnet.this

  subnet_id                 = each.value.id
  network_security_group_id = azurerm_network_security_group.this[each.key].id
}

"#,
    ),
    (
        "storage.tf",
        r#"# Service @: its storage.

resource "azurerm_storage_account" "this" {
  for_each = var.storage

  name                            = substr(replace("st${var.name}${each.key}", "-", ""), 0, 24)
  resource_group_name             = var.resource_group_name
  location                        = var.location
  account_tier                    = each.value.tier
  account_replication_type        = each.value.replication
  min_tls_version                 = "TLS1_2"
  allow_nested_items_to_be_public = false
  tags                            = local.tags

  dynamic "network_rules" {
    for_each = length(var.subnets) > 0 ? [1] : []

    content {
      default_action             = "Deny"
      bypass                     = ["AzureServices"]
      virtual_network_subnet_ids = [for s in azurerm_subnet.this : s.id if contains(s.service_endpoints, "Microsoft.Storage")]
    }
  }
}

resource "azurerm_storage_container" "this" {
  for_each = { for c in local.containers : "${c.account}-${c.container}" => c }

  name                  = each.value.container
  storage_account_id    = azurerm_storage_account.this[each.value.account].id
  container_access_type = "private"
}
"#,
    ),
    (
        "outputs.tf",
        r#"output "subnet_ids" {
  description = "Ids of the subnets by name."
  value       = { for name, subnet in azurerm_subnet.this : name => subnet.id }
}

output "storage_names" {
  description = "Names of the storage accounts by suffix."
  value       = { for suffix, account in azurerm_storage_account.this : suffix => account.name }
}

output "rule_count" {
  description = "How many rules there are."
  value       = length(local.rules)
}
"#,
    ),
];

const ROOT: &[(&str, &str)] = &[
    (
        "backend.tf",
        r#"terraform {
  backend "azurerm" {
    resource_group_name  = "rg-state"
    storage_account_name = "ststate@"
    container_name       = "state"
    key                  = "team-@.tfstate"
  }
}
"#,
    ),
    (
        "providers.tf",
        r#"terraform {
  required_version = ">= 1.5.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  features {
    key_vault {
      purge_soft_delete_on_destroy = false
    }
  }
  subscription_id = var.subscription_id
}
"#,
    ),
    (
        "variables.tf",
        r#"variable "subscription_id" {
  description = "The team's subscription."
  type        = string
}

variable "environment" {
  description = "dev, staging or production."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "production"], var.environment)
    error_message = "There are dev, staging and production."
  }
}

variable "location" {
  description = "Azure region."
  type        = string
  default     = "westeurope"
}

variable "address_space" {
  description = "Range of the team's network."
  type        = string
}

variable "services" {
  description = "Subnets and storage of each service."
  type = map(object({
    subnets = map(object({
      prefix    = string
      endpoints = optional(list(string), [])
      rules = optional(map(object({
        priority = number
        ports    = list(string)
        sources  = list(string)
      })), {})
    }))
    storage = optional(map(object({ containers = optional(list(string), []) })), {})
  }))
}
"#,
    ),
    (
        "main.tf",
        r#"locals {
  name = "team-@-${var.environment}"
  tags = {
    team        = "team-@"
    environment = var.environment
    cost_centre = format("cc-%05d", parseint("@", 10))
  }
}

resource "azurerm_resource_group" "this" {
  name     = "rg-${local.name}"
  location = var.location
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-${local.name}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  address_space       = [var.address_space]
  tags                = local.tags
}

module "first" {
  source = "../../modules/service_@"

  name                = "svc-@"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  network             = azurerm_virtual_network.this
  subnets             = var.services["first"].subnets
  storage             = var.services["first"].storage
  tags                = local.tags
}

module "second" {
  source = "../../modules/service_~"

  name                = "svc-~"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  network             = azurerm_virtual_network.this
  subnets             = var.services["second"].subnets
  storage             = try(var.services["second"].storage, {})
  tags                = merge(local.tags, { peer = join(",", keys(module.first.subnet_ids)) })
}
"#,
    ),
    (
        "outputs.tf",
        r#"output "subnet_ids" {
  value = merge(module.first.subnet_ids, module.second.subnet_ids)
}

output "storage" {
  value = [module.first.storage_names, module.second.storage_names]
}
"#,
    ),
    (
        "terraform.tfvars",
        r#"subscription_id = "00000000-0000-0000-0000-000000000@"
environment     = "production"
address_space   = "10.20.0.0/16"

services = {
  first = {
    subnets = {
      app = {
        prefix    = "10.20.0.0/24"
        endpoints = ["Microsoft.Storage"]
        rules = {
          https = { priority = 100, ports = ["443"], sources = ["10.0.0.0/8"] }
          admin = { priority = 110, ports = ["22", "3389"], sources = ["10.1.0.0/24"] }
        }
      }
      data = {
        prefix = "10.20.1.0/24"
        rules = {
          sql = { priority = 100, ports = ["1433"], sources = ["10.20.0.0/24"] }
        }
      }
    }
    storage = {
      logs    = { containers = ["audit", "access"] }
      backups = {}
    }
  }
  second = {
    subnets = {
      web = {
        prefix = "10.20.2.0/24"
        rules = {
          https = { priority = 100, ports = ["443"], sources = ["10.0.0.0/8"] }
        }
      }
    }
  }
}
"#,
    ),
];

const PLATFORM: &[(&str, &str)] =
    &[("providers.tf", ROOT[1].1), ("variables.tf", ROOT[2].1), ("terraform.tfvars", ROOT[5].1)];

/// What stands before the calls in the platform root's one other file.
const PLATFORM_GROUP: &str = r#"resource "azurerm_resource_group" "this" {
  name     = "rg-platform-${var.environment}"
  location = var.location
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-platform"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  address_space       = [var.address_space]
}
"#;

const PLATFORM_CALL: &str = r#"
module "service_@" {
  source   = "../../modules/service_@"
  for_each = var.services

  name                = "svc-@"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  network             = azurerm_virtual_network.this
  subnets             = each.value.subnets
  storage             = each.value.storage
}
"#;

/// One file with a number of resources by `for_each`: a third each of a wide, a nested and a narrow type,
/// which refer to each other.
pub(crate) fn resources(n: usize) -> String {
    RESOURCES.replace('@', &n.to_string())
}

const RESOURCES: &str = r#"terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  features {}
  subscription_id = "00000000-0000-0000-0000-000000000001"
}

variable "size" {
  type    = number
  default = @
}

locals {
  services = {
    for i in flatten([for a in range(ceil(var.size / 3000)) : [for b in range(1000) : a * 1000 + b]]) :
    format("s%06d", i) => {
      location = "westeurope"
      port     = 1024 + i % 60000
      tags     = { service = "s${i}", owner = "team-${i % 50}" }
    } if i * 3 < var.size
  }
}

resource "azurerm_resource_group" "this" {
  for_each = local.services

  name     = "rg-${each.key}"
  location = each.value.location
  tags     = each.value.tags
}

resource "azurerm_network_security_group" "this" {
  for_each = local.services

  name                = "nsg-${each.key}"
  resource_group_name = azurerm_resource_group.this[each.key].name
  location            = azurerm_resource_group.this[each.key].location
  tags                = each.value.tags

  security_rule {
    name                       = "service"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_range     = each.value.port
    source_address_prefix      = "10.0.0.0/8"
    destination_address_prefix = "*"
  }
}

resource "azurerm_storage_account" "this" {
  for_each = local.services

  name                     = "st${each.key}"
  resource_group_name      = azurerm_resource_group.this[each.key].name
  location                 = azurerm_resource_group.this[each.key].location
  account_tier             = "Standard"
  account_replication_type = "ZRS"
  min_tls_version          = "TLS1_2"
  tags                     = each.value.tags
}
"#;
