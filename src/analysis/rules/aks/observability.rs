//! AKS-019, 022, 023 and 024: threat detection, and the logs of the control plane.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::types;

pub(super) static DEFENDER: Check = Check {
    meta: Meta {
        id: "TU-AKS-019",
        name: "aks-defender-profile-missing",
        severity: Severity::Medium,
        profile: Profile::Strict,
        title: "nothing watches the nodes for attacks at run time",
        why: "An intrusion goes unseen. The code alone proves little: the subscription's plan or a policy may switch \
              Defender on.",
        fix: "Add microsoft_defender { log_analytics_workspace_id = ... }, or the Containers plan of the subscription.",
        exceptions: "Clusters watched by another product.",
        bad: cluster!(),
        good: cluster!(
            r#"
  microsoft_defender {
    log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"
  }
"#
        ),
        references: &[
            "CIS AKS 1.7 5.1.1",
            "https://learn.microsoft.com/azure/defender-for-cloud/defender-for-containers-introduction",
        ],
        peers: &["PSRule Azure.AKS.DefenderProfile", "KICS aks_defender_profile_disabled"],
    },
    check: defender,
};

pub(super) static AUDIT: Check = Check {
    meta: Meta {
        id: "TU-AKS-022",
        name: "aks-audit-logs-not-exported",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "the audit log of the Kubernetes API is not kept",
        why: "After a break-in there is no record of who did what.",
        fix: "Add an azurerm_monitor_diagnostic_setting for the cluster with the categories kube-audit-admin and guard.",
        exceptions: "Settings that another root module or a policy makes.",
        bad: cluster!(),
        good: concat!(
            cluster!(),
            r#"
resource "azurerm_monitor_diagnostic_setting" "audit" {
  name                       = "audit"
  target_resource_id         = azurerm_kubernetes_cluster.example.id
  log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"

  enabled_log {
    category = "kube-audit-admin"
  }
}
"#
        ),
        references: &["CIS AKS 1.7 2.1.1", "https://learn.microsoft.com/azure/aks/monitor-aks-reference"],
        peers: &["PSRule Azure.AKS.AuditLogs", "KICS aks_without_audit_logs"],
    },
    check: audit,
};

pub(super) static PLATFORM: Check = Check {
    meta: Meta {
        id: "TU-AKS-023",
        name: "aks-platform-logs-not-exported",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "logs of the control plane are not kept",
        why: "When an upgrade hangs or pods are not scheduled, the reason stands in logs that nobody has.",
        fix: "Add the missing categories to the cluster's azurerm_monitor_diagnostic_setting.",
        exceptions: "Settings that another root module or a policy makes.",
        bad: cluster!(),
        good: concat!(
            cluster!(),
            r#"
resource "azurerm_monitor_diagnostic_setting" "all" {
  name                       = "all"
  target_resource_id         = azurerm_kubernetes_cluster.example.id
  log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"

  enabled_log {
    category = "kube-apiserver"
  }

  enabled_log {
    category = "kube-controller-manager"
  }

  enabled_log {
    category = "kube-scheduler"
  }

  enabled_log {
    category = "cluster-autoscaler"
  }
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/monitor-aks-reference"],
        peers: &["PSRule Azure.AKS.PlatformLogs"],
    },
    check: platform,
};

pub(super) static FULL_AUDIT: Check = Check {
    meta: Meta {
        id: "TU-AKS-024",
        name: "aks-kube-audit-cost",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "the audit log is kept with every read, which costs much and tells little",
        why: "Reads are most of the volume. kube-audit-admin keeps every change at a fraction of the price.",
        fix: "Replace category = \"kube-audit\" by \"kube-audit-admin\".",
        exceptions: "Clusters on which every read has to be on record.",
        bad: concat!(
            cluster!(),
            r#"
resource "azurerm_monitor_diagnostic_setting" "audit" {
  name                       = "audit"
  target_resource_id         = azurerm_kubernetes_cluster.example.id
  log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"

  enabled_log {
    category = "kube-audit"
  }
}
"#
        ),
        good: concat!(
            cluster!(),
            r#"
resource "azurerm_monitor_diagnostic_setting" "audit" {
  name                       = "audit"
  target_resource_id         = azurerm_kubernetes_cluster.example.id
  log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"

  enabled_log {
    category = "kube-audit-admin"
  }
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/monitor-aks-reference"],
        peers: &["PSRule Azure.AKS.AuditAdmin"],
    },
    check: full_audit,
};

/// What components of the control plane log, besides the audit.
const COMPONENTS: [&str; 4] =
    ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "cluster-autoscaler"];

fn platform(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let kept = COMPONENTS.map(|component| {
            let kept = graph.keeps_log(cluster, &[component], &["allLogs"]);
            (component, graph.closed_world(cluster, kept))
        });
        let missing: Vec<&str> = kept.iter().filter(|(_, k)| *k == Truth::No).map(|(c, _)| *c).collect();
        let all = Truth::all(kept.iter().map(|(_, k)| k.clone()));
        out.judge(cluster, None, all, format!("{}: {}", PLATFORM.meta.title, missing.join(", ")));
    }
}

fn full_audit(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let kept = graph.keeps_log(cluster, &["kube-audit"], &[]);
        out.judge(cluster, None, !kept, FULL_AUDIT.meta.title);
    }
}

fn defender(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let plan = graph.instances("azurerm_security_center_subscription_pricing").any(|i| {
        let is = |name: &str, word: &str| i.config.get(name).is_some_and(|v| is_word(v, word));
        is("resource_type", "Containers") && is("tier", "Standard")
    });
    for cluster in graph.clusters() {
        if plan {
            out.pass(cluster);
            continue;
        }
        let profile = cluster.get("properties.securityProfile.defender");
        out.judge(cluster, profile, Truth::of(profile, false, |_| true), DEFENDER.meta.title);
    }
}

fn audit(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let kept = graph.keeps_log(cluster, &["kube-audit", "kube-audit-admin"], &["audit", "allLogs"]);
        let kept = graph.closed_world(cluster, kept);
        out.judge(cluster, None, kept, AUDIT.meta.title);
    }
}
