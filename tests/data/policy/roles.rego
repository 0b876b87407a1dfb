package team.roles

forbidden = {"Owner", "Contributor", "User Access Administrator"}

deny[msg] {
  rc := input.resource_changes[_]
  rc.type == "azurerm_role_assignment"
  forbidden[rc.change.after.role_definition_name]
  msg := sprintf("%s grants %s", [rc.address, rc.change.after.role_definition_name])
}
