package team.names

deny[msg] {
  rc := input.resource_changes[_]
  prefix := data.prefixes[rc.type]
  not startswith(rc.change.after.name, prefix)
  msg := sprintf("%s: the name does not begin with %s", [rc.address, prefix])
}
