//! Rules about container registries.

mod attributes;
mod clusters;
mod contents;
mod images;
pub(super) mod networks;
mod observability;
mod regions;
mod sku;
mod tokens;

use super::condition::Condition::{Any, Is};
use super::condition::Test::OneOf;
use super::{Condition, Group, Test};

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &clusters::NO_ENDPOINT,
        &clusters::WHOLE_REGISTRY,
        &images::RULE,
        &networks::RULE,
        &networks::TOO_BROAD,
        &observability::NO_AUDIT,
        &observability::NO_SCAN,
        &regions::FAR,
        &regions::NOT_ALLOWED,
        &sku::RULE,
        &tokens::NO_EXPIRY,
    ],
    rows: &[attributes::ROWS, contents::ROWS, tokens::ROWS],
};

/// A policy's status, or a property of that kind, is on.
const ENABLED: Test = OneOf(&["enabled"]);
/// It is off.
const OFF: Test = OneOf(&["disabled"]);

/// Guards: the SKU that has most features. azurerm writes the tier, bodies the name.
const PREMIUM: (Condition, &str) = (
    Any(&[Is("sku.name", OneOf(&["Premium"])), Is("sku.tier", OneOf(&["Premium"]))]),
    "only the Premium SKU has it",
);

/// The registry does not answer every network.
const CLOSED: Condition = Any(&[
    Is("properties.publicNetworkAccess", OFF),
    Is("properties.networkRuleSet.defaultAction", OneOf(&["Deny"])),
]);

/// The role with which the example's cluster pulls.
macro_rules! pull {
    ($cluster:literal) => {
        concat!(
            r#"
resource "azurerm_role_assignment" ""#,
            $cluster,
            r#"" {
  scope                = azurerm_container_registry.example.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_kubernetes_cluster."#,
            $cluster,
            ".kubelet_identity[0].object_id\n}\n"
        )
    };
}

use pull;
