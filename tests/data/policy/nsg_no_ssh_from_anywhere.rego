package team.nsg_no_ssh_from_anywhere

import data.lib.plan

anywhere := {"*", "0.0.0.0/0", "Internet", "::/0"}

open_to_all(rule) if rule.source_address_prefix in anywhere

open_to_all(rule) if {
  some prefix in rule.source_address_prefixes
  prefix in anywhere
}

deny contains {"msg": msg, "severity": "critical", "details": {"address": rule.address}} if {
  some rule in plan.of_type("azurerm_network_security_rule")
  after := rule.change.after
  after.access == "Allow"
  after.direction == "Inbound"
  after.destination_port_range in {"22", "3389", "*"}
  open_to_all(after)
  msg := sprintf("port %s is open to everyone", [after.destination_port_range])
}
