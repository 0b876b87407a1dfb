//! IAM-004: a cluster that may do more than run.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::principals::Principal;
use crate::analysis::rules::graph::roles::{Assignment, Level};
use crate::analysis::rules::graph::text::location;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;

const PRIVILEGED: [&str; 4] =
    ["Owner", "Contributor", "User Access Administrator", "Role Based Access Control Administrator"];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-IAM-004",
        name: "aks-identity-overprivileged",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the cluster's own identity has a role over far more than the cluster",
        why: "A pod that reaches the metadata service, or whoever takes over the control plane, owns that scope.",
        fix: "Give narrow roles: Network Contributor on the subnet, AcrPull on the registry.",
        exceptions: "",
        bad: concat!(
            r#"resource "azurerm_resource_group" "shared" {
  name     = "rg-shared"
  location = "westeurope"
}

"#,
            crate::analysis::rules::example::cluster!(),
            r#"
resource "azurerm_role_assignment" "nodes" {
  scope                = azurerm_resource_group.shared.id
  role_definition_name = "Contributor"
  principal_id         = azurerm_kubernetes_cluster.example.kubelet_identity[0].object_id
}
"#
        ),
        good: concat!(
            r#"resource "azurerm_resource_group" "shared" {
  name     = "rg-shared"
  location = "westeurope"
}

"#,
            crate::analysis::rules::example::cluster!(),
            r#"
resource "azurerm_role_assignment" "nodes" {
  scope                = azurerm_resource_group.shared.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_kubernetes_cluster.example.kubelet_identity[0].object_id
}
"#
        ),
        references: &["CIS AKS 1.7 5.2.1", "https://learn.microsoft.com/azure/aks/aks-service-permissions"],
        peers: &[],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let any_cluster = graph.of_type(types::CLUSTER).next().is_some();
    for assignment in graph.assignments() {
        let document = assignment.document;
        let role = assignment.role.is_one_of(&PRIVILEGED);
        let clusters = graph.clusters_of(&assignment.principal);
        match (&assignment.principal, clusters.first()) {
            (_, Some(cluster)) => judge(assignment, cluster, role, out),
            (Principal::Unknown(why), None) if any_cluster && role != Truth::No => {
                out.unknown(document, why.clone());
            }
            _ => {
                out.skip(document, "not the identity of a cluster of this root");
            }
        }
    }
}

fn judge(assignment: &Assignment<'_>, cluster: &Document, role: Truth, out: &mut Outcomes<'_>) {
    let document = assignment.document;
    let too_high = match assignment.scope.level {
        None => Truth::Unknown(assignment.scope.unknown.clone()),
        Some(Level::Resource) => Truth::No,
        Some(Level::ResourceGroup) => !is_node_group(assignment, cluster),
        Some(_) => Truth::Yes,
    };
    let scope = document.get("properties.scope");
    let level = assignment.scope.level.map_or("scope", Level::word);
    let text =
        format!("{} of a whole {level}, given to the cluster {}", assignment.role.name(), cluster.name());
    let outcome = out.judge(document, scope, !role.and(too_high), text);
    if assignment.scope.level.is_some_and(Level::is_broad) {
        outcome.severity(Severity::Critical);
    }
    outcome.because(cluster.declared.as_ref().map(|d| d.block), "this cluster");
}

/// Whether the scope is the group in which AKS keeps the cluster's nodes.
fn is_node_group(assignment: &Assignment<'_>, cluster: &Document) -> Truth {
    let Some(group) = assignment.scope.id.as_ref().and_then(|id| id.resource_group()) else {
        return Truth::Unknown(assignment.scope.unknown.clone());
    };
    if let Some(named) = cluster.str("properties.nodeResourceGroup") {
        return named.eq_ignore_ascii_case(group).into();
    }
    let usual = format!(
        "MC_{}_{}_{}",
        cluster.id.resource_group().unwrap_or(""),
        cluster.name(),
        location(cluster).unwrap_or_default()
    );
    usual.eq_ignore_ascii_case(group).into()
}
