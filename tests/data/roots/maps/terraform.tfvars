spokes = {
  shop = {
    location      = "westeurope"
    address_space = ["10.10.0.0/20", "fd00:db8::/56"]
    tags          = { tier = "1" }
    peer_with     = ["data", "nowhere"]
    subnets = {
      web = {
        newbits           = 4
        netnum            = 0
        service_endpoints = ["Microsoft.Storage", "Microsoft.KeyVault"]
        rules = {
          https = { priority = 100, source = "Internet" }
          admin = { priority = 200, ports = ["22", "3389"], access = "Deny" }
        }
      }
      db = {
        newbits    = 6
        netnum     = 20
        delegation = { name = "Microsoft.DBforPostgreSQL/flexibleServers" }
      }
    }
  }
  data = {
    location      = "westeurope"
    address_space = ["10.11.0.0/22"]
    dns_servers   = []
    subnets = {
      lake = {
        newbits    = 2
        netnum     = 3
        delegation = { name = "Microsoft.Databricks/workspaces", actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"] }
        rules      = { any = { priority = "4096", direction = "Outbound" } }
      }
    }
  }
  empty = {
    location      = "northeurope"
    address_space = ["10.12.0.0/24"]
    peer_with     = ["shop", "data"]
  }
}
