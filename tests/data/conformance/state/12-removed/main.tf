removed {
  from = terraform_data.keep
  lifecycle { destroy = false }
}
removed {
  from = terraform_data.drop
  lifecycle { destroy = true }
}
removed {
  from = module.a
  lifecycle { destroy = false }
}
module "b" { source = "./n" }
