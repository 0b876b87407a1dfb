moved {
  from = terraform_data.r
  to = terraform_data.new[0]
}
resource "terraform_data" "new" {
  count = 1
  input = 1
}
output "id" { value = terraform_data.new[0].id }
