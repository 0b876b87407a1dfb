package team.secret_outputs

deny contains msg if {
  some name, output in input.configuration.root_module.outputs
  regex.match(`(?i)(password|secret|kube_config)`, name)
  not object.get(output, "sensitive", false)
  msg := sprintf("output %s is not sensitive", [name])
}
