//! IAM-001 and IAM-003: Owner and Contributor of a subscription or more.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::roles::{Assignment, Scope};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};

const GOOD: &str = r#"resource "azurerm_resource_group" "example" {
  name     = "rg-example"
  location = "westeurope"
}

resource "azurerm_role_assignment" "pipeline" {
  scope                = azurerm_resource_group.example.id
  role_definition_name = "Contributor"
  principal_id         = "66666666-7777-8888-9999-000000000000"
}
"#;

pub(super) static OWNER: Check = Check {
    meta: Meta {
        id: "TU-IAM-001",
        name: "role-owner-broad",
        severity: Severity::Critical,
        profile: Profile::Default,
        title: "Owner of a subscription or more",
        why: "Whoever gets hold of the principal controls everything there and can give others access as well.",
        fix: "Give a narrower role on a resource group.",
        exceptions: "Break-glass groups.",
        bad: r#"resource "azurerm_role_assignment" "pipeline" {
  scope                = "/subscriptions/11111111-2222-3333-4444-555555555555"
  role_definition_name = "Owner"
  principal_id         = "66666666-7777-8888-9999-000000000000"
}
"#,
        good: GOOD,
        references: &[
            "CIS Azure 6.0 5.3.4",
            "https://learn.microsoft.com/azure/role-based-access-control/best-practices",
        ],
        peers: &["PSRule Azure.RBAC.LimitOwner"],
    },
    check: owner,
};

pub(super) static CONTRIBUTOR: Check = Check {
    meta: Meta {
        id: "TU-IAM-003",
        name: "role-contributor-subscription",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "Contributor of a subscription or more",
        why: "The principal can change or delete everything there, also what other teams own.",
        fix: "Give the role on the resource groups that are meant.",
        exceptions: "Pipelines that create resource groups.",
        bad: r#"resource "azurerm_role_assignment" "pipeline" {
  scope                = "/subscriptions/11111111-2222-3333-4444-555555555555"
  role_definition_name = "Contributor"
  principal_id         = "66666666-7777-8888-9999-000000000000"
}
"#,
        good: GOOD,
        references: &["https://learn.microsoft.com/azure/role-based-access-control/best-practices"],
        peers: &[],
    },
    check: contributor,
};

/// Whether a scope is a subscription or above.
fn is_broad(scope: &Scope) -> Truth {
    match scope.level {
        Some(level) => level.is_broad().into(),
        None => Truth::Unknown(scope.unknown.clone()),
    }
}

/// Whether an assignment gives a role on a subscription or more.
pub(in crate::analysis::rules) fn gives(assignment: &Assignment<'_>, role: &str) -> Truth {
    assignment.role.is_one_of(&[role]).and(is_broad(&assignment.scope))
}

fn owner(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    judge(graph, out, "Owner");
}

fn contributor(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    judge(graph, out, "Contributor");
}

fn judge(graph: &Graph<'_>, out: &mut Outcomes<'_>, role: &str) {
    for assignment in graph.assignments() {
        let level = assignment.scope.level.map_or("", |l| l.word());
        let scope = assignment.document.get("properties.scope");
        let text = format!("a principal is {role} of a whole {level}");
        let outcome = out.judge(assignment.document, scope, !gives(assignment, role), text);
        if !graph.clusters_of(&assignment.principal).is_empty() {
            outcome.told_by = Some(super::cluster_identity::RULE.meta.id);
        }
    }
}
