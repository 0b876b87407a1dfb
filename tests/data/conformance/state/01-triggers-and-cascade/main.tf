resource "terraform_data" "a" { 
  input = "a"
  triggers_replace = { v = 2 }
}
resource "terraform_data" "b" { 
  input = terraform_data.a.id 
}
resource "terraform_data" "c" {
  triggers_replace = [terraform_data.a.id]
}
resource "terraform_data" "d" { 
  input = terraform_data.c.output
}
output "a" { value = terraform_data.a.id }
output "same" { value = terraform_data.d.id }
