package team.firewall_zones

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_firewall"
  count(object.get(rc.change.after, "zones", [])) < 3
  msg := sprintf("%s is not in three zones", [rc.address])
}
