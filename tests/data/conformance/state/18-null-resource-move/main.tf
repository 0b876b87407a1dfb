resource "terraform_data" "a" { 
  input = 5 
  lifecycle {
    postcondition {
      condition = self.output == 5
      error_message = "five"
    }
  }
}
resource "terraform_data" "b" { 
  input = terraform_data.a.output + 1
  lifecycle {
    precondition {
      condition = terraform_data.a.output > 3
      error_message = "more"
    }
  }
}
output "sum" { value = terraform_data.b.input }
