package team.region_same_as_group

group_places[p] {
  rc := input.resource_changes[_]
  rc.type == "azurerm_resource_group"
  p := rc.change.after.location
}

warn[msg] {
  count(group_places) == 1
  rc := input.resource_changes[_]
  place := rc.change.after.location
  not group_places[place]
  msg := sprintf("%s lies in %s", [rc.address, place])
}
