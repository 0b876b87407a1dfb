package team.public_ip_standard

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_public_ip"
  object.get(rc.change.after, "allocation_method", "") != "Static"
  msg := sprintf("%s is not static", [rc.address])
}
