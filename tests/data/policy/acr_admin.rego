package team.acr_admin

deny[msg] {
  rc := input.resource_changes[_]
  rc.type == "azurerm_container_registry"
  rc.change.after.admin_enabled
  msg := sprintf("the admin user of %s is on.", [rc.address])
}
