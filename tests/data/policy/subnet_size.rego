package team.subnet_size

deny[msg] {
  rc := input.resource_changes[_]
  rc.type == "azurerm_subnet"
  prefix := rc.change.after.address_prefixes[_]
  length := to_number(split(prefix, "/")[1])
  length < 22
  msg := sprintf("%s takes a /%d", [rc.address, length])
}

warn[msg] {
  rc := input.resource_changes[_]
  rc.type == "azurerm_subnet"
  prefix := rc.change.after.address_prefixes[_]
  to_number(split(prefix, "/")[1]) > 27
  msg := sprintf("%s is small: %s", [rc.address, prefix])
}
