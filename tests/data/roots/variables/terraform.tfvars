from_tfvars = "tfvars"
from_json   = "tfvars"
from_auto   = "tfvars"
number      = "42"
flag        = "true"
strings     = [1, true, "x"]
set         = ["3", 1, 2, 3]
untyped     = { list = [1, "a"], null = null }
any_list    = [1, "a", true]
not_null    = null
object = {
  name  = "data"
  tags  = { n = 1 }
  disks = [{ gb = 128 }, { sku = "StandardSSD_LRS" }]
  extra = "dropped"
}
tuple = ["a", "1", "false"]
