//! ACR-008 and 025: scanning of images, and the log of who pulled and pushed.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::registry;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::types;

/// A registry and the plan that scans its images.
macro_rules! plan {
    ($tier:literal) => {
        concat!(
            registry!("Premium", ""),
            r#"
resource "azurerm_security_center_subscription_pricing" "containers" {
  resource_type = "Containers"
  tier          = ""#,
            $tier,
            "\"\n}\n"
        )
    };
}

pub(super) static NO_SCAN: Check = Check {
    meta: Meta {
        id: "TU-ACR-008",
        name: "acr-image-scan-missing",
        severity: Severity::Medium,
        profile: Profile::Strict,
        title: "no plan of Defender scans the registry's images",
        why: "Images with known holes are deployed and nobody is told.",
        fix: "Set azurerm_security_center_subscription_pricing { resource_type = \"Containers\", tier = \"Standard\" }.",
        exceptions: "Registries whose images another product scans.",
        bad: plan!("Free"),
        good: plan!("Standard"),
        references: &[
            "CIS AKS 1.7 5.1.1",
            "https://learn.microsoft.com/azure/defender-for-cloud/defender-for-containers-introduction",
        ],
        peers: &["PSRule Azure.ACR.ContainerScan"],
    },
    check: no_scan,
};

pub(super) static NO_AUDIT: Check = Check {
    meta: Meta {
        id: "TU-ACR-025",
        name: "acr-no-audit-logs",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "nobody keeps a log of who pulled and pushed",
        why: "After an image was replaced there is no trace of by whom and when.",
        fix: "Add an azurerm_monitor_diagnostic_setting for the registry with enabled_log { category_group = \"audit\" }.",
        exceptions: "Settings that another root module or a policy makes.",
        bad: registry!("Premium", ""),
        good: concat!(
            registry!("Premium", ""),
            r#"
resource "azurerm_monitor_diagnostic_setting" "audit" {
  name                       = "audit"
  target_resource_id         = azurerm_container_registry.example.id
  log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"

  enabled_log {
    category = "ContainerRegistryLoginEvents"
  }

  enabled_log {
    category = "ContainerRegistryRepositoryEvents"
  }
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/container-registry/monitor-container-registry"],
        peers: &["PSRule Azure.ACR.Logs", "PSRule Azure.ACR.AuditLogs"],
    },
    check: no_audit,
};

fn no_scan(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let plans = graph.plans();
    let scans = Truth::any(plans.iter().map(|plan| {
        let scanner = plan.is_one_of(&["Containers", "ContainerRegistry"]);
        scanner.and(plan.is_on())
    }));
    let named = Truth::any(plans.iter().map(|p| p.is_one_of(&["Containers", "ContainerRegistry"])));
    for registry in graph.of_type(types::REGISTRY) {
        match &named {
            Truth::No => drop(out.unknown(registry, "the plans of the subscription are not in this root")),
            _ => drop(out.judge(registry, None, scans.clone(), NO_SCAN.meta.title)),
        }
    }
}

fn no_audit(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for registry in graph.of_type(types::REGISTRY) {
        let kept = ["ContainerRegistryLoginEvents", "ContainerRegistryRepositoryEvents"]
            .map(|category| graph.keeps_log(registry, &[category], &["audit", "allLogs"]));
        let kept = graph.closed_world(registry, Truth::all(kept));
        out.judge(registry, None, kept, NO_AUDIT.meta.title);
    }
}
