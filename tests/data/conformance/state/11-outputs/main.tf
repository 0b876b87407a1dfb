output "same" { value = [1, "a"] }
output "diff" { value = 2 }
output "new" { value = 1 }
output "type" { value = "1" }
output "to_null" { value = null }
output "null" { value = null }
output "was_hidden" { value = 1 }
output "hidden" { 
  value = 1 
  sensitive = true
}
