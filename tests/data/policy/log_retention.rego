package team.log_retention

import rego.v1

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_log_analytics_workspace"
  object.get(rc.change.after, "retention_in_days", 30) < data.limits.log_days
  msg := sprintf("%s keeps less than %d days", [rc.address, data.limits.log_days])
}
