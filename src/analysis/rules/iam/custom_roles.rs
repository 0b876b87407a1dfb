//! IAM-009 to IAM-014: custom roles that permit more than they say.

use super::custom_role;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::role_definitions::Definition;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};

const ROLES: &str = "https://learn.microsoft.com/azure/role-based-access-control/custom-roles";
/// What people need in place of a role that permits too much.
const GOOD: &str = custom_role!(
    r#"["Microsoft.ContainerService/managedClusters/read", "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"]"#
);
const DEFINES_ROLES: &str = "Microsoft.Authorization/roleDefinitions/write";
const ASSIGNS_ROLES: &str = "Microsoft.Authorization/roleAssignments/write";
/// Ways to administer a cluster through ARM.
const ADMINISTERS: [&str; 3] = [
    "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
    "Microsoft.ContainerService/managedClusters/accessProfiles/listCredential/action",
    "Microsoft.ContainerService/managedClusters/runcommand/action",
];
/// Wildcards over providers that hold access, keys, clusters and networks.
const WIDE: [&str; 7] = [
    "Microsoft.Authorization/*",
    "Microsoft.KeyVault/*",
    "Microsoft.ManagedIdentity/*",
    "Microsoft.ContainerService/*",
    "Microsoft.ContainerRegistry/*",
    "Microsoft.Network/*",
    "*/write",
];

pub(super) static OWNER: Check = Check {
    meta: Meta {
        id: "TU-IAM-009",
        name: "custom-role-owner",
        severity: Severity::High,
        title: "the custom role is Owner by another name",
        why: "Reviews of who is Owner do not find it, and whoever has it gives access to others.",
        fix: "List the actions that are needed.",
        bad: custom_role!(r#"["*"]"#),
        good: GOOD,
        references: &[ROLES],
        peers: &["CKV_AZURE_39", "AZU-0030"],
        ..Meta::ROW
    },
    check: |graph, out| {
        for role in graph.role_definitions() {
            let at = role.action(|action| action == "*");
            out.judge(role.resource.clone(), at, !role.is_owner(), OWNER.meta.title);
        }
    },
};

pub(super) static DEFINES: Check = Check {
    meta: Meta {
        id: "TU-IAM-010",
        name: "custom-role-can-define-roles",
        severity: Severity::High,
        title: "the custom role may define roles",
        why: "Whoever has it adds to a role that they hold already whatever they want.",
        fix: "Take out Microsoft.Authorization/roleDefinitions/write, or the wildcard that covers it.",
        exceptions: "Roles of the team that maintains roles.",
        bad: custom_role!(r#"["Microsoft.Authorization/*"]"#),
        good: GOOD,
        references: &[ROLES],
        peers: &["AZU-0052", "KICS role_definition_allows_custom_role_creation"],
        ..Meta::ROW
    },
    check: |graph, out| judge(graph, out, &[DEFINES_ROLES], DEFINES.meta.title),
};

pub(super) static ASSIGNS: Check = Check {
    meta: Meta {
        id: "TU-IAM-011",
        name: "custom-role-can-assign",
        severity: Severity::High,
        title: "the custom role may give roles",
        why: "Whoever has it makes themselves Owner.",
        fix: "Take out Microsoft.Authorization/roleAssignments/write; where roles must be given, use the built-in role \
              Role Based Access Control Administrator with a condition.",
        bad: custom_role!(r#"["Microsoft.Authorization/roleAssignments/*"]"#),
        good: GOOD,
        references: &[ROLES],
        ..Meta::ROW
    },
    check: |graph, out| judge(graph, out, &[ASSIGNS_ROLES], ASSIGNS.meta.title),
};

pub(super) static WILDCARDS: Check = Check {
    meta: Meta {
        id: "TU-IAM-012",
        name: "custom-role-wildcards",
        profile: Profile::Strict,
        title: "the custom role has a wildcard over a whole provider",
        why: "It grows with every feature that the provider gets.",
        fix: "List the actions that are needed.",
        exceptions: "Roles for the team that owns the service.",
        bad: custom_role!(r#"["Microsoft.Network/*"]"#),
        good: GOOD,
        references: &[ROLES],
        ..Meta::ROW
    },
    check: |graph, out| {
        for role in graph.role_definitions() {
            let wide = role.lists(&WIDE).or(role.has_all_data_actions());
            let at = role.action(|action| WIDE.iter().any(|w| w.eq_ignore_ascii_case(action)));
            out.judge(role.resource.clone(), at, !wide, WILDCARDS.meta.title);
        }
    },
};

pub(super) static ADMIN_KUBECONFIG: Check = Check {
    meta: Meta {
        id: "TU-IAM-013",
        name: "custom-role-listclusteradmin",
        title: "the custom role makes its holders cluster-admin",
        why: "They fetch the admin kubeconfig or run commands as cluster-admin through ARM, past all RBAC of Kubernetes.",
        fix: "Permit Microsoft.ContainerService/managedClusters/listClusterUserCredential/action only.",
        exceptions: "Break-glass roles.",
        bad: custom_role!(r#"["Microsoft.ContainerService/managedClusters/*"]"#),
        good: GOOD,
        references: &["https://learn.microsoft.com/azure/aks/control-kubeconfig-access"],
        ..Meta::ROW
    },
    check: |graph, out| judge(graph, out, &ADMINISTERS, ADMIN_KUBECONFIG.meta.title),
};

pub(super) static ROOT_SCOPE: Check = Check {
    meta: Meta {
        id: "TU-IAM-014",
        name: "custom-role-root-scope",
        severity: Severity::High,
        title: "the custom role is to be given at \"/\", which Azure refuses",
        why: "The apply fails when the role is made.",
        fix: "List subscriptions or management groups in assignable_scopes.",
        bad: custom_role!(r#"["Microsoft.Resources/subscriptions/read"]"#, "", "/"),
        good: GOOD,
        references: &[ROLES],
        ..Meta::ROW
    },
    check: |graph, out| {
        for role in graph.role_definitions() {
            let root = |scope: &&_| Truth::of(Some(scope), false, |v| v.as_str() == Some("/"));
            let at = role.scopes.iter().copied().find(|s| root(s) == Truth::Yes);
            let fine = !Truth::any(role.scopes.iter().map(root));
            out.judge(role.resource.clone(), at, fine, ROOT_SCOPE.meta.title);
        }
    },
};

/// A role that permits one of these actions fails; of one that is Owner altogether IAM-009 tells.
fn judge(graph: &Graph<'_>, out: &mut Outcomes<'_>, actions: &[&str], text: &str) {
    for role in graph.role_definitions() {
        if role.is_owner() == Truth::Yes {
            out.skip(role.resource, "it is Owner by another name");
            continue;
        }
        let permitted = Truth::any(actions.iter().map(|action| role.permits(action)));
        let at = source(&role, actions);
        out.judge(role.resource.clone(), at, !permitted, text);
    }
}

fn source<'a>(role: &Definition<'a>, actions: &[&str]) -> Option<&'a crate::terraform::value::Value> {
    actions.iter().find_map(|action| role.source(action))
}
