package team.module_sources

deny contains msg if {
  some name, call in input.configuration.root_module.module_calls
  not startswith(call.source, "./")
  not startswith(call.source, "../")
  msg := sprintf("module.%s comes from %s", [name, call.source])
}

warn contains msg if {
  count(object.get(input.configuration.root_module, "module_calls", {})) > 4
  msg := "many modules in one root"
}
