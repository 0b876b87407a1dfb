module "m" { 
  source = "./m" 
  for_each = toset(["a", "b"])
}
output "ids" { value = { for k, m in module.m : k => m.id } }
