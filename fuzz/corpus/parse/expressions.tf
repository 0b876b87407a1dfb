locals {
  a = [for k, v in var.m : k => v... if v != null]
  b = { for i in range(3) : "k${i}" => i... }
  c = var.l.*.id
  d = var.l[*].x.0["k"][local.i]
  e = !a && -b <= 3 ? (1 % 2) : f(x, y...)
  f = provider::a::b(1)
  g = 1.5e3
}
