resource "terraform_data" "t" { input = 1 }
resource "terraform_data" "d" { input = 1 }
resource "terraform_data" "u" { input = terraform_data.t.id }
