package team.passwords

import rego.v1

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "random_password"
  rc.change.after.length < 32
  msg := sprintf("%s is short", [rc.address])
}
