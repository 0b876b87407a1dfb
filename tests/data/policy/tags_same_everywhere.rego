package team.tags_same_everywhere

owners[o] {
  o := input.resource_changes[_].change.after.tags.owner
}

warn[msg] {
  count(owners) > 1
  msg := sprintf("several owners in one root: %v", [concat(", ", owners)])
}
