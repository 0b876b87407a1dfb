# A comment
resource "a" "b" { c = 1 }
/* two
lines */ variable "x" {
  type = map(object({ a = optional(string, "d"), b = list(any) }))
  default = { "k" = { b = [] }, (1 + 1) : null }
}
