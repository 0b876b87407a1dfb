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

variable "office_ip_ranges" {
  description = "Public ranges of the offices: they reach the API server and the vault."
  type        = set(string)
}

variable "kubernetes_version" {
  description = "Kubernetes version of the cluster."
  type        = string
}

variable "admin_group_object_ids" {
  description = "Entra groups that administer the cluster."
  type        = list(string)
}

variable "node_pool" {
  description = "The only pool of the cluster."
  type = object({
    vm_size   = string
    min_count = number
    max_count = number
    max_pods  = number
  })
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
