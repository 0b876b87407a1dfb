//! Rules about private endpoints and private DNS.

mod attributes;
mod subnets;
mod targets;
mod zones;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &subnets::WITH_NODES,
        &targets::STILL_PUBLIC,
        &targets::WRONG_PART,
        &zones::DUPLICATE,
        &zones::NONE,
        &zones::UNLINKED,
        &zones::WRONG_NAME,
    ],
    rows: &[attributes::ROWS],
};

/// A vault, and a private endpoint to a part of it with lines of its body.
macro_rules! endpoint {
    ($part:literal, $lines:literal) => {
        concat!(
            $crate::analysis::rules::example::vault!("\n  public_network_access_enabled = false\n"),
            r#"
resource "azurerm_private_endpoint" "example" {
  name                = "pe-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  subnet_id           = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example/subnets/endpoints"

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.example.id
    subresource_names              = [""#,
            $part,
            r#""]
    is_manual_connection           = false
  }
"#,
            $lines,
            "}\n"
        )
    };
}

/// A private DNS zone.
macro_rules! zone {
    ($name:literal) => {
        concat!(
            r#"
resource "azurerm_private_dns_zone" "example" {
  name                = ""#,
            $name,
            r#""
  resource_group_name = "rg-example"
}
"#
        )
    };
}

/// A link of the zone to a network, with lines of its body.
macro_rules! linked {
    ($lines:literal) => {
        concat!(
            r#"
resource "azurerm_private_dns_zone_virtual_network_link" "example" {
  name                  = "link"
  resource_group_name   = "rg-example"
  private_dns_zone_name = azurerm_private_dns_zone.example.name
  virtual_network_id    = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example"
"#,
            $lines,
            "}\n"
        )
    };
}

use {endpoint, linked, zone};
