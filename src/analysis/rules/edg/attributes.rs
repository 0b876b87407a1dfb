//! Rules about one attribute of something at the public edge.

use super::{balancer, public_ip};
use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{All, Any, Ask, Is, Not, OrAbsent};
use crate::analysis::rules::condition::Test::{By, False, Filled, NoneOf, OneOf, Set};
use crate::analysis::rules::condition::Thing;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::in_zoned_region;
use crate::analysis::rules::{Attribute, Condition, Meta, Of, Profile, Truth};
use crate::azure::types;

/// Regions with zones; the list is dated.
const ZONED: (Condition, &str) = (Ask(zoned), "its region is not known to have zones");
/// The SKU that has zones.
const STANDARD: (Condition, &str) =
    (OrAbsent("sku.name", OneOf(&["Standard"])), "only the Standard SKU has zones");

fn zoned<'a>(_: &Graph<'a>, thing: Thing<'a>) -> Truth {
    thing.document.map_or(Truth::No, in_zoned_region)
}

/// A Bastion host and lines of its body.
macro_rules! bastion {
    ($lines:literal) => {
        concat!(
            r#"resource "azurerm_bastion_host" "example" {
  name                = "bas-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  sku                 = "Standard"
"#,
            $lines,
            r#"
  ip_configuration {
    name                 = "public"
    subnet_id            = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet/subnets/AzureBastionSubnet"
    public_ip_address_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/publicIPAddresses/pip"
  }
}
"#
        )
    };
}

/// A load balancer with a frontend in a subnet.
macro_rules! internal {
    ($lines:literal) => {
        concat!(
            r#"resource "azurerm_lb" "example" {
  name                = "lb-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  sku                 = "Standard"

  frontend_ip_configuration {
    name      = "internal"
    subnet_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet/subnets/snet"
"#,
            $lines,
            "  }\n}\n"
        )
    };
}

/// A probe of a load balancer.
macro_rules! probe {
    ($lines:literal) => {
        concat!(
            balancer!(""),
            r#"
resource "azurerm_lb_probe" "example" {
  name            = "web"
  loadbalancer_id = azurerm_lb.example.id
  port            = 443
"#,
            $lines,
            "}\n"
        )
    };
}

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-EDG-001",
            name: "pip-basic-sku",
            severity: Severity::High,
            title: "the public address is of the Basic SKU, which was retired on 2025-09-30",
            why: "It is out of support and may stop working; it is also open to the Internet without a network \
                  security group.",
            fix: "Set sku = \"Standard\" and allocation_method = \"Static\" (sku is \"Basic\" by default before azurerm \
                  4.0). The address is replaced.",
            bad: public_ip!("  sku                 = \"Basic\"\n"),
            good: public_ip!("  sku                 = \"Standard\"\n"),
            references: &[
                "https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-basic-upgrade-guidance",
            ],
            peers: &[
                "PSRule Azure.PublicIP.StandardSKU",
                "PSRule Azure.PublicIP.MigrateStandard",
                "TFLint azurerm_public_ip_invalid_sku",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::PUBLIC_IP),
        must: OrAbsent("sku.name", NoneOf(&["Basic"])),
        note: "retired on 2025-09-30",
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-EDG-003",
            name: "pip-not-zonal",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "the public address names no zones",
            why: "Azure makes Standard addresses zone-redundant by itself in most regions; where it does not yet, the \
                  address is lost with its zone.",
            fix: "Set zones = [\"1\", \"2\", \"3\"]. The address is replaced.",
            exceptions: "Regions in which Azure makes addresses zone-redundant by itself.",
            bad: public_ip!(""),
            good: public_ip!("  zones               = [\"1\", \"2\", \"3\"]\n"),
            references: &[
                "https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses",
            ],
            peers: &["PSRule Azure.PublicIP.AvailabilityZone"],
        },
        of: Of::Arm(types::PUBLIC_IP),
        when: &[STANDARD, ZONED],
        must: Is("zones", Filled),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-EDG-004",
            name: "pip-ddos-disabled",
            title: "DDoS protection of the public address is switched off",
            why: "The address is left out of the plan that protects its network: an attack on it takes down what \
                  stands behind.",
            fix: "Set ddos_protection_mode = \"VirtualNetworkInherited\", or leave it out.",
            bad: public_ip!("  ddos_protection_mode = \"Disabled\"\n"),
            good: public_ip!(""),
            references: &["https://learn.microsoft.com/azure/ddos-protection/ddos-protection-sku-comparison"],
            ..Meta::ROW
        },
        of: Of::Arm(types::PUBLIC_IP),
        must: OrAbsent("properties.ddosSettings.protectionMode", NoneOf(&["Disabled"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-EDG-006",
            name: "lb-basic-sku",
            severity: Severity::High,
            title: "the load balancer is of the Basic SKU, which was retired on 2025-09-30",
            why: "It is out of support, has no availability zones and no service level.",
            fix: "Set sku = \"Standard\" (\"Basic\" is the default before azurerm 4.0). The load balancer is replaced.",
            bad: r#"resource "azurerm_lb" "example" {
  name                = "lb-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  sku                 = "Basic"
}
"#,
            good: balancer!(""),
            references: &[
                "https://learn.microsoft.com/azure/load-balancer/load-balancer-basic-upgrade-guidance",
            ],
            peers: &["PSRule Azure.LB.StandardSKU", "TFLint azurerm_lb_invalid_sku"],
            ..Meta::ROW
        },
        of: Of::Arm(types::LOAD_BALANCER),
        must: OrAbsent("sku.name", NoneOf(&["Basic"])),
        note: "retired on 2025-09-30",
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-EDG-007",
            name: "lb-not-zonal",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "an internal frontend of the load balancer names no zones",
            why: "Without zones the frontend stands in one of them, and traffic stops with that zone.",
            fix: "Set zones = [\"1\", \"2\", \"3\"] in the frontend_ip_configuration.",
            bad: internal!(""),
            good: internal!("    zones     = [\"1\", \"2\", \"3\"]\n"),
            references: &[
                "https://learn.microsoft.com/azure/load-balancer/load-balancer-standard-availability-zones",
            ],
            peers: &["PSRule Azure.LB.AvailabilityZone"],
            ..Meta::ROW
        },
        of: Of::Arm(types::LOAD_BALANCER),
        when: &[STANDARD, ZONED],
        each: "properties.frontendIPConfigurations",
        must: Any(&[Not(&Is("properties.subnet.id", Set)), Is("zones", Filled)]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-EDG-008",
            name: "lb-weak-probe",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "a web port is probed by TCP only",
            why: "A backend that accepts connections and answers errors keeps its share of the traffic.",
            fix: "Set protocol = \"Https\" (or \"Http\") and request_path to a page that tells the backend's health.",
            bad: probe!(""),
            good: probe!("  protocol        = \"Https\"\n  request_path    = \"/healthz\"\n"),
            references: &[
                "https://learn.microsoft.com/azure/load-balancer/load-balancer-custom-probe-overview",
            ],
            peers: &["PSRule Azure.LB.Probe", "TFLint azurerm_lb_probe_invalid_protocol"],
            ..Meta::ROW
        },
        of: Of::Arm(types::LB_PROBE),
        must: Any(&[
            Is("properties.protocol", NoneOf(&["Tcp"])),
            Is("properties.port", By(|port| !matches!(port.as_i64(), Some(80 | 443 | 8080)))),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-EDG-012",
            name: "bastion-risky-features",
            title: "Bastion lets people in by ways that are harder to watch",
            why: "A shareable link works for whoever holds it, without signing in to Azure. Connections by address, \
                  tunnels and file copy reach further than the portal's console.",
            fix: "Set shareable_link_enabled = false; leave out ip_connect_enabled, tunneling_enabled and \
                  file_copy_enabled where nobody needs them.",
            exceptions: "Operators who work with native clients need tunneling_enabled.",
            bad: bastion!("  shareable_link_enabled = true\n"),
            good: bastion!(""),
            references: &["https://learn.microsoft.com/azure/bastion/shareable-link"],
            ..Meta::ROW
        },
        of: Of::Arm(types::BASTION),
        must: All(&[
            OrAbsent("properties.enableShareableLink", False),
            OrAbsent("properties.enableIpConnect", False),
            OrAbsent("properties.enableFileCopy", False),
            OrAbsent("properties.enableTunneling", False),
        ]),
        graded: &[(OrAbsent("properties.enableShareableLink", False), Severity::Info)],
        ..Attribute::ROW
    },
];
