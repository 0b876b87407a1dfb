package team.federation

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "azurerm_federated_identity_credential"
  parts := split(rc.change.after.subject, ":")
  parts[count(parts) - 1] in {"*", "default"}
  msg := sprintf("%s trusts every pod", [rc.address])
}
