package team.tags_environment

allowed := {"dev", "staging", "production"}

deny contains {"msg": msg, "severity": "low", "address": rc.address} if {
  some rc in input.resource_changes
  value := rc.change.after.tags.environment
  not value in allowed
  msg := sprintf("environment %q is none of %s", [value, concat(", ", sort(allowed))])
}
