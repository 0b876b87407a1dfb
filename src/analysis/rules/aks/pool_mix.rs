//! AKS-054, 056, 057 and 072: whether the pools of a cluster together survive a fault.

use std::collections::BTreeSet;

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, node_pool};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::pools::Pool;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::terraform::value::Value;

pub(super) static SINGLE_ZONE: Check = Check {
    meta: Meta {
        id: "TU-AKS-054",
        name: "aks-pool-single-zone",
        profile: Profile::Strict,
        title: "all nodes of this kind stand in one availability zone",
        why: "The fault of one datacentre stops all of them, and zones cannot be added without replacing the pool.",
        fix: "Set zones = [\"1\", \"2\", \"3\"], or make one pool for each zone.",
        exceptions: "Work bound to a zone by its disks or by latency.",
        bad: cluster!(
            "",
            r#"
    zones = ["1"]
"#
        ),
        good: cluster!(
            "",
            r#"
    zones = ["1", "2", "3"]
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/reliability-availability-zones-configure"],
        ..Meta::ROW
    },
    check: single_zone,
};

pub(super) static ONE_USER_NODE: Check = Check {
    meta: Meta {
        id: "TU-AKS-056",
        name: "aks-user-pool-too-few-nodes",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the pool for workloads may run with a single node",
        why: "When that node is upgraded or fails, everything on it is down until another one is there.",
        fix: "Set node_count, or min_count where the pool scales by itself, to 2 or more (0 is fine: the pool then \
              starts when it is needed).",
        exceptions: "Development clusters.",
        bad: node_pool!(
            r#"
  node_count = 1
"#
        ),
        good: node_pool!(
            r#"
  node_count = 2
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/best-practices-app-cluster-reliability"],
        peers: &["PSRule Azure.AKS.MinUserPoolNodes"],
        ..Meta::ROW
    },
    check: one_user_node,
};

pub(super) static SHARED_SYSTEM: Check = Check {
    meta: Meta {
        id: "TU-AKS-057",
        name: "aks-system-pool-not-dedicated",
        profile: Profile::Strict,
        title: "applications may run on the system pool",
        why: "A pod that takes all memory or CPU there takes name resolution and metrics of the whole cluster along.",
        fix: "Set only_critical_addons_enabled = true, once there is a pool for workloads.",
        exceptions: "Small clusters with one pool: then leave it as it is.",
        bad: node_pool!(""),
        good: concat!(
            cluster!(
                "",
                r#"
    only_critical_addons_enabled = true
"#
            ),
            r#"
resource "azurerm_kubernetes_cluster_node_pool" "apps" {
  name                  = "apps"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.example.id
  vm_size               = "Standard_D4s_v5"
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/use-system-pools"],
        peers: &["CKV_AZURE_232"],
        ..Meta::ROW
    },
    check: shared_system,
};

pub(super) static ONLY_SPOT: Check = Check {
    meta: Meta {
        id: "TU-AKS-072",
        name: "aks-spot-only-capacity",
        title: "all machines for workloads are Spot machines",
        why: "Azure may take all of them away within a minute, and the only other pool takes add-ons alone.",
        fix: "Add a pool with priority = \"Regular\".",
        exceptions: "Clusters for batch work that can wait.",
        bad: concat!(
            cluster!(
                "",
                r#"
    only_critical_addons_enabled = true
"#
            ),
            r#"
resource "azurerm_kubernetes_cluster_node_pool" "apps" {
  name                  = "apps"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.example.id
  vm_size               = "Standard_D4s_v5"
  priority              = "Spot"
  eviction_policy       = "Delete"
}
"#
        ),
        good: node_pool!(
            r#"
  priority        = "Spot"
  eviction_policy = "Delete"
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/spot-node-pool"],
        ..Meta::ROW
    },
    check: only_spot,
};

/// Whether a property of a pool is this word; `absent` when there is none.
fn has(pool: &Pool<'_>, path: &str, word: &str, absent: bool) -> Truth {
    Truth::is_word(pool.document.get(path), word, absent)
}

fn is_spot(pool: &Pool<'_>) -> Truth {
    has(pool, "properties.scaleSetPriority", "Spot", false)
}

fn zones<'a>(pool: &Pool<'a>) -> Option<&'a Value> {
    pool.document.get("properties.availabilityZones")
}

fn single_zone(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for pool in graph.all_pools() {
        let at = zones(&pool);
        let one = at.and_then(Value::as_slice).is_some_and(|z| z.len() == 1);
        if !one {
            match at.and_then(Value::as_unknown) {
                Some(unknown) => out.unknown(pool.document, unknown.reason.to_string()),
                None if at.and_then(Value::as_slice).is_some_and(|z| z.len() > 1) => out.pass(pool.document),
                None => out.skip(pool.document, "the pool is in no zone"),
            };
            continue;
        }
        let Some(cluster) = pool.cluster else {
            out.unknown(
                pool.document,
                "its cluster is not in this root, and other pools may be in other zones",
            );
            continue;
        };
        let alike = graph.pools(cluster).into_iter().filter(|p| p.is_system() == pool.is_system());
        let lists: Vec<_> = alike.filter_map(|p| zones(&p)).collect();
        let items = || lists.iter().filter_map(|l| l.as_slice()).flatten();
        let known: BTreeSet<&str> = items().filter_map(Value::as_str).collect();
        let open = lists.iter().find_map(|l| l.as_unknown()).or(items().find_map(Value::as_unknown));
        match open {
            _ if known.len() > 1 => out.pass(pool.document),
            Some(unknown) => out.unknown(pool.document, unknown.reason.to_string()),
            None => out.fail(pool.document, at, SINGLE_ZONE.meta.title),
        };
    }
}

fn one_user_node(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for pool in graph.all_pools() {
        if pool.is_system() || is_spot(&pool) == Truth::Yes {
            out.skip(pool.document, "no regular pool for workloads");
            continue;
        }
        let minimum = pool.minimum();
        let fine = match minimum.unknown {
            Some(why) if minimum.least < 2 => Truth::Unknown(why),
            _ => (minimum.least != 1).into(),
        };
        let counts = ["properties.minCount", "properties.count"];
        let at = counts.iter().find_map(|path| pool.document.get(path));
        out.judge(pool.document, at, fine.or(is_spot(&pool)), ONE_USER_NODE.meta.title);
    }
}

fn shared_system(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let pools = graph.pools(cluster);
        let Some(first) = pools.iter().find(|p| p.is_system()) else {
            match &cluster.declared {
                // A cluster of azurerm has a system pool, also when its block was forgotten.
                Some(d) if d.major > 0 => {
                    out.fail(cluster, None, SHARED_SYSTEM.meta.title).severity(Severity::Low)
                }
                _ => out.skip(cluster, "its system pool is not in this root"),
            };
            continue;
        };
        let system = pools.iter().filter(|p| p.is_system());
        let fine = Truth::any(system.map(Pool::only_add_ons));
        let others = pools.iter().any(|p| !p.is_system());
        let provisioning = cluster.get("properties.nodeProvisioningProfile.mode");
        let alone = !others && !provisioning.is_some_and(|v| is_word(v, "Auto"));
        let at = first.document.get("properties.nodeTaints");
        let wrong = match alone {
            true => "applications run on the system pool, the only one there is",
            false => "applications may run on the system pool although they have others",
        };
        let outcome = out.judge(first.document, at, fine, wrong);
        if alone {
            outcome.severity(Severity::Low);
        }
    }
}

fn only_spot(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let pools = graph.pools(cluster);
        let user: Vec<_> = pools.iter().filter(|p| !p.is_system()).collect();
        if user.is_empty() {
            out.skip(cluster, "no pool is for workloads alone");
            continue;
        }
        let spot = Truth::all(user.iter().map(|p| is_spot(p)));
        let system = pools.iter().filter(|p| p.is_system()).map(Pool::only_add_ons);
        let at = user.first().and_then(|p| p.document.get("properties.scaleSetPriority"));
        out.judge(cluster, at, !spot.and(Truth::all(system)), ONLY_SPOT.meta.title);
    }
}
