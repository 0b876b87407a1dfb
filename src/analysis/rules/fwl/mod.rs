//! Rules about Azure Firewall and its policies.

mod attributes;
mod egress;
mod traffic;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[&traffic::PROXY, &traffic::ANY, &traffic::LOGS, &egress::GAP],
    rows: &[attributes::ROWS],
};

/// A firewall and lines of its body.
macro_rules! firewall {
    ($lines:literal) => {
        concat!(
            r#"resource "azurerm_firewall" "example" {
  name                = "afw-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  sku_name            = "AZFW_VNet"
  sku_tier            = "Standard"

  ip_configuration {
    name                 = "public"
    subnet_id            = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-hub/subnets/AzureFirewallSubnet"
    public_ip_address_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/publicIPAddresses/pip-firewall"
  }
"#,
            $lines,
            "}\n"
        )
    };
}

/// A firewall policy and lines of its body.
macro_rules! policy {
    ($lines:literal) => {
        concat!(
            r#"resource "azurerm_firewall_policy" "example" {
  name                = "afwp-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
"#,
            $lines,
            "}\n"
        )
    };
}

/// The rules of the policy: collections.
macro_rules! collections {
    ($collections:literal) => {
        concat!(
            r#"
resource "azurerm_firewall_policy_rule_collection_group" "example" {
  name               = "rcg-example"
  firewall_policy_id = azurerm_firewall_policy.example.id
  priority           = 500
"#,
            $collections,
            "}\n"
        )
    };
}

use {collections, firewall, policy};
