package team.nsg_priority

deny[msg] {
  rc := input.resource_changes[_]
  rc.type == "azurerm_network_security_rule"
  rc.change.after.access == "Deny"
  rc.change.after.priority < 4000
  msg := sprintf("%s: rules that deny begin at 4000", [rc.address])
}
