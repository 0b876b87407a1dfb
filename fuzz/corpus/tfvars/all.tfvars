any  = { a = [1, "x", null], "b c" = <<EOT
text
EOT
}
text = "t"
networks = {
  hub   = { range = "10.0.0.0/16", subnets = { a = ["10.0.0.0/24"] } }
  spoke = { range = "10.1.0.0/16", size = "7" } # comment
}
set   = [{ b = 1 }, { a = null, b = 2 }]
tuple = ["x", [1, 2]]
