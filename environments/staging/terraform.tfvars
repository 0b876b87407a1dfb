subscription_id = "71f0b5c8-9d2e-4a37-86c4-1b5e9f03d2a7"
location        = "westeurope"
address_space   = "10.65.0.0/18"

hub_virtual_network_id  = "/subscriptions/d48a6e02-17cf-4b95-a3e8-5f6c90b7124e/resourceGroups/rg-hub-weu/providers/Microsoft.Network/virtualNetworks/vnet-hub-weu"
hub_firewall_ip_address = "10.60.0.4"

subnets = {
  # 12 nodes at most, 17 during an upgrade (4 + 2 and 8 + 3), and the
  # endpoint of the API server: 18 of 123 addresses (10.65.0.0/25).
  nodes = {
    newbits     = 7
    netnum      = 0
    route_table = true
  }

  # Those 17 nodes, full of pods: 17 x (1 + 60) = 1037 of 2043 addresses
  # (10.65.8.0/21).
  pods = {
    newbits     = 3
    netnum      = 1
    route_table = true
    delegation  = { service = "Microsoft.ContainerService/managedClusters" }
  }

  # One address for the vault, two for the registry (10.65.0.128/27).
  endpoints = {
    newbits = 9
    netnum  = 4
    security_rules = {
      allow-https-from-cluster = {
        priority = 100
        sources  = ["nodes", "pods"]
        ports    = ["443"]
      }
      deny-other-networks = {
        priority = 4000
        access   = "Deny"
        protocol = "*"
        sources  = ["VirtualNetwork"]
        ports    = ["*"]
      }
    }
  }
}

kubernetes_version     = "1.36"
admin_group_object_ids = ["9e5b1f70-3c64-4d28-b7a9-0f8d62e4c135"]

system_pool = {
  vm_size   = "Standard_D4ds_v5"
  min_count = 3
  max_count = 4
  max_pods  = 60
}

user_pools = {
  apps = {
    vm_size   = "Standard_D4ds_v5"
    min_count = 2
    max_count = 8
    max_pods  = 60
    labels    = { workload = "apps" }
  }
}

workload_identities = {
  ledger-api = {
    namespace       = "ledger"
    service_account = "ledger-api"
    vault_role      = "Key Vault Crypto User" # signs journal entries
  }
}

tags = {
  owner       = "team-ledger"
  cost_center = "cc-4420"
}
