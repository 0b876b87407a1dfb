//! X-037: audit logs that those may delete whom they watch.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::principals::{CREDENTIAL, of_identity};
use crate::analysis::rules::graph::roles::Level;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;

/// A cluster that logs to a workspace, whose nodes have a role: its scope.
macro_rules! logging {
    ($scope:literal) => {
        concat!(
            cluster!(),
            r#"
resource "azurerm_resource_group" "logs" {
  name     = "rg-logs"
  location = "westeurope"
}

resource "azurerm_resource_group" "apps" {
  name     = "rg-apps"
  location = "westeurope"
}

resource "azurerm_log_analytics_workspace" "logs" {
  name                = "log-audit"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.logs.name
}

resource "azurerm_monitor_diagnostic_setting" "audit" {
  name                       = "audit"
  target_resource_id         = azurerm_kubernetes_cluster.example.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.logs.id

  enabled_log {
    category = "kube-audit-admin"
  }
}

resource "azurerm_role_assignment" "nodes" {
  scope                = "#,
            $scope,
            r#"
  role_definition_name = "Contributor"
  principal_id         = azurerm_kubernetes_cluster.example.kubelet_identity[0].object_id
}
"#
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-037",
        name: "diag-sink-same-fate",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "audit logs are kept where an identity that they watch may delete them",
        why: "Whoever takes over the workload erases what it did.",
        fix: "Keep audit logs in a resource group or subscription in which workloads have no role, and make the storage \
              immutable.",
        exceptions: "",
        bad: logging!("azurerm_resource_group.logs.id"),
        good: logging!("azurerm_resource_group.apps.id"),
        references: &["https://learn.microsoft.com/azure/azure-monitor/logs/data-security"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let watched = [types::CLUSTER, types::VAULT];
    for sink in graph.of_type(types::WORKSPACE).chain(graph.of_type(types::STORAGE)) {
        let is_sink = |setting: &Document| {
            let target = setting.id.parent().and_then(|id| id.parent());
            let watches = target.and_then(|id| graph.estate.by_id(&id));
            let here = ["properties.workspaceId", "properties.storageAccountId"];
            watches.is_some_and(|d| watched.iter().any(|t| d.is(t)))
                && here.iter().any(|path| graph.id(setting.get(path)).as_ref() == Some(&sink.id))
        };
        if !graph.of_type(types::DIAGNOSTICS).any(is_sink) {
            out.skip(sink, "no logs of a cluster or a vault of this root go there");
            continue;
        }
        let mut worst = Truth::Yes;
        let mut told = false;
        for assignment in graph.assignments() {
            let broad: Truth = match assignment.scope.level {
                None => Truth::Unknown(assignment.scope.unknown.clone()),
                level => (level >= Some(Level::ResourceGroup)).into(),
            };
            if !is_workload(graph, assignment) {
                continue;
            }
            let may = broad.and(assignment.scope.covers(&sink.id)).and(assignment.role.writes());
            if may == Truth::Yes {
                let level = assignment.scope.level.map_or("scope", Level::word);
                let text = format!(
                    "{} of its whole {level} is given to an identity that its logs watch",
                    assignment.role.name()
                );
                let place = assignment.document.declared.as_ref().map(|d| d.block);
                out.fail(sink, None, text).because(place, "this role");
                told = true;
            }
            worst = worst.and(!may);
        }
        if !told {
            out.judge(sink, None, worst, RULE.meta.title);
        }
    }
}

/// True for a role of a cluster, of its workloads, or of a pipeline that signs in with a federated credential.
fn is_workload<'a>(graph: &Graph<'a>, assignment: &super::super::graph::roles::Assignment<'a>) -> bool {
    let principal = &assignment.principal;
    let of_cluster = |c: &'a Document| {
        let of = graph.identities(c);
        [&of.control_plane, &of.kubelet, &of.secrets_provider, &of.ingress, &of.routing, &of.workloads]
            .iter()
            .any(|list| list.contains(principal))
    };
    let federated = |credential: &'a Document| {
        let identity = credential.id.parent().and_then(|id| graph.estate.by_id(&id));
        identity.is_some_and(|i| of_identity(i).contains(principal))
    };
    graph.of_type(types::CLUSTER).any(of_cluster) || graph.of_type(CREDENTIAL).any(federated)
}
