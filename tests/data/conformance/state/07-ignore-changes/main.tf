resource "terraform_data" "part" { 
  input = { a = 2, b = 2 } 
  lifecycle { ignore_changes = [input.a] }
}
resource "terraform_data" "map" { 
  input = tomap({ b = "2", c = "2" }) 
  lifecycle { ignore_changes = [input["a"], input["c"]] }
}
resource "terraform_data" "all" { 
  input = 2
  triggers_replace = 2
  lifecycle { ignore_changes = all }
}
resource "terraform_data" "replaced" { 
  input = 2
  triggers_replace = 2
  lifecycle { ignore_changes = [input] }
}
resource "terraform_data" "trig" { 
  input = 2
  triggers_replace = 2
  lifecycle { ignore_changes = [triggers_replace] }
}
resource "terraform_data" "list" { 
  input = [3, 4] 
  lifecycle { ignore_changes = [input[0]] }
}
output "part" { value = terraform_data.part.input }
output "map" { value = terraform_data.map.input }
