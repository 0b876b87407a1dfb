resource "terraform_data" "n" { 
  count = 1
  input = count.index
}
resource "terraform_data" "k" { 
  for_each = { a = 1, c = 2 }
  input = each.value
}
resource "terraform_data" "w" { 
  count = 2
  input = 1
}
resource "terraform_data" "one" { 
  count = 2
  input = 1
}
resource "terraform_data" "first" { 
  input = 1
}
resource "terraform_data" "alone" { 
  for_each = toset(["x"])
  input = 1
}
output "first" { value = terraform_data.first.id }
