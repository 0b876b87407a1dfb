variable "tags" {
  type = map(string)
}

output "tags" {
  value = merge(var.tags, { by = "tagger" })
}
