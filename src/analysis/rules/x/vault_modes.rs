//! X-005: a role on a vault that goes by access policies.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::roles::Role;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::{Check, Meta, Outcomes};
use crate::azure::types;

/// How the names of roles about vaults begin.
const OF_VAULTS: &str = "Key Vault ";
/// Roles about vaults that have nothing to do with what is in them.
const OF_MANAGEMENT: [&str; 3] =
    ["Key Vault Contributor", "Key Vault Data Access Administrator", "Key Vault Purge Operator"];

macro_rules! role {
    () => {
        r#"
resource "azurerm_role_assignment" "secrets" {
  scope                = azurerm_key_vault.example.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = "66666666-7777-8888-9999-000000000000"
}
"#
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-005",
        name: "vault-role-in-wrong-mode",
        severity: Severity::High,
        title: "the role has no effect: the vault goes by access policies",
        why: "Whoever has the role is refused by the vault.",
        fix: "Set rbac_authorization_enabled = true, or give an access policy.",
        bad: concat!(vault!(""), role!()),
        good: concat!(vault!("\n  rbac_authorization_enabled = true\n"), role!()),
        references: &["https://learn.microsoft.com/azure/key-vault/general/rbac-guide"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for assignment in graph.assignments() {
        let Role::Named(role) = &assignment.role else { continue };
        let of_vaults = role.get(..OF_VAULTS.len()).is_some_and(|head| head.eq_ignore_ascii_case(OF_VAULTS));
        let of_data = of_vaults && !OF_MANAGEMENT.iter().any(|name| name.eq_ignore_ascii_case(role));
        let vault = assignment.scope.id.as_ref().and_then(|id| graph.estate.by_id(id));
        let Some(vault) = vault.filter(|v| of_data && v.is(types::VAULT)) else { continue };
        let by_role = flag(vault.get("properties.enableRbacAuthorization"), false);
        let at = assignment.document.get("properties.scope");
        let text = format!("{role} has no effect on {}, which goes by access policies", vault.name());
        let outcome = out.judge(assignment.document, at, by_role, text);
        outcome.because(vault.declared.as_ref().map(|d| d.block), "the vault");
    }
}
