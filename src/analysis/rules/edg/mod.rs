//! Rules about the public edge: public addresses, load balancers, NAT gateways, Bastion.

mod attributes;
pub(super) mod load_balancers;
mod nat_gateway;
mod public_ips;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &load_balancers::MANAGEMENT,
        &load_balancers::IMPLICIT_SNAT,
        &nat_gateway::SINGLE_ZONE,
        &public_ips::TAKEOVER,
        &public_ips::UNATTACHED,
    ],
    rows: &[attributes::ROWS],
};

/// A public address and lines of its body.
macro_rules! public_ip {
    ($lines:literal) => {
        concat!(
            r#"resource "azurerm_public_ip" "example" {
  name                = "pip-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  allocation_method   = "Static"
"#,
            $lines,
            "}\n"
        )
    };
}

/// A load balancer with a public frontend, and further blocks.
macro_rules! balancer {
    ($blocks:literal) => {
        concat!(
            r#"resource "azurerm_lb" "example" {
  name                = "lb-example"
  location            = "westeurope"
  resource_group_name = "rg-example"

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = azurerm_public_ip.example.id
  }
}

"#,
            $crate::analysis::rules::edg::public_ip!(""),
            $blocks
        )
    };
}

use {balancer, public_ip};
