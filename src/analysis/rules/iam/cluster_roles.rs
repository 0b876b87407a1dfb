//! IAM-022 and IAM-023: who administers clusters, and nodes that may change images.

use super::assignment;
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, registry};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::roles::{Assignment, Level};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

const CLUSTER_ADMINS: [&str; 2] =
    ["Azure Kubernetes Service RBAC Cluster Admin", "Azure Kubernetes Service Cluster Admin Role"];
/// Roles that write to a registry.
const PUSH: [&str; 6] = [
    "AcrPush",
    "AcrDelete",
    "Contributor",
    "Owner",
    "Container Registry Repository Writer",
    "Container Registry Repository Contributor",
];
const PUSH_ACTION: &str = "Microsoft.ContainerRegistry/registries/push/write";

pub(super) static ADMINISTERS: Check = Check {
    meta: Meta {
        id: "TU-IAM-022",
        name: "aks-admin-role-broad",
        severity: Severity::High,
        title: "a principal administers more than one cluster, or is a single person who administers one",
        why: "Above a cluster the role holds for every cluster that is there and for those still to come; a role of a \
              person outlives the reason for it.",
        fix: "Give the role to a group, on the cluster or on one of its namespaces, and for a limited time.",
        exceptions: "Groups of the platform team.",
        bad: assignment!(
            r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example""#,
            "Azure Kubernetes Service RBAC Cluster Admin",
            r#""66666666-7777-8888-9999-000000000000""#
        ),
        good: concat!(
            cluster!(),
            "\n",
            assignment!(
                "azurerm_kubernetes_cluster.example.id",
                "Azure Kubernetes Service RBAC Cluster Admin",
                r#""66666666-7777-8888-9999-000000000000""#,
                "  principal_type       = \"Group\"\n"
            )
        ),
        references: &["https://learn.microsoft.com/azure/aks/manage-azure-rbac"],
        ..Meta::ROW
    },
    check: |graph, out| {
        for assignment in graph.assignments() {
            let admin = assignment.role.is_one_of(&CLUSTER_ADMINS);
            let above = match assignment.scope.level {
                Some(level) => (level > Level::Resource).into(),
                None => Truth::Unknown(assignment.scope.unknown.clone()),
            };
            let person = assignment.principal.is_person(assignment.document.get("properties.principalType"));
            let text = match &above {
                Truth::Yes => "a principal administers every cluster of a scope above the cluster",
                _ => "a person administers the cluster",
            };
            let at = assignment.document.get("properties.scope");
            out.judge(assignment.document, at, !admin.and(above.or(person)), text);
        }
    },
};

pub(super) static PUSHES: Check = Check {
    meta: Meta {
        id: "TU-IAM-023",
        name: "kubelet-can-push",
        severity: Severity::High,
        title: "the identity of the nodes may change images in the registry",
        why: "Whoever gets onto one node replaces the images that all clusters run.",
        fix: "Give the nodes AcrPull (or Container Registry Repository Reader) only.",
        bad: concat!(
            cluster!(),
            "\n",
            registry!("Premium", ""),
            "\n",
            assignment!(
                "azurerm_container_registry.example.id",
                "AcrPush",
                "azurerm_kubernetes_cluster.example.kubelet_identity[0].object_id"
            )
        ),
        good: concat!(
            cluster!(),
            "\n",
            registry!("Premium", ""),
            "\n",
            assignment!(
                "azurerm_container_registry.example.id",
                "AcrPull",
                "azurerm_kubernetes_cluster.example.kubelet_identity[0].object_id"
            )
        ),
        references: &["https://learn.microsoft.com/azure/aks/cluster-container-registry-integration"],
        peers: &["KICS azure_container_registry_with_broad_permissions"],
        ..Meta::ROW
    },
    check: pushes,
};

fn pushes(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for assignment in graph.assignments() {
        let mut clusters = graph.of_type(types::CLUSTER);
        if !clusters.any(|c| graph.identities(c).kubelet.contains(&assignment.principal)) {
            out.skip(assignment.document, "not the identity of a cluster's nodes");
            continue;
        }
        let pushes = assignment.role.allows(&PUSH, PUSH_ACTION);
        let at = assignment.document.get("properties.scope");
        let text = format!("{} lets the nodes change images of the registry", assignment.role.name());
        let outcome = out.judge(assignment.document, at, !pushes.and(reaches_registry(assignment)), text);
        if assignment.scope.level.is_some_and(Level::is_broad) {
            outcome.told_by = Some(super::cluster_identity::RULE.meta.id);
        }
    }
}

/// Whether the scope is a registry or above one.
fn reaches_registry(assignment: &Assignment<'_>) -> Truth {
    let of = assignment.document.get("properties.scope").and_then(Value::as_unknown).map(|u| &u.reason);
    match (assignment.scope.level, &assignment.scope.id, of) {
        (Some(Level::Resource), Some(id), _) => {
            id.arm_type().is_some_and(|t| t.eq_ignore_ascii_case(types::REGISTRY)).into()
        }
        (
            Some(Level::Resource),
            None,
            Some(Reason::Computed { address, .. } | Reason::Data { address, .. }),
        ) => (&*address.type_name == "azurerm_container_registry").into(),
        (Some(Level::Resource) | None, ..) => Truth::Unknown(assignment.scope.unknown.clone()),
        _ => Truth::Yes,
    }
}
