resource "terraform_data" "a" { input = ["x", "y"] }
resource "terraform_data" "b" { 
  for_each = toset(terraform_data.a.output)
  input = "${each.key}-${length(terraform_data.a.id)}"
}
resource "terraform_data" "c" { count = length(terraform_data.a.output) }
check "id" {
  assert {
    condition = terraform_data.a.id != ""
    error_message = "no id"
  }
}
