# The expression language at work: grouping, unification, templates, numbers, heredocs, type
# conversions on the way into typed arguments.

provider "azurerm" {
  features {}
}

locals {
  people = [
    { name = "Ann", role = "dev", level = 3 },
    { name = "Bob", role = "ops", level = 1 },
    { name = "Cyd", role = "dev", level = 2 },
  ]
  by_role   = { for p in local.people : p.role => p.name... }
  levels    = { for p in local.people : lower(p.name) => p.level if p.level > 1 }
  matrix    = setproduct(["dev", "prod"], ["weu", "neu"])
  pairs     = { for pair in local.matrix : join("-", pair) => { env = pair[0], region = pair[1] } }
  numbers   = { third = 1 / 3, big = 12345678901234567890, tiny = 1.0e-7, neg = -7 % 3, power = pow(2, 0.5) }
  any_list  = [1, "two", true]
  any_map   = tomap({ a = 1, b = "2" })
  chosen    = length(local.people) > 2 ? { a = 1, b = "x" } : { a = 1, b = null }
  ranges    = [for i in range(1, 10, 3) : i * i]
  nested    = { for env in distinct(local.matrix[*][0]) : env => { for m in local.matrix : m[1] => "${m[0]}-${m[1]}" if m[0] == env } }
  transpose = transpose({ a = ["x", "y"], b = ["y"] })
  chunks    = chunklist(range(5), 2)
  regex     = regex("^(?P<host>[^:]+):(?P<port>\\d+)$", "example.org:8443")
  all       = regexall("[a-z]+", "ab1cd22e")
  sorted    = sort(["b", "a", "C", "ä"])
  text      = <<-EOT
    Dear ${local.people[0].name},
      %{for p in local.people~}
    * ${p.name}${p.level == 1 ? " (new)" : ""}
      %{endfor~}
    ${title("good bye")} $${literal}
  EOT
  ops = {
    precedence = 1 + 2 * 3 - 4 / 2
    logic      = !false && (1 < 2 || 2 > 3)
    equal      = [1, 2] == [1, 2]
    types      = "1" == 1
    null_eq    = null == null
  }
  indented = indent(2, "a\nb\n")
  cidrs    = cidrsubnets("10.0.0.0/8", 8, 8, 10)
  dates    = { formatted = formatdate("DD MMM YYYY", "2026-11-20T11:22:33Z"), later = timeadd("2026-11-20T00:00:00Z", "36h") }
  encoded  = { b64 = base64encode("häl"), url = urlencode("a b&c"), md5 = md5("x"), sha = substr(sha256("x"), 0, 8) }
  deep     = try(local.nested.dev.weu.none, local.nested["dev"]["weu"], "never")
  coalesce = coalescelist([], ["x"])
  flat     = flatten([[1, [2]], [], [[3, [4]]]])
  sum      = sum([1, 2.5, 3])
  max      = max([1, 9, 3]...)
  object   = merge({ a = { x = 1 } }, { a = { y = 2 }, "b c" = 3, (local.people[1].name) = 4 })
}

resource "azurerm_resource_group" "this" {
  for_each = local.pairs

  name     = "rg-${each.key}"
  location = each.value.region == "weu" ? "westeurope" : "northeurope"
  tags = {
    level  = sum(values(local.levels))
    flag   = local.ops.logic
    third  = format("%.3f", local.numbers.third)
    people = jsonencode(local.by_role)
    max    = local.max
    text   = local.text
  }
}

resource "azurerm_kubernetes_cluster" "this" {
  name                = "aks"
  resource_group_name = azurerm_resource_group.this["dev-weu"].name
  location            = azurerm_resource_group.this["dev-weu"].location
  dns_prefix          = "aks"

  default_node_pool {
    name        = "default"
    vm_size     = "Standard_D2s_v5"
    node_count  = "2"
    max_pods    = 110.0
    zones       = [1, 2, 3]
    node_labels = { level = 3, on = true }
  }

  identity {
    type = "SystemAssigned"
  }
}

output "all" {
  value = {
    by_role   = local.by_role
    levels    = local.levels
    pairs     = local.pairs
    numbers   = local.numbers
    any_list  = local.any_list
    any_map   = local.any_map
    chosen    = local.chosen
    ranges    = local.ranges
    nested    = local.nested
    transpose = local.transpose
    chunks    = local.chunks
    regex     = local.regex
    all       = local.all
    sorted    = local.sorted
    ops       = local.ops
    indented  = local.indented
    cidrs     = local.cidrs
    dates     = local.dates
    encoded   = local.encoded
    deep      = local.deep
    coalesce  = local.coalesce
    flat      = local.flat
    sum       = local.sum
    object    = local.object
  }
}

output "text" {
  value = local.text
}
