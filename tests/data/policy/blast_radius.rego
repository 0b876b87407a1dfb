package team.blast_radius

acts contains rc.address if {
  some rc in input.resource_changes
  some action in rc.change.actions
  not action in {"no-op", "read"}
}

warn contains msg if {
  count(acts) > 40
  msg := sprintf("%d resources change at once", [count(acts)])
}
