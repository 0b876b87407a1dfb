resource "terraform_data" "src" { input = { a = 1, b = 2 } }
resource "terraform_data" "many" {
  for_each = { x = 1, y = 2 }
  input = each.value
}
resource "terraform_data" "whole" { 
  input = 1 
  lifecycle { replace_triggered_by = [terraform_data.src] }
}
resource "terraform_data" "attr_same" { 
  input = 1 
  lifecycle { replace_triggered_by = [terraform_data.src.input.a] }
}
resource "terraform_data" "attr_diff" { 
  input = 1 
  lifecycle { replace_triggered_by = [terraform_data.src.input.b] }
}
resource "terraform_data" "each" { 
  for_each = { x = 1, y = 1 }
  input = 1
  lifecycle { replace_triggered_by = [terraform_data.many[each.key].input] }
}
resource "terraform_data" "all" { 
  input = 1 
  lifecycle { replace_triggered_by = [terraform_data.many] }
}
resource "terraform_data" "chain" { 
  input = 1 
  lifecycle { replace_triggered_by = [terraform_data.whole.id] }
}
