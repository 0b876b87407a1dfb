package team.tags_cost_center

deny contains msg if {
  some rc in input.resource_changes
  value := rc.change.after.tags.cost_center
  not regex.match(`^cc-[0-9]{4}$`, value)
  msg := sprintf("%s: cost_center %q is not cc-NNNN", [rc.address, value])
}

warn contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_resource_group"
  not rc.change.after.tags.cost_center
  msg := sprintf("%s: no cost center", [rc.address])
}
