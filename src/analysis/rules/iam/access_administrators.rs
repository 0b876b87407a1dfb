//! IAM-002: a role that gives roles, without a limit to which.

use super::assignment;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::roles::{Assignment, Level};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};

const ADMINISTRATORS: [&str; 2] = ["User Access Administrator", "Role Based Access Control Administrator"];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-IAM-002",
        name: "role-access-admin-broad",
        severity: Severity::Critical,
        title: "a principal may give any role to anybody, itself included",
        why: "It makes itself Owner in one call.",
        fix: "Add a condition (condition_version = \"2.0\") that names the roles and principals it may assign, and give \
              it at a narrower scope.",
        exceptions: "Break-glass groups.",
        bad: assignment!(
            r#""/subscriptions/11111111-2222-3333-4444-555555555555""#,
            "User Access Administrator",
            r#""66666666-7777-8888-9999-000000000000""#
        ),
        good: assignment!(
            r#""/subscriptions/11111111-2222-3333-4444-555555555555""#,
            "Role Based Access Control Administrator",
            r#""66666666-7777-8888-9999-000000000000""#,
            r#"  condition_version    = "2.0"
  condition            = "(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {7f951dda-4ed3-4680-a7ca-43fe172d538d})"
"#
        ),
        references: &[
            "https://learn.microsoft.com/azure/role-based-access-control/delegate-role-assignments-overview",
        ],
        peers: &["KICS use_of_user_access_administrator_role_is_not_restricted"],
        ..Meta::ROW
    },
    check,
};

/// Whether an assignment lets its principal give any role, over a resource group or more.
pub(in crate::analysis::rules) fn administers(assignment: &Assignment<'_>) -> Truth {
    // A condition that is not known is one all the same.
    let unconditional: Truth = assignment.document.get("properties.condition").is_none().into();
    let high = match assignment.scope.level {
        Some(level) => (level >= Level::ResourceGroup).into(),
        None => Truth::Unknown(assignment.scope.unknown.clone()),
    };
    assignment.role.is_one_of(&ADMINISTRATORS).and(unconditional).and(high)
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for assignment in graph.assignments() {
        let level = assignment.scope.level;
        let scope = assignment.document.get("properties.scope");
        let text = format!(
            "a principal is {} of a whole {} and may give any role",
            assignment.role.name(),
            level.map_or("scope", Level::word)
        );
        let outcome = out.judge(assignment.document, scope, !administers(assignment), text);
        if level == Some(Level::ResourceGroup) {
            outcome.severity(Severity::High);
        }
        if level.is_some_and(Level::is_broad) && !graph.clusters_of(&assignment.principal).is_empty() {
            outcome.told_by = Some(super::cluster_identity::RULE.meta.id);
        }
    }
}
