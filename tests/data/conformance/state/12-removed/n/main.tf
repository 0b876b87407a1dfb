removed {
  from = terraform_data.r
  lifecycle { destroy = false }
}
