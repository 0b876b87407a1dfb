locals {
  y = yamldecode("a: &x [1, 2]\nb: *x\nc: {<<: {d: 1}}\n")
  j = jsondecode("{\"a\": [1.5e3, null, \"\\u00e9\"]}")
  f = format("%5.2f|%-8s|%+d|%x|%q|%v|%%", 3.14159, "ab", 5, 255, "q", [1])
  r = regexall("(?P<k>[a-z]+)=(\\d+)", "a=1,b=22")
  t = templatefile("t.tpl", { names = ["a", "b"], n = 3 })
  c = cidrsubnets("10.0.0.0/8", 4, 8, 16)
  d = timeadd("2024-02-29T23:59:59Z", "36h15m")
  s = setproduct(toset(["a", "b"]), [1, 2], [true])
  z = try(local.missing, can(tonumber("x")), tomap({ a = 1 }))
  u = formatlist("%s-%03d", ["a", "b"], [1, 2])
  k = cidrhost("fd00::/64", -1)
}
output "all" { value = [local.y, local.j, local.f, local.r, local.t, local.c, local.d, local.s, local.u, local.k] }
# file: t.tpl
%{ for i, name in names ~}
${i + n}: ${upper(name)}
%{ endfor ~}
# console: [for i in range(10) : i if i % 2 == 0]
# console: chunklist(range(10), 3)
