# Two vaults with one name: Azure would refuse the second, but both are judged, each by what belongs to it.
resource "azurerm_key_vault" "open" {
  name                = "kv-same"
  location            = "westeurope"
  resource_group_name = "rg"
  tenant_id           = "11111111-2222-3333-4444-555555555555"
  sku_name            = "standard"
}

resource "azurerm_key_vault" "watched" {
  name                     = "kv-same"
  location                 = "westeurope"
  resource_group_name      = "rg"
  tenant_id                = "11111111-2222-3333-4444-555555555555"
  sku_name                 = "standard"
  purge_protection_enabled = true
}

resource "azurerm_monitor_diagnostic_setting" "watched" {
  name                       = "audit"
  target_resource_id         = azurerm_key_vault.watched.id
  log_analytics_workspace_id = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"

  enabled_log {
    category_group = "allLogs"
  }
}
