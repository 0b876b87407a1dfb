//! Rules about one attribute of a private endpoint or of a link.

use super::{endpoint, linked, zone};
use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{Any, Ask, Is, Not, OrAbsent};
use crate::analysis::rules::condition::Test::{False, Filled, True};
use crate::analysis::rules::condition::Thing;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Attribute, Meta, Of, Profile, Truth};
use crate::azure::types;

/// The zone of a link is one of private endpoints.
fn of_endpoints<'a>(_: &Graph<'a>, thing: Thing<'a>) -> Truth {
    let zone = thing.document.and_then(|link| link.id.parent());
    match zone.as_ref().map(|zone| zone.name()) {
        Some(name) if name.starts_with('<') => Truth::Unknown("the name of its zone is not known".to_owned()),
        name => name.is_some_and(|n| n.to_ascii_lowercase().starts_with("privatelink.")).into(),
    }
}

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-PEP-006",
            name: "pe-autoregistration",
            title: "machines register their names in a zone of private endpoints",
            why: "Names of machines end up among the records of services, and a network has room for one link with \
                  registration only.",
            fix: "Set registration_enabled = false, or leave it out.",
            bad: concat!(
                zone!("privatelink.vaultcore.azure.net"),
                linked!("  registration_enabled  = true\n")
            ),
            good: concat!(zone!("privatelink.vaultcore.azure.net"), linked!("")),
            references: &["https://learn.microsoft.com/azure/dns/private-dns-autoregistration"],
            ..Meta::ROW
        },
        of: Of::Arm(types::ZONE_LINK),
        when: &[(Ask(of_endpoints), "its zone is not one of private endpoints")],
        must: OrAbsent("properties.registrationEnabled", False),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-PEP-007",
            name: "pe-manual-connection",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the connection waits until the owner of the target approves it",
            why: "After apply the endpoint has an address and leads nowhere.",
            fix: "Set is_manual_connection = false where the target is yours.",
            exceptions: "Targets in another tenant.",
            bad: r#"resource "azurerm_private_endpoint" "example" {
  name                = "pe-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  subnet_id           = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example/subnets/endpoints"

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.KeyVault/vaults/kv"
    subresource_names              = ["vault"]
    is_manual_connection           = true
    request_message                = "please"
  }
}
"#,
            good: endpoint!("vault", ""),
            references: &["https://learn.microsoft.com/azure/private-link/private-endpoint-overview"],
            ..Meta::ROW
        },
        of: Of::Arm(types::PRIVATE_ENDPOINT),
        must: Not(&Any(&[
            Is("properties.manualPrivateLinkServiceConnections", Filled),
            Is("hcl.private_service_connection.is_manual_connection", True),
        ])),
        ..Attribute::ROW
    },
];
