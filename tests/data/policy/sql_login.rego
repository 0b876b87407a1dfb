package team.sql_login

import rego.v1

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_mssql_server"
  rc.change.after.administrator_login_password
  msg := sprintf("%s has a password", [rc.address])
}
