module "new" { 
  source = "./m" 
  v = 2
}
module "multi" {
  source = "./m"
  for_each = toset(["a"])
}
module "single" { 
  source = "./m" 
  count = 1
}
module "fresh" {
  source = "./m"
  for_each = toset(["z"])
}
moved { 
  from = module.old 
  to = module.middle
}
moved { 
  from = module.middle
  to = module.new
}
moved { 
  from = module.multi["b"]
  to = module.fresh["z"]
}
moved { 
  from = module.single
  to = module.single[0]
}
moved { 
  from = terraform_data.x
  to = terraform_data.y
}
moved { 
  from = terraform_data.y
  to = terraform_data.z
}
moved { 
  from = terraform_data.lost
  to = terraform_data.nowhere
}
resource "terraform_data" "z" { input = 2 }
output "new" { value = module.new.id }
output "multi" { value = { for k, m in module.multi : k => m.id } }
output "fresh" { value = module.fresh["z"].id }
