//! AKS-046: upgrades at any hour.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;

const WINDOW: &str = "Microsoft.ContainerService/managedClusters/maintenanceConfigurations";

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-AKS-046",
        name: "aks-maintenance-window-missing",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "automatic upgrades may happen at any hour",
        why: "Nodes are exchanged in the middle of a working day. The old maintenance_window block does not govern \
              these upgrades.",
        fix: "Add maintenance_window_node_os, and maintenance_window_auto_upgrade where Kubernetes upgrades itself.",
        exceptions: "Clusters whose workloads do not mind.",
        bad: cluster!(
            r#"
  node_os_upgrade_channel = "NodeImage"
"#
        ),
        good: cluster!(
            r#"
  node_os_upgrade_channel = "NodeImage"

  maintenance_window_node_os {
    frequency   = "Weekly"
    interval    = 1
    duration    = 4
    day_of_week = "Sunday"
    start_time  = "02:00"
    utc_offset  = "+00:00"
  }
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/planned-maintenance"],
        peers: &["PSRule Azure.AKS.MaintenanceWindow"],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let parts = [
            (
                "automatic upgrades of Kubernetes may happen at any hour",
                Truth::of(cluster.get("properties.autoUpgradeProfile.upgradeChannel"), false, |v| {
                    !is_word(v, "none") && !is_word(v, "")
                }),
                window(graph, cluster, "aksManagedAutoUpgradeSchedule"),
            ),
            (
                "nodes may be renewed at any hour",
                Truth::of(cluster.get("properties.autoUpgradeProfile.nodeOSUpgradeChannel"), false, |v| {
                    is_word(v, "NodeImage") || is_word(v, "SecurityPatch")
                }),
                window(graph, cluster, "aksManagedNodeOSUpgradeSchedule"),
            ),
        ];
        if parts.iter().all(|(_, upgrades, _)| *upgrades == Truth::No) {
            out.skip(cluster, "nothing is upgraded automatically");
            continue;
        }
        for (wrong, upgrades, window) in parts {
            out.judge(cluster, None, window.or(!upgrades), wrong);
        }
    }
}

/// Whether a window of this name governs the upgrades.
fn window(graph: &Graph<'_>, cluster: &Document, name: &str) -> Truth {
    let mut windows = graph.children(&cluster.id, WINDOW);
    match windows.find(|w| w.name().eq_ignore_ascii_case(name)) {
        // A block whose presence is not known is a window that is not known.
        Some(window) => Truth::of(window.get("properties.maintenanceWindow"), true, |_| true),
        None if cluster.declared.is_none() && graph.of_type(WINDOW).next().is_none() => {
            Truth::Unknown("maintenance windows were not read".into())
        }
        None => Truth::No,
    }
}
