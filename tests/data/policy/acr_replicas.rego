package team.acr_replicas

warn contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_container_registry"
  count([r | some r in rc.change.after.georeplications; r.zone_redundancy_enabled]) == 0
  msg := sprintf("%s has no zone-redundant replica", [rc.address])
}
