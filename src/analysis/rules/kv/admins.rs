//! KV-028: a workload that administers the vault it only has to read.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, vault};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::principals::Principal;
use crate::analysis::rules::graph::roles::{Level, Scope};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};

const ROLES: [&str; 5] = [
    "Key Vault Administrator",
    "Key Vault Secrets Officer",
    "Key Vault Crypto Officer",
    "Key Vault Certificates Officer",
    "Key Vault Data Access Administrator",
];

/// A role of the cluster's nodes on the vault.
macro_rules! given {
    ($role:literal) => {
        concat!(
            cluster!(),
            "\n",
            vault!("\n  rbac_authorization_enabled = true\n"),
            r#"
resource "azurerm_role_assignment" "example" {
  scope                = azurerm_key_vault.example.id
  role_definition_name = ""#,
            $role,
            r#""
  principal_id         = azurerm_kubernetes_cluster.example.kubelet_identity[0].object_id
}
"#
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-KV-028",
        name: "kv-admin-role-to-workload",
        severity: Severity::High,
        title: "a workload may write and delete in the vault, or give others access",
        why: "A workload reads. One that is taken over replaces or destroys what all others of the vault depend on.",
        fix: "Give it Key Vault Secrets User, Key Vault Crypto User or Key Vault Certificate User.",
        exceptions: "Workloads whose task it is, such as an operator that issues certificates.",
        bad: given!("Key Vault Administrator"),
        good: given!("Key Vault Secrets User"),
        references: &["https://learn.microsoft.com/azure/key-vault/general/rbac-guide"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for assignment in graph.assignments() {
        let document = assignment.document;
        let admin = assignment.role.is_one_of(&ROLES);
        if admin == Truth::No {
            out.pass(document);
            continue;
        }
        if !may_be_a_vault(&assignment.scope) {
            out.skip(document, "its scope is no vault");
            continue;
        }
        if let Principal::Unknown(why) = &assignment.principal {
            out.unknown(document, why.clone());
            continue;
        }
        let Some(workload) = graph.workload(&assignment.principal) else {
            out.skip(document, "its principal is not known to be a workload");
            continue;
        };
        let text = format!("{}, given to {workload}", assignment.role.name());
        let at = document.get("properties.roleDefinitionId");
        out.judge(document, at, !admin, text);
    }
}

/// True for a vault, what holds vaults, and what is not known.
fn may_be_a_vault(scope: &Scope) -> bool {
    let id = scope.id.as_ref().map(|id| id.as_str().to_ascii_lowercase());
    match (&scope.level, id) {
        (Some(Level::Resource), Some(id)) => id.contains("/microsoft.keyvault/"),
        _ => true,
    }
}
