//! AKS-083: volumes without a backup.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

const BACKUP: &str = "azurerm_data_protection_backup_instance_kubernetes_cluster";
/// What keeps data in a cluster.
const STATEFUL: [&str; 4] = [
    "kubernetes_persistent_volume_claim",
    "kubernetes_persistent_volume_claim_v1",
    "kubernetes_stateful_set",
    "kubernetes_stateful_set_v1",
];
/// The same as manifests.
const STATEFUL_KINDS: [&str; 2] = ["PersistentVolumeClaim", "StatefulSet"];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-AKS-083",
        name: "aks-backup-missing",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "the cluster keeps data in volumes, and nothing backs them up",
        why: "A deleted namespace, or a replaced cluster, takes the data along.",
        fix: "Add the backup extension and an azurerm_data_protection_backup_instance_kubernetes_cluster.",
        exceptions: "Workloads that back up their data themselves.",
        bad: concat!(
            cluster!(),
            r#"
resource "kubernetes_persistent_volume_claim_v1" "data" {
  metadata {
    name = "data"
  }

  spec {
    access_modes = ["ReadWriteOnce"]

    resources {
      requests = {
        storage = "8Gi"
      }
    }
  }
}
"#
        ),
        good: concat!(
            cluster!(),
            r#"
resource "kubernetes_persistent_volume_claim_v1" "data" {
  metadata {
    name = "data"
  }

  spec {
    access_modes = ["ReadWriteOnce"]

    resources {
      requests = {
        storage = "8Gi"
      }
    }
  }
}

resource "azurerm_data_protection_backup_instance_kubernetes_cluster" "example" {
  name                         = "backup"
  location                     = "westeurope"
  vault_id                     = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/bv"
  backup_policy_id             = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/bv/backupPolicies/daily"
  kubernetes_cluster_id        = azurerm_kubernetes_cluster.example.id
  snapshot_resource_group_name = "rg-example"
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/backup/azure-kubernetes-service-backup-overview"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let stateful = keeps_data(graph);
    for cluster in graph.of_type(types::CLUSTER) {
        if stateful == Truth::No {
            out.skip(cluster, "no volume claim or stateful set is in this root");
            continue;
        }
        let kept = graph.closed_world(cluster, backed_up(graph, cluster));
        out.judge(cluster, None, kept.or(!stateful.clone()), RULE.meta.title);
    }
}

/// Whether the root declares something that keeps data in a cluster.
fn keeps_data(graph: &Graph<'_>) -> Truth {
    if STATEFUL.iter().any(|name| graph.instances(name).next().is_some()) {
        return Truth::Yes;
    }
    let manifests = graph.instances("kubernetes_manifest");
    Truth::any(manifests.map(|i| {
        let kind =
            i.config.get("manifest").and_then(|m| if m.is_unknown() { Some(m) } else { m.get("kind") });
        Truth::of(kind, false, |v| v.as_str().is_some_and(|k| STATEFUL_KINDS.contains(&k)))
    }))
}

/// Whether a backup instance of the root is about a cluster.
fn backed_up(graph: &Graph<'_>, cluster: &Document) -> Truth {
    Truth::any(graph.instances(BACKUP).map(|backup| {
        let id: Option<&Value> = backup.config.get("kubernetes_cluster_id");
        match graph.link(id) {
            Link::To(document) => (document.id == cluster.id).into(),
            Link::Unknown(why) => Truth::Unknown(why),
            Link::Outside(_) | Link::None => Truth::No,
        }
    }))
}
