//! X-002 and X-003: roles to pull that do not reach those who pull.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, registry};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::types;

/// Roles that a registry with permissions by repository does not honour.
const OLD_ROLES: [&str; 2] = ["AcrPull", "AcrPush"];
/// Roles that it does.
const REPOSITORY_ROLES: [&str; 3] = [
    "Container Registry Repository Reader",
    "Container Registry Repository Writer",
    "Container Registry Repository Contributor",
];
const PULL_ROLES: [&str; 2] = ["AcrPull", "Container Registry Repository Reader"];

/// A registry with permissions by repository.
macro_rules! abac_registry {
    () => {
        r#"resource "azapi_resource" "registry" {
  type      = "Microsoft.ContainerRegistry/registries@2025-11-01"
  name      = "crexample"
  parent_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example"
  location  = "westeurope"

  body = {
    sku        = { name = "Premium" }
    properties = { roleAssignmentMode = "AbacRepositoryPermissions" }
  }
}

"#
    };
}

/// A role on the registry of the example for an identity of the cluster.
macro_rules! role {
    ($scope:literal, $role:literal, $principal:literal) => {
        concat!(
            "\nresource \"azurerm_role_assignment\" \"pull\" {\n  scope                = ",
            $scope,
            "\n  role_definition_name = \"",
            $role,
            "\"\n  principal_id         = azurerm_kubernetes_cluster.example.",
            $principal,
            "\n}\n"
        )
    };
}

pub(super) static IGNORED: Check = Check {
    meta: Meta {
        id: "TU-X-002",
        name: "acr-abac-with-acrpull",
        severity: Severity::High,
        title: "the registry has permissions by repository and does not honour the role",
        why: "Pulls fail from the moment on at which the registry changes its mode.",
        fix: "Give Container Registry Repository Reader (or Writer) in place of AcrPull (or AcrPush).",
        bad: concat!(
            abac_registry!(),
            cluster!(),
            role!("azapi_resource.registry.id", "AcrPull", "kubelet_identity[0].object_id")
        ),
        good: concat!(
            abac_registry!(),
            cluster!(),
            role!("azapi_resource.registry.id", "AcrPull", "kubelet_identity[0].object_id"),
            r#"
resource "azurerm_role_assignment" "read" {
  scope                = azapi_resource.registry.id
  role_definition_name = "Container Registry Repository Reader"
  principal_id         = azurerm_kubernetes_cluster.example.kubelet_identity[0].object_id
}
"#
        ),
        references: &[
            "https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions",
        ],
        ..Meta::ROW
    },
    check: ignored,
};

pub(super) static WRONG_IDENTITY: Check = Check {
    meta: Meta {
        id: "TU-X-003",
        name: "acr-pull-on-wrong-identity",
        title: "the control plane may pull images, but the nodes may not",
        why: "Images are pulled by the nodes: every new pod ends in ImagePullBackOff.",
        fix: "Give the role to kubelet_identity[0].object_id.",
        bad: concat!(
            cluster!(),
            "\n",
            registry!("Premium", ""),
            role!("azurerm_container_registry.example.id", "AcrPull", "identity[0].principal_id")
        ),
        good: concat!(
            cluster!(),
            "\n",
            registry!("Premium", ""),
            role!("azurerm_container_registry.example.id", "AcrPull", "identity[0].principal_id"),
            r#"
resource "azurerm_role_assignment" "nodes" {
  scope                = azurerm_container_registry.example.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_kubernetes_cluster.example.kubelet_identity[0].object_id
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/cluster-container-registry-integration"],
        ..Meta::ROW
    },
    check: wrong_identity,
};

fn ignored(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for registry in graph.of_type(types::REGISTRY) {
        let mode = registry.get("properties.roleAssignmentMode");
        let by_repository = Truth::is_word(mode, "AbacRepositoryPermissions", false);
        for assignment in graph.assignments() {
            let old = assignment.role.is_one_of(&OLD_ROLES).and(assignment.scope.covers(&registry.id));
            if old == Truth::No {
                continue;
            }
            let principal = std::slice::from_ref(&assignment.principal);
            let has_new = graph.has_role(principal, &registry.id, |role| role.is_one_of(&REPOSITORY_ROLES));
            let text = format!("{} does not honour the role {}", registry.name(), assignment.role.name());
            let wrong = old.and(by_repository.clone()).and(!has_new);
            let outcome = out.judge(assignment.document, None, !wrong, text);
            outcome.because(registry.declared.as_ref().map(|d| d.block), "the registry");
        }
    }
}

fn wrong_identity(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for assignment in graph.assignments() {
        if assignment.role.is_one_of(&PULL_ROLES) != Truth::Yes {
            continue;
        }
        for cluster in graph.of_type(types::CLUSTER) {
            let of = graph.identities(cluster);
            let principal = &assignment.principal;
            if !of.control_plane.contains(principal) || of.kubelet.contains(principal) {
                continue;
            }
            let fine = match &assignment.scope.id {
                Some(scope) => graph.may_pull(cluster, scope),
                None => Truth::Unknown(assignment.scope.unknown.clone()),
            };
            let at = assignment.document.get("properties.principalId");
            let text =
                format!("the control plane of {} may pull images, but its nodes may not", cluster.name());
            out.judge(assignment.document, at, fine, text);
        }
    }
}
