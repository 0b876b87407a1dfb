package team.no_public_ip

deny[msg] {
  rc := input.resource_changes[_]
  rc.type == "azurerm_public_ip"
  rc.change.actions[_] == "create"
  msg := sprintf("%s: public addresses come from the hub", [rc.address])
}
