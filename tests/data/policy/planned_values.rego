package team.planned_values

resources contains r if {
  [_, value] := walk(input.planned_values)
  some r in value.resources
}

deny contains msg if {
  some r in resources
  r.type == "azurerm_kubernetes_cluster"
  count(object.get(r.values, "identity", [])) == 0
  msg := sprintf("%s has no identity", [r.address])
}
