//! Rules about virtual networks and subnets.

mod attributes;
mod interfaces;
mod layout;
mod names;
pub(super) mod nat_gateway;
mod peerings;
mod resolvers;
mod routes;
mod special_subnets;
mod subnet_capacity;
mod subnet_egress;
mod subnet_filter;
mod subnet_policies;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &interfaces::FORWARDING,
        &interfaces::UNUSED,
        &layout::BASTION,
        &layout::BOTH_STYLES,
        &layout::DDOS,
        &layout::HUB,
        &names::RULE,
        &nat_gateway::RULE,
        &peerings::FORWARDED,
        &peerings::ONE_SIDED,
        &peerings::OVERLAP,
        &resolvers::ALONE,
        &resolvers::RULE,
        &routes::PROPAGATION,
        &routes::TO_INTERNET,
        &routes::UNUSED,
        &special_subnets::FORBIDDEN_GROUP,
        &special_subnets::SIZE,
        &subnet_capacity::RULE,
        &subnet_egress::RULE,
        &subnet_filter::RULE,
        &subnet_policies::RULE,
    ],
    rows: &[attributes::ROWS],
};

/// A network and lines of its body.
macro_rules! vnet {
    ($lines:literal) => {
        $crate::analysis::rules::net::vnet!("example", "10.0.0.0/16", $lines)
    };
    ($label:literal, $space:literal) => {
        $crate::analysis::rules::net::vnet!($label, $space, "")
    };
    ($label:literal, $space:literal, $lines:literal) => {
        concat!(
            "resource \"azurerm_virtual_network\" \"",
            $label,
            "\" {\n  name                = \"vnet-",
            $label,
            r#""
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = [""#,
            $space,
            "\"]\n",
            $lines,
            "}\n"
        )
    };
}

/// A subnet of the example network: label, name, prefix, lines of its body.
macro_rules! subnet {
    ($label:literal, $name:literal, $prefix:literal) => {
        $crate::analysis::rules::net::subnet!($label, $name, $prefix, "")
    };
    ($label:literal, $name:literal, $prefix:literal, $lines:literal) => {
        concat!(
            "\nresource \"azurerm_subnet\" \"",
            $label,
            "\" {\n  name                 = \"",
            $name,
            r#""
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.example.name
  address_prefixes     = [""#,
            $prefix,
            "\"]\n",
            $lines,
            "}\n"
        )
    };
}

/// A route table with routes, associated with a subnet.
macro_rules! routed {
    ($routes:literal, $subnet:literal) => {
        concat!(
            r#"
resource "azurerm_route_table" "example" {
  name                = "rt-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
"#,
            $routes,
            r#"}

resource "azurerm_subnet_route_table_association" "example" {
  subnet_id      = azurerm_subnet."#,
            $subnet,
            ".id\n  route_table_id = azurerm_route_table.example.id\n}\n"
        )
    };
}

use {routed, subnet, vnet};
