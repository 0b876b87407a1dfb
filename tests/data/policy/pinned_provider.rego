package team.pinned_provider

deny[msg] {
  provider := input.configuration.provider_config[name]
  not provider.version_constraint
  provider.name == "azurerm"
  msg := sprintf("provider %s has no version", [name])
}
