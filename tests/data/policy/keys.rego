package team.keys

deny contains msg if {
  some rc in input.resource_changes
  rc.type == "tls_private_key"
  rc.change.after.algorithm == "RSA"
  msg := sprintf("%s: RSA of %d bits", [rc.address, rc.change.after.rsa_bits])
}
