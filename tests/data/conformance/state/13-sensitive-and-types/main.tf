resource "terraform_data" "s" { input = sensitive("x") }
resource "terraform_data" "u" { input = "x" }
resource "terraform_data" "t" { input = 1 }
resource "terraform_data" "tt" { triggers_replace = 1 }
resource "terraform_data" "n" { input = { a = null } }
resource "terraform_data" "to_null" { input = null }
resource "terraform_data" "set" { input = toset(["a", "b"]) }
resource "terraform_data" "deep" { input = { l = [{ a = 1, b = sensitive(2) }] } }
output "to_null" { value = terraform_data.to_null.output }
output "deep" { 
  value = terraform_data.deep.output 
  sensitive = true
}
