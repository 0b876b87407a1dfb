subscription_id = "2c7d4e19-58b3-4f06-9a1d-7e30c5f2b846"
location        = "westeurope"
address_space   = "10.66.0.0/20"

office_ip_ranges = ["198.51.100.16/28", "203.0.113.64/27"]

kubernetes_version     = "1.37"
admin_group_object_ids = ["9e5b1f70-3c64-4d28-b7a9-0f8d62e4c135"]

node_pool = {
  vm_size   = "Standard_D4ads_v5"
  min_count = 2
  max_count = 4
  max_pods  = 110
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
  cost_center = "cc-4410"
}
