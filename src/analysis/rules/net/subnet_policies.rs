//! NET-007: private endpoints past security rules and routes.

use super::{subnet, vnet};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::places::Tenant;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::types;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-NET-007",
        name: "subnet-pe-policies-off",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "security rules and routes do not apply to the private endpoints in the subnet",
        why: "Everything in the connected networks reaches the endpoints, whatever the security group says.",
        fix: "Set private_endpoint_network_policies = \"Enabled\".",
        bad: placed!(""),
        good: placed!("  private_endpoint_network_policies = \"Enabled\"\n"),
        references: &[
            "https://learn.microsoft.com/azure/private-link/disable-private-endpoint-network-policy",
        ],
        ..Meta::ROW
    },
    check,
};

macro_rules! placed {
    ($lines:literal) => {
        concat!(
            vnet!(""),
            subnet!("endpoints", "snet-endpoints", "10.0.8.0/26", $lines),
            r#"
resource "azurerm_private_endpoint" "example" {
  name                = "pe-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  subnet_id           = azurerm_subnet.endpoints.id

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.KeyVault/vaults/kv-example"
    subresource_names              = ["vault"]
    is_manual_connection           = false
  }
}
"#
        )
    };
}
use placed;

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for subnet in graph.of_type(types::SUBNET) {
        if !graph.places().has(&subnet.id, &[Tenant::PrivateEndpoint]) {
            out.skip(subnet, "no private endpoint of this root stands in it");
            continue;
        }
        // Before 4.0 the provider sends nothing by itself and leaves it to Azure.
        let left_open = subnet
            .declared
            .as_ref()
            .is_some_and(|d| d.major == 3 && d.attributes.get("private_endpoint_network_policies").is_none());
        if left_open {
            out.unknown(subnet, "azurerm 3.x leaves private_endpoint_network_policies to Azure");
            continue;
        }
        let at = subnet.get("properties.privateEndpointNetworkPolicies");
        let on = Truth::of(at, false, |v| !is_word(v, "Disabled"));
        out.judge(subnet, at, on, RULE.meta.title);
    }
}
