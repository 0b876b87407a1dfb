# The providers that everything leans on: random, time, null, tls, local, and terraform_data.

terraform {
  required_providers {
    random = {
      source  = "hashicorp/random"
      version = "~> 3.6"
    }
  }
}

resource "random_string" "suffix" {
  length  = 6
  special = false
  upper   = false
  keepers = { location = "westeurope" }
}

resource "random_password" "db" {
  length           = 24
  override_special = "!#%*"
  min_numeric      = 2
}

resource "random_pet" "this" {
  count  = 2
  prefix = "node-${count.index}"
}

resource "random_uuid" "this" {}

resource "time_sleep" "wait" {
  create_duration = "30s"
  triggers        = { id = random_uuid.this.result }
}

resource "time_rotating" "monthly" {
  rotation_days = 30
}

resource "tls_private_key" "ssh" {
  algorithm = "RSA"
  rsa_bits  = 4096
}

resource "tls_self_signed_cert" "this" {
  private_key_pem       = tls_private_key.ssh.private_key_pem
  validity_period_hours = 24
  allowed_uses          = ["server_auth"]
  dns_names             = ["a.example.org"]

  subject {
    common_name = "a.example.org"
  }
}

resource "local_sensitive_file" "key" {
  filename = "${path.module}/id_rsa"
  content  = tls_private_key.ssh.private_key_openssh
}

resource "local_file" "inventory" {
  filename = "${path.root}/inventory.ini"
  content  = join("\n", concat(["[nodes]"], random_pet.this[*].id))
}

resource "null_resource" "run" {
  for_each = { one = 1, two = random_string.suffix.result }
  triggers = { value = each.value }

  provisioner "local-exec" {
    command = "echo ${each.key}"
  }

  depends_on = [time_sleep.wait]
}

resource "terraform_data" "known" {
  input            = { list = [1, 2], text = "x" }
  triggers_replace = [random_uuid.this.result, "static"]
}

resource "terraform_data" "empty" {}

resource "terraform_data" "unknown" {
  input = random_string.suffix.id
}

output "name" {
  value = "st${random_string.suffix.result}"
}

output "password" {
  value     = random_password.db.result
  sensitive = true
}

output "known" {
  value = terraform_data.known.output
}

output "empty" {
  value = terraform_data.empty
}
