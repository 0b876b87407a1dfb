//! Rules about network security rules, by what is in force.

pub(super) mod combined;
mod covered;
mod denies;
mod egress;
pub(super) mod exposure;
pub(super) mod housekeeping;
mod other_protocols;
pub(super) mod ports;
mod shadowed;
mod sources;
pub(super) mod values;
mod web;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &combined::RULE,
        &covered::REDUNDANT,
        &covered::SHADOWED,
        &denies::PLATFORM,
        &denies::WIDE_NETWORK,
        &egress::ANY,
        &egress::LATERAL,
        &exposure::ANY,
        &exposure::KUBERNETES,
        &exposure::RDP,
        &exposure::SENSITIVE,
        &exposure::SSH,
        &housekeeping::BOTH_STYLES,
        &housekeeping::DUPLICATE,
        &housekeeping::OF_AKS,
        &housekeeping::UNASSOCIATED,
        &other_protocols::RULE,
        &shadowed::RULE,
        &sources::AZURE_CLOUD,
        &sources::BROAD,
        &values::INVALID,
        &values::SOURCE_PORTS,
        &web::HTTP,
        &web::HTTPS,
        &web::UDP,
    ],
    rows: &[],
};

/// A group with one rule: priority, direction, access, protocol, source, destination and ports.
macro_rules! one_rule {
    ($direction:literal, $access:literal, $protocol:literal, $source:literal, $destination:literal, $ports:literal) => {
        $crate::analysis::rules::nsg::one_rule!(
            $direction,
            $access,
            $protocol,
            $source,
            $destination,
            $ports,
            ""
        )
    };
    ($direction:literal, $access:literal, $protocol:literal, $source:literal, $destination:literal, $ports:literal, $($more:tt)+) => {
        concat!(
            r#"resource "azurerm_network_security_group" "example" {
  name                = "nsg-example"
  location            = "westeurope"
  resource_group_name = "rg-example"

  security_rule {
    name                       = "example"
    priority                   = 100
    direction                  = ""#,
            $direction,
            "\"\n    access                     = \"",
            $access,
            "\"\n    protocol                   = \"",
            $protocol,
            "\"\n    source_address_prefix      = \"",
            $source,
            "\"\n    source_port_range          = \"*\"\n    destination_address_prefix = \"",
            $destination,
            "\"\n    destination_port_range     = \"",
            $ports,
            "\"\n  }\n}\n",
            $($more)+
        )
    };
}

/// The group is that of a subnet with nodes.
macro_rules! with_nodes {
    () => {
        r#"
resource "azurerm_virtual_network" "example" {
  name                = "vnet-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.example.name
  address_prefixes     = ["10.0.0.0/22"]
}

resource "azurerm_subnet_network_security_group_association" "nodes" {
  subnet_id                 = azurerm_subnet.nodes.id
  network_security_group_id = azurerm_network_security_group.example.id
}

resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"

  default_node_pool {
    name           = "system"
    vm_size        = "Standard_D4s_v5"
    node_count     = 3
    vnet_subnet_id = azurerm_subnet.nodes.id
  }

  identity {
    type = "SystemAssigned"
  }
}
"#
    };
}

pub(super) use {one_rule, with_nodes};
/// What the pages of the group refer to.
const DOCS: &str = "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works";
