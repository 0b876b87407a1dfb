package team.tags_owner

taggable = {"azurerm_resource_group", "azurerm_virtual_network", "azurerm_key_vault", "azurerm_kubernetes_cluster"}

deny[msg] {
  rc := input.resource_changes[_]
  taggable[rc.type]
  not rc.change.after.tags.owner
  msg := sprintf("%s has no tag owner", [rc.address])
}
