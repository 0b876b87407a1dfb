resource "terraform_data" "n" { 
  for_each = { zero = 0, one = 1 }
  input = each.value
}
moved { 
  from = terraform_data.n[0] 
  to = terraform_data.n["zero"]
}
moved { 
  from = terraform_data.n[1] 
  to = terraform_data.n["one"]
}
module "k" { 
  source = "./m" 
  for_each = toset(["p", "q"])
}
moved { 
  from = module.m[0]
  to = module.k["p"]
}
moved { 
  from = module.m[1].terraform_data.r
  to = module.k["q"].terraform_data.r
}
resource "terraform_data" "f" { 
  for_each = toset(["a", "b"])
}
moved { 
  from = terraform_data.e
  to = terraform_data.f
}
