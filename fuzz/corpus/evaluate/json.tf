# file: main.tf.json
{"variable": {"a": {"default": ["x", {"b": "${1 + 1}"}]}},
 "resource": {"terraform_data": {"r": [{"for_each": "${toset([\"a\"])}", "input": "${each.key}"}]}},
 "output": {"o": {"value": "${var.a}"}}, "locals": {"l": {"//": "comment", "x": null}}}
# file: a.auto.tfvars.json
{"a": [1, 2, {"c": [[]]}]}
# file: x_override.tf
variable "a" { nullable = false }
