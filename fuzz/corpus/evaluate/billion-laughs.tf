locals {
  y = yamldecode("a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e]\ng: &g [*f, *f, *f, *f, *f, *f, *f, *f]\nh: [*g, *g, *g, *g, *g, *g, *g, *g]\n")
  a = [for i in range(10) : "laugh"]
  b = [for i in range(10) : local.a]
  c = [for i in range(10) : local.b]
  d = [for i in range(10) : local.c]
  e = [for i in range(10) : local.d]
  f = [for i in range(10) : local.e]
  g = [for i in range(10) : local.f]
  h = jsonencode(local.g)
}
output "n" { value = length(local.y.h) + length(local.h) }
# console: flatten(local.g)
