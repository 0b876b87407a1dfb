variable "name" {
  description = "Base of all names, for example \"ledger-dev-weu\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "The name must have 3 to 40 lower-case letters, digits or hyphens, and begin with a letter."
  }
}

variable "resource_group_name" {
  description = "Resource group of the cluster and its identities."
  type        = string
}

variable "location" {
  description = "Azure region, for example \"westeurope\"."
  type        = string
}

variable "zones" {
  description = "Availability zones of every node pool."
  type        = list(string)
  default     = ["1", "2", "3"]
}

variable "tags" {
  description = "Tags of every resource that takes tags."
  type        = map(string)
  default     = {}
}

variable "tenant_id" {
  description = "Entra tenant whose people use the cluster."
  type        = string
}

variable "admin_group_object_ids" {
  description = "Entra groups that are cluster administrators."
  type        = list(string)

  validation {
    condition     = length(var.admin_group_object_ids) > 0
    error_message = "Local accounts are off: without an administrators' group nobody could repair the cluster."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version: a minor (\"1.36\", Azure picks the patch) or a full version (\"1.36.2\")."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]{2}(\\.[0-9]{1,2})?$", var.kubernetes_version))
    error_message = "The version is written 1.36 or 1.36.2."
  }
}

variable "automatic_upgrade_channel" {
  description = "How far the cluster upgrades itself: patch, stable, rapid or node-image; null for not at all."
  type        = string
  default     = "patch"

  validation {
    condition     = var.automatic_upgrade_channel == null ? true : contains(["patch", "stable", "rapid", "node-image"], var.automatic_upgrade_channel)
    error_message = "The channel is patch, stable, rapid, node-image or null."
  }
}

variable "sku_tier" {
  description = "Free (no uptime commitment), Standard, or Premium (long-term support)."
  type        = string
  default     = "Standard"

  validation {
    condition     = contains(["Free", "Standard", "Premium"], var.sku_tier)
    error_message = "The tier is Free, Standard or Premium."
  }
}

variable "network" {
  description = <<-EOT
    Network model and ranges. model is
      overlay      pods have addresses of pod_cidr, outside the network;
      pod_subnet   pods have addresses of the pod subnet;
      node_subnet  pods have addresses of the node subnet, max_pods + 1 for each node.
  EOT
  type = object({
    model         = string
    service_cidr  = string
    pod_cidr      = optional(string)
    policy        = optional(string, "cilium")
    data_plane    = optional(string, "cilium")
    outbound_type = optional(string, "loadBalancer")
  })

  validation {
    condition     = contains(["overlay", "pod_subnet", "node_subnet"], var.network.model)
    error_message = "The model is overlay, pod_subnet or node_subnet."
  }

  validation {
    condition     = (var.network.model == "overlay") == (var.network.pod_cidr != null)
    error_message = "pod_cidr belongs to the overlay model, and only to it."
  }

  validation {
    condition     = (var.network.model == "pod_subnet") == (var.pod_subnet_id != null)
    error_message = "pod_subnet_id belongs to the pod_subnet model, and only to it."
  }

  validation {
    condition     = (var.network.policy == "cilium") == (var.network.data_plane == "cilium")
    error_message = "The policy engine cilium and the data plane cilium go together."
  }

  validation {
    condition     = contains(["loadBalancer", "userAssignedNATGateway", "userDefinedRouting"], var.network.outbound_type)
    error_message = "The outbound type is loadBalancer, userAssignedNATGateway or userDefinedRouting."
  }

  validation {
    condition     = can(cidrnetmask(var.network.service_cidr)) && can(cidrhost(var.network.service_cidr, 10))
    error_message = "service_cidr must be an IPv4 range of at least 16 addresses in CIDR notation."
  }
}

variable "node_subnet_id" {
  description = "Subnet of the nodes of all pools."
  type        = string
}

variable "pod_subnet_id" {
  description = "Subnet of the pods, delegated to Microsoft.ContainerService/managedClusters; null except in the pod_subnet model."
  type        = string
  default     = null
}

variable "network_contributor_scopes" {
  description = "What the control plane may change, by a key of your choice: the subnets (or the network) and the route table."
  type        = map(string)
}

variable "private_cluster" {
  description = "Whether the API server has a private address only. It takes one address of the node subnet."
  type        = bool
  default     = true
}

variable "private_dns_zone" {
  description = "Private DNS zone for the API server of a private cluster; null lets AKS keep one of its own."
  type        = object({ id = string })
  default     = null
}

variable "authorized_ip_ranges" {
  description = "Ranges that reach a public API server."
  type        = set(string)
  default     = []

  validation {
    condition     = var.private_cluster || length(var.authorized_ip_ranges) > 0
    error_message = "A public API server needs authorized_ip_ranges."
  }
}

variable "system_pool" {
  description = "The pool of the add-ons. It is autoscaled, and takes no other pods when there are user pools."
  type = object({
    vm_size         = string
    min_count       = optional(number, 3)
    max_count       = optional(number, 5)
    max_pods        = optional(number, 50)
    max_surge       = optional(string, "33%")
    os_disk_size_gb = optional(number, 100)
  })

  validation {
    condition     = var.system_pool.min_count >= 1 && var.system_pool.min_count <= var.system_pool.max_count
    error_message = "min_count must be at least 1 and at most max_count."
  }
}

variable "user_pools" {
  description = "Autoscaled pools for workloads, by name. Spot pools are cheap and may lose their nodes at any time."
  type = map(object({
    vm_size         = string
    min_count       = optional(number, 0)
    max_count       = number
    max_pods        = optional(number, 50)
    max_surge       = optional(string, "33%")
    os_disk_size_gb = optional(number, 100)
    spot            = optional(bool, false)
    labels          = optional(map(string), {})
    taints          = optional(list(string), [])
  }))
  default = {}

  validation {
    # Three characters are kept for the name of the pool that stands in while this one is rotated.
    condition     = alltrue([for name in keys(var.user_pools) : can(regex("^[a-z][a-z0-9]{0,8}$", name))])
    error_message = "A pool's name is 1 to 9 lower-case letters and digits, and begins with a letter."
  }

  validation {
    condition     = alltrue([for pool in values(var.user_pools) : pool.min_count >= 0 && pool.min_count <= pool.max_count])
    error_message = "min_count must not be above max_count."
  }
}

variable "host_encryption" {
  description = "Encrypts temporary disks and caches on the hosts. Needs the feature EncryptionAtHost registered in the subscription."
  type        = bool
  default     = true
}

variable "container_registry_ids" {
  description = "Registries from which the nodes pull, by a key of your choice."
  type        = map(string)
  default     = {}
}

variable "workload_identities" {
  description = "Identities for workloads, by name, each trusted for one Kubernetes service account."
  type = map(object({
    namespace       = string
    service_account = string
  }))
  default = {}
}

variable "log_analytics_workspace_id" {
  description = "Workspace for the logs of the control plane and, where enabled, of Container Insights and Defender."
  type        = string
}

variable "container_insights" {
  description = "Whether container logs and inventory go to the workspace."
  type        = bool
  default     = true
}

variable "defender" {
  description = "Whether Microsoft Defender watches the nodes."
  type        = bool
  default     = true
}

variable "maintenance" {
  description = "Weekly window (UTC) for upgrades of Kubernetes and of the node images."
  type = object({
    day_of_week    = optional(string, "Sunday")
    start_time     = optional(string, "02:00")
    duration_hours = optional(number, 6)
  })
  default = {}

  validation {
    condition     = var.maintenance.duration_hours >= 4 && var.maintenance.duration_hours <= 24
    error_message = "A window has 4 to 24 hours."
  }
}
