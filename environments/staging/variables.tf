variable "subscription_id" {
  description = "Subscription of this environment."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.subscription_id))
    error_message = "The subscription id is a lower-case GUID."
  }
}

variable "location" {
  description = "Azure region of everything but registry replicas."
  type        = string
  default     = "westeurope"
}

variable "tags" {
  description = "Tags of every resource, beside those that this configuration adds."
  type        = map(string)
  default     = {}
}

variable "address_space" {
  description = "Range of the virtual network."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.address_space))
    error_message = "The address space is an IPv4 range in CIDR notation."
  }
}

variable "subnets" {
  description = "Subnets by key, as in modules/networking, which holds the defaults."
  type = map(object({
    newbits     = number
    netnum      = number
    nat_gateway = optional(bool)
    route_table = optional(bool)
    delegation  = optional(object({ service = string }))
    security_rules = optional(map(object({
      priority    = number
      sources     = list(string)
      ports       = list(string)
      description = optional(string)
      access      = optional(string)
      protocol    = optional(string)
    })))
  }))
}

variable "hub_virtual_network_id" {
  description = "Hub network of the platform team, with the firewall, Bastion and the way to the data centre."
  type        = string
}

variable "hub_firewall_ip_address" {
  description = "Private address of the firewall in the hub."
  type        = string

  validation {
    condition     = can(cidrhost("${var.hub_firewall_ip_address}/32", 0))
    error_message = "The address of the firewall is an IPv4 address."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version of the cluster."
  type        = string
}

variable "admin_group_object_ids" {
  description = "Entra groups that administer the cluster."
  type        = list(string)
}

variable "system_pool" {
  description = "Pool of the add-ons, as in modules/aks."
  type = object({
    vm_size   = string
    min_count = number
    max_count = number
    max_pods  = number
    max_surge = optional(string)
  })
}

variable "user_pools" {
  description = "Pools of the workloads by name, as in modules/aks."
  type = map(object({
    vm_size   = string
    min_count = number
    max_count = number
    max_pods  = number
    max_surge = optional(string)
    spot      = optional(bool)
    labels    = optional(map(string))
    taints    = optional(list(string))
  }))
}

variable "workload_identities" {
  description = "Workloads with an identity, by name: their Kubernetes service account, and their role on the vault if they use it themselves."
  type = map(object({
    namespace       = string
    service_account = string
    vault_role      = optional(string)
  }))
  default = {}
}
