//! SEC-018: nothing keeps what production needs from being deleted.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::roles::Scope;
use crate::analysis::rules::graph::{Graph, production};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::types;

/// What a lock protects.
const PROTECTED: [&str; 5] =
    [types::VAULT, types::REGISTRY, types::CLUSTER, types::VNET, types::RESOURCE_GROUP];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-018",
        name: "management-lock-missing",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "no lock keeps the resource of production from being deleted",
        why: "One wrong command, or a destroy in the wrong root, takes it away.",
        fix: "Add an azurerm_management_lock with lock_level = \"CanNotDelete\" on it or on its resource group.",
        exceptions: "Roots that are made anew by design.",
        bad: vault!("\n  tags = {\n    environment = \"production\"\n  }\n"),
        good: concat!(
            vault!("\n  tags = {\n    environment = \"production\"\n  }\n"),
            r#"
resource "azurerm_management_lock" "vault" {
  name       = "no-delete"
  scope      = azurerm_key_vault.example.id
  lock_level = "CanNotDelete"
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources"],
        peers: &[
            "KICS azure_container_registry_with_no_locks",
            "Terrascan AC_AZURE_0185",
            "Terrascan AC_AZURE_0389",
        ],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let documents = graph.of_type("Microsoft.Authorization/locks");
    let live: Vec<Scope> =
        documents.filter_map(|d| d.id.parent()).map(|id| Scope::of(Some(&id.as_str().into()))).collect();
    let declared = graph.instances("azurerm_management_lock").map(|lock| {
        let value = lock.config.get("scope");
        match graph.id(value) {
            Some(id) => Scope::of(Some(&id.as_str().into())),
            None => Scope::of(value),
        }
    });
    let scopes: Vec<Scope> = declared.chain(live).collect();
    for document in PROTECTED.iter().flat_map(|t| graph.of_type(t)) {
        if document.declared.is_none() || !production(graph, document) {
            out.skip(document, "not declared, or not of production");
            continue;
        }
        let locked = Truth::any(scopes.iter().map(|scope| scope.covers(&document.id)));
        out.judge(document, None, graph.closed_world(document, locked), RULE.meta.title);
    }
}
