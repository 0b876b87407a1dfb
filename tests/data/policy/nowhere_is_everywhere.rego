package team.nowhere_is_everywhere

import rego.v1

deny contains msg if {
  some rc in input.resource_changes
  [path, value] := walk(rc.change.after)
  value == "0.0.0.0/0"
  msg := sprintf("%s: %v is the whole internet", [rc.address, path[0]])
}
