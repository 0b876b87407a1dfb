variable "name" {
  description = "Name of the vault, unique in all of Azure."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "The name of a vault is 3 to 24 letters, digits and single hyphens, and begins with a letter."
  }
}

variable "resource_group_name" {
  description = "Resource group of the vault."
  type        = string
}

variable "location" {
  description = "Azure region of the vault."
  type        = string
}

variable "tags" {
  description = "Tags of every resource that takes tags."
  type        = map(string)
  default     = {}
}

variable "tenant_id" {
  description = "Entra tenant that the vault trusts."
  type        = string
}

variable "sku_name" {
  description = "standard, or premium for keys kept in hardware."
  type        = string
  default     = "standard"

  validation {
    condition     = contains(["standard", "premium"], var.sku_name)
    error_message = "The SKU is standard or premium."
  }
}

variable "public_network_access_enabled" {
  description = "Whether the vault answers on its public address, within network_acls."
  type        = bool
  default     = false
}

variable "network_acls" {
  description = "Who reaches the public address: everybody but for rules (Allow), or nobody but for rules (Deny)."
  type = object({
    default_action = optional(string, "Deny")
    bypass         = optional(string, "None")
    ip_rules       = optional(set(string), [])
    subnet_ids     = optional(set(string), [])
  })
  default = null

  validation {
    condition     = (var.network_acls != null) == var.public_network_access_enabled
    error_message = "A public vault needs network_acls, and only a public vault has a use for them."
  }

  validation {
    condition     = var.network_acls == null ? true : contains(["Allow", "Deny"], var.network_acls.default_action)
    error_message = "default_action is Allow or Deny."
  }
}

variable "role_assignments" {
  description = "Roles on this vault for identities, by a key of your choice."
  type = map(object({
    role         = string
    principal_id = string
  }))
  default = {}
}

variable "private_endpoint" {
  description = "Private endpoint and the zone it registers in (privatelink.vaultcore.azure.net); null for none."
  type = object({
    subnet_id           = string
    private_dns_zone_id = string
  })
  default = null
}

variable "log_analytics_workspace_id" {
  description = "Workspace for the audit log."
  type        = string
}
