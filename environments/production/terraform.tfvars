subscription_id = "a3f61d84-0b7e-4c92-8e5d-6429d1c7f05b"
location        = "westeurope"
address_space   = "10.64.0.0/16"

hub_virtual_network_id  = "/subscriptions/d48a6e02-17cf-4b95-a3e8-5f6c90b7124e/resourceGroups/rg-hub-weu/providers/Microsoft.Network/virtualNetworks/vnet-hub-weu"
hub_firewall_ip_address = "10.60.0.4"

on_premises_ranges = {
  datacentre = "10.16.0.0/12"
}

subnets = {
  # 40 nodes x (1 + 50) + 1 for the API server = 2041 of 2043 addresses
  # (10.64.0.0/21).
  nodes = {
    newbits     = 5
    netnum      = 0
    nat_gateway = true
    route_table = true
    security_rules = {
      allow-https-from-hub-ingress = {
        priority    = 100
        sources     = ["10.60.2.0/24"]
        ports       = ["443"]
        description = "Application Gateway of the hub to the ingress controller."
      }
    }
  }

  # One address for the vault, three for the registry (10.64.8.0/27).
  endpoints = {
    newbits = 11
    netnum  = 64
    security_rules = {
      allow-https-from-cluster = {
        priority = 100
        sources  = ["nodes", "management"]
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

  # Jump hosts, from which the private API server is reached (10.64.8.32/27).
  management = {
    newbits     = 11
    netnum      = 65
    nat_gateway = true
    security_rules = {
      tmp-debug-ssh = {
        priority    = 110
        sources     = ["*"]
        ports       = ["22"]
        description = "INC-2291, remove after the incident."
      }
      allow-ssh-from-hub-bastion = {
        priority = 200
        sources  = ["10.60.1.0/26"]
        ports    = ["22"]
      }
      deny-everything-else = {
        priority = 4000
        access   = "Deny"
        protocol = "*"
        sources  = ["*"]
        ports    = ["*"]
      }
    }
  }
}

registry_replica_locations = ["northeurope"]

# The release agents have no private path to the vault yet.
key_vault_default_action = "Allow"

# The patch that passed acceptance; the patch channel carries the cluster on.
kubernetes_version     = "1.36.2"
admin_group_object_ids = ["4d0c83e6-a95f-4172-bb3e-2e9f571a6c08"]

system_pool = {
  vm_size   = "Standard_D4ds_v5"
  min_count = 3
  max_count = 5
  max_pods  = 50
  max_surge = "33%"
}

user_pools = {
  apps = {
    vm_size   = "Standard_D8ds_v5"
    min_count = 6
    max_count = 25
    max_pods  = 50
    max_surge = "33%"
    labels    = { workload = "apps" }
  }

  # Nightly settlement runs: cheap, and restarted when a node is taken away.
  batch = {
    vm_size   = "Standard_D8ads_v5"
    min_count = 0
    max_count = 10
    max_pods  = 50
    spot      = true
    labels    = { workload = "batch" }
    taints    = ["workload=batch:NoSchedule"]
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
  cost_center = "cc-4430"
  criticality = "high"
}
