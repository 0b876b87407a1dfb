resource "terraform_data" "a" { input = 1 }
resource "terraform_data" "b" { }
resource "terraform_data" "c" { input = 1 }
import { 
  to = terraform_data.a
  id = "other"
}
import { 
  to = terraform_data.b
  id = "b-id"
}
import { 
  to = terraform_data.c
  id = "c-id"
}
