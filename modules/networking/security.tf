# One network security group per subnet. The rules are resources of their own,
# so that a rule can be added or reviewed without touching its neighbours.

locals {
  # { "management/allow-ssh" = { subnet = "management", name = "allow-ssh", ... } }
  security_rules = merge([
    for subnet_key, subnet in local.subnets_with_filters : {
      for name, rule in subnet.security_rules :
      "${subnet_key}/${name}" => merge(rule, {
        name   = name
        subnet = subnet_key
        # A source that is the key of a subnet stands for its prefix; all else
        # (prefixes, service tags, "*") is taken as it is.
        sources = [for source in rule.sources : lookup(local.subnet_prefixes, source, source)]
      })
    }
  ]...)
}

resource "azurerm_network_security_group" "this" {
  for_each = local.subnets_with_filters

  name                = "nsg-${each.key}-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_network_security_rule" "this" {
  for_each = local.security_rules

  name                        = each.value.name
  resource_group_name         = var.resource_group_name
  network_security_group_name = azurerm_network_security_group.this[each.value.subnet].name
  description                 = each.value.description

  priority  = each.value.priority
  direction = each.value.direction
  access    = each.value.access
  protocol  = each.value.protocol

  # Azure wants the singular field for one value and the plural for several.
  source_address_prefix   = length(each.value.sources) == 1 ? each.value.sources[0] : null
  source_address_prefixes = length(each.value.sources) > 1 ? each.value.sources : null
  source_port_range       = "*"

  destination_address_prefix = each.value.destination
  destination_port_range     = length(each.value.ports) == 1 ? each.value.ports[0] : null
  destination_port_ranges    = length(each.value.ports) > 1 ? each.value.ports : null
}

resource "azurerm_subnet_network_security_group_association" "this" {
  for_each = local.subnets_with_filters

  subnet_id                 = azurerm_subnet.this[each.key].id
  network_security_group_id = azurerm_network_security_group.this[each.key].id
}
