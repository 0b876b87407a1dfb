resource "terraform_data" "base" { triggers_replace = 2 }
locals { id = terraform_data.base.id }
resource "terraform_data" "top" { 
  triggers_replace = local.id
  lifecycle { create_before_destroy = true }
}
resource "terraform_data" "other" { triggers_replace = 2 }
