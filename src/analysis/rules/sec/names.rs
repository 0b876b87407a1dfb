//! SEC-025: names that Azure refuses.

use crate::analysis::finding::Severity;
use crate::analysis::rules::Test::{self, By, Matches};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::shown;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::types;
use crate::terraform::value::Value;

/// What a name must be, by type.
const NAMES: [(&str, Test); 5] = [
    (types::IDENTITY, Matches("^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$")),
    ("Microsoft.OperationalInsights/workspaces", Matches("^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$")),
    ("Microsoft.Network/azureFirewalls", Matches("^[A-Za-z0-9]([A-Za-z0-9._-]{0,54}[A-Za-z0-9_])?$")),
    ("Microsoft.Network/firewallPolicies", Matches("^[A-Za-z0-9]([A-Za-z0-9._-]{0,78}[A-Za-z0-9_])?$")),
    (types::RESOURCE_GROUP, By(is_group_name)),
];

/// Up to 90 letters and digits of any script and some signs. The expression does not count: one that knows
/// every script ninety times over takes longer to compile than a review.
fn is_group_name(name: &Value) -> bool {
    let Some(text) = name.as_str() else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || "_().-".contains(c);
    let fits = (1..=90).contains(&text.chars().count()) && !text.ends_with('.');
    let any_script = || Matches(r"^[\p{L}\p{N}_().-]+$").of(Some(name), false) == Truth::Yes;
    fits && (text.chars().all(plain) || any_script())
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-025",
        name: "other-name-invalid",
        severity: Severity::High,
        title: "Azure refuses the name",
        why: "The apply fails, after other resources were made.",
        fix: "Identity: 3 to 128 letters, digits, hyphens and underscores. Workspace: 4 to 63 letters, digits and \
              hyphens. Firewall: up to 56, policy: up to 80. Resource group: up to 90, without a dot at the end.",
        bad: r#"resource "azurerm_user_assigned_identity" "example" {
  name                = "id"
  location            = "westeurope"
  resource_group_name = "rg-example"
}
"#,
        good: r#"resource "azurerm_user_assigned_identity" "example" {
  name                = "id-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
}
"#,
        references: &[
            "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules",
        ],
        peers: &[
            "PSRule Azure.Identity.UserAssignedName",
            "PSRule Azure.Log.Name",
            "PSRule Azure.Firewall.Name",
            "PSRule Azure.Firewall.PolicyName",
            "PSRule Azure.Group.Name",
        ],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for (arm_type, test) in NAMES {
        // Azure never gives back a name that it would refuse.
        for document in graph.of_type(arm_type).filter(|d| d.declared.is_some()) {
            let name = document.get("name");
            let text = format!("Azure refuses the name {}", name.map(shown).unwrap_or_default());
            out.judge(document, name, test.of(name, true), text);
        }
    }
}
