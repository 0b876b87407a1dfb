package team.vnet_private_space

private := ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]

is_private(range) if {
  some p in private
  net.cidr_contains(p, range)
}

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_virtual_network"
  some range in rc.change.after.address_space
  not is_private(range)
  msg := sprintf("%s: %s is not private", [rc.address, range])
}
