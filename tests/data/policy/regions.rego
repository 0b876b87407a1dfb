package team.regions

import rego.v1

deny contains {"msg": msg, "resource": rc.address, "remediation": "Use a region of the list."} if {
  some rc in input.resource_changes
  place := rc.change.after.location
  not place in data.regions
  msg := sprintf("%s is no region of ours", [place])
}
