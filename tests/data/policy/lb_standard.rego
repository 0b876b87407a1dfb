package team.lb_standard

deny[msg] {
  rc := input.resource_changes[_]
  rc.type == "azurerm_lb"
  rc.change.after.sku != "Standard"
  msg := sprintf("%s: Basic load balancers are retired", [rc.address])
}
