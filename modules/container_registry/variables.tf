variable "name" {
  description = "Name of the registry, unique in all of Azure."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9]{5,50}$", var.name))
    error_message = "The name of a registry is 5 to 50 letters and digits."
  }
}

variable "resource_group_name" {
  description = "Resource group of the registry."
  type        = string
}

variable "location" {
  description = "Home region of the registry."
  type        = string
}

variable "tags" {
  description = "Tags of every resource that takes tags."
  type        = map(string)
  default     = {}
}

variable "sku" {
  description = "Basic, Standard or Premium. Only Premium has private endpoints, replicas and retention."
  type        = string
  default     = "Premium"

  validation {
    condition     = contains(["Basic", "Standard", "Premium"], var.sku)
    error_message = "The SKU is Basic, Standard or Premium."
  }
}

variable "admin_enabled" {
  description = "Whether the shared administrator password works. Leave it off: clusters and pipelines have identities."
  type        = bool
  default     = false
}

variable "public_network_access_enabled" {
  description = "Whether the registry answers on its public address."
  type        = bool
  default     = false

  validation {
    condition     = var.public_network_access_enabled || var.sku == "Premium"
    error_message = "Only a Premium registry can close its public address."
  }
}

variable "untagged_retention_days" {
  description = "Days after which untagged manifests are deleted (Premium)."
  type        = number
  default     = 30

  validation {
    condition     = var.untagged_retention_days >= 0 && var.untagged_retention_days <= 365
    error_message = "The retention is 0 to 365 days."
  }
}

variable "replicas" {
  description = "Further regions that hold the images, by region (Premium)."
  type = map(object({
    zone_redundant    = optional(bool, true)
    regional_endpoint = optional(bool, true)
  }))
  default = {}

  validation {
    condition     = length(var.replicas) == 0 || var.sku == "Premium"
    error_message = "Replicas need the Premium SKU."
  }

  validation {
    condition     = !contains(keys(var.replicas), var.location)
    error_message = "The home region needs no replica."
  }
}

variable "private_endpoint" {
  description = "Private endpoint and the zone it registers in (privatelink.azurecr.io); null for none. It takes one address, and one more for each region that holds the registry."
  type = object({
    subnet_id           = string
    private_dns_zone_id = string
  })
  default = null

  validation {
    condition     = var.private_endpoint == null || var.sku == "Premium"
    error_message = "A private endpoint needs the Premium SKU."
  }
}
