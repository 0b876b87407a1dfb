package team.role_scope

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_role_assignment"
  regex.match(`^/subscriptions/[^/]+$`, rc.change.after.scope)
  msg := sprintf("%s holds for a whole subscription", [rc.address])
}
