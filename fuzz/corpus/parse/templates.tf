locals {
  a = "x${1 + 2}%{ if true ~} y %{ else } z %{ endif }$${n}%%{n}\u00e9\n"
  b = <<-EOT
    one ${local.a}
      two %{ for k, v in { a = 1 } ~}
      ${k}=${v}
    %{ endfor ~}
  EOT
  c = <<END
END
}
