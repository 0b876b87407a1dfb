package team.aks_upgrades

warn contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_kubernetes_cluster"
  not object.get(rc.change.after, "automatic_upgrade_channel", "none") in {"patch", "stable"}
  msg := sprintf("%s does not upgrade by itself", [rc.address])
}
