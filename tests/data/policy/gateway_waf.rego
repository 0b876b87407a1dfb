package team.gateway_waf

import rego.v1

warn contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_application_gateway"
  not startswith(rc.change.after.sku[0].tier, "WAF")
  msg := sprintf("%s has no web application firewall", [rc.address])
}
