variable "name" {
  description = "Base of all names, for example \"ledger-dev-weu\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "The name must have 3 to 40 lower-case letters, digits or hyphens, and begin with a letter."
  }
}

variable "resource_group_name" {
  description = "Resource group of everything in this module."
  type        = string
}

variable "location" {
  description = "Azure region, for example \"westeurope\"."
  type        = string
}

variable "zones" {
  description = "Availability zones that the public addresses of the NAT gateway span."
  type        = list(string)
  default     = ["1", "2", "3"]
}

variable "tags" {
  description = "Tags of every resource that takes tags."
  type        = map(string)
  default     = {}
}

variable "address_space" {
  description = "Ranges of the network. Subnets are cut from the first one."
  type        = list(string)

  validation {
    condition     = length(var.address_space) > 0 && alltrue([for range in var.address_space : can(cidrnetmask(range))])
    error_message = "At least one IPv4 range in CIDR notation is needed, for example \"10.66.0.0/20\"."
  }
}

variable "dns_servers" {
  description = "DNS servers of the network. Empty means the DNS of Azure."
  type        = list(string)
  default     = []
}

variable "subnets" {
  description = <<-EOT
    Subnets by key. newbits and netnum are those of cidrsubnet() on the first
    range of the address space. The key becomes the name (snet-<key>), and may
    be used as a source in the rules of any subnet.
  EOT
  type = map(object({
    newbits                           = number
    netnum                            = number
    service_endpoints                 = optional(set(string), [])
    private_endpoint_network_policies = optional(string, "Enabled")
    network_security_group            = optional(bool, true)
    nat_gateway                       = optional(bool, false)
    route_table                       = optional(bool, false)
    delegation = optional(object({
      service = string
      actions = optional(set(string), ["Microsoft.Network/virtualNetworks/subnets/join/action"])
    }))
    security_rules = optional(map(object({
      priority    = number
      sources     = list(string)
      ports       = list(string)
      description = optional(string)
      direction   = optional(string, "Inbound")
      access      = optional(string, "Allow")
      protocol    = optional(string, "Tcp")
      destination = optional(string, "*")
    })), {})
  }))

  validation {
    condition     = length(var.subnets) > 0
    error_message = "A network needs at least one subnet."
  }

  validation {
    condition = alltrue([
      for subnet in values(var.subnets) :
      contains(["Enabled", "Disabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled"], subnet.private_endpoint_network_policies)
    ])
    error_message = "private_endpoint_network_policies is Enabled, Disabled, NetworkSecurityGroupEnabled or RouteTableEnabled."
  }

  validation {
    condition = alltrue(flatten([
      for subnet in values(var.subnets) : [
        for rule in values(subnet.security_rules) :
        rule.priority >= 100 && rule.priority <= 4096 && length(rule.sources) > 0 && length(rule.ports) > 0
      ]
    ]))
    error_message = "A security rule needs a priority from 100 to 4096, a source and a port."
  }
}

variable "routes" {
  description = "Routes of the route table, by name. The table exists only when there are routes, and applies to subnets with route_table = true."
  type = map(object({
    address_prefix         = string
    next_hop_type          = optional(string, "VirtualAppliance")
    next_hop_in_ip_address = optional(string)
  }))
  default = {}

  validation {
    condition = alltrue([
      for route in values(var.routes) :
      (route.next_hop_type == "VirtualAppliance") == (route.next_hop_in_ip_address != null)
    ])
    error_message = "next_hop_in_ip_address belongs to routes to a VirtualAppliance, and only to these."
  }
}

variable "nat_gateway" {
  description = "NAT gateway for subnets with nat_gateway = true; null for none. Every public address adds 64512 source ports."
  type = object({
    public_ip_count         = optional(number, 1)
    idle_timeout_in_minutes = optional(number, 4)
  })
  default = null

  validation {
    condition     = var.nat_gateway == null ? true : var.nat_gateway.public_ip_count >= 1 && var.nat_gateway.public_ip_count <= 16
    error_message = "A NAT gateway takes 1 to 16 public addresses."
  }

  validation {
    condition     = var.nat_gateway != null || !anytrue([for subnet in values(var.subnets) : subnet.nat_gateway])
    error_message = "A subnet asks for the NAT gateway, but nat_gateway is null."
  }
}

variable "hub" {
  description = "Hub network to peer with; null for none."
  type = object({
    virtual_network_id      = string
    allow_forwarded_traffic = optional(bool, true)
    use_remote_gateways     = optional(bool, false)
  })
  default = null

  validation {
    condition = var.hub == null ? true : can(regex(
      "^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+$",
      var.hub.virtual_network_id
    ))
    error_message = "hub.virtual_network_id must be the full resource id of a virtual network."
  }
}

variable "private_dns_zones" {
  description = "Private DNS zones to create and link, by a key of your choice."
  type        = map(string)
  default     = {}
}
