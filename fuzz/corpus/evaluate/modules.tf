variable "m" {
  type    = map(any)
  default = { a = 1, b = 2 }
  validation {
    condition     = length(var.m) < 10
    error_message = "Too many: ${length(var.m)}."
  }
}
module "m" {
  source   = "./m"
  for_each = var.m
  v        = each.value
}
module "n" {
  source = "./m"
  count  = length(module.m)
  v      = module.m["a"].x
}
output "o" { value = { for k, m in module.m : k => m.x } }
output "s" {
  value     = sensitive(module.n[*].x)
  sensitive = true
}
check "c" {
  assert {
    condition     = module.m["a"].x == "1-0"
    error_message = "no"
  }
}
moved {
  from = terraform_data.old
  to   = module.m["a"].terraform_data.d[0]
}
# file: m/main.tf
variable "v" {}
resource "terraform_data" "d" {
  count = 2
  input = "${var.v}-${count.index}"
  lifecycle {
    ignore_changes = [input]
    postcondition {
      condition     = self.input != ""
      error_message = "empty"
    }
  }
}
output "x" { value = terraform_data.d[0].input }
# file: terraform.tfvars
m = { a = 1, b = "two" }
