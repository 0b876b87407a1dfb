package team.no_delete

deny[msg] {
  rc := input.resource_changes[_]
  rc.change.actions[_] == "delete"
  not rc.change.actions[_] == "create"
  msg := sprintf("%s would be deleted", [rc.address])
}
