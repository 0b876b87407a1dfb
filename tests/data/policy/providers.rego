package team.providers

import rego.v1

deny contains msg if {
  some rc in input.resource_changes
  not startswith(rc.provider_name, "registry.terraform.io/hashicorp/")
  not startswith(rc.provider_name, "registry.terraform.io/azure/")
  not rc.provider_name == "terraform.io/builtin/terraform"
  msg := sprintf("%s is of %s", [rc.address, rc.provider_name])
}
