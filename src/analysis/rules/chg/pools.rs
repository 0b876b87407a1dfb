//! CHG-010: a change that makes the nodes of a pool anew.

use super::plain;
use crate::analysis::changes::{Action, AttributeChange, Effect, ResourceChange};
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{changed, cluster, sized_cluster};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};

/// What cannot change on nodes that run, in today's names and in those of azurerm 3.x. From the resources
/// `kubernetes_cluster` and `kubernetes_cluster_node_pool` of azurerm 3.117, 4.81 and 5.0.
const ROTATING: &[&str] = &[
    "vm_size",
    "zones",
    "os_disk_type",
    "os_disk_size_gb",
    "os_sku",
    "max_pods",
    "host_encryption_enabled",
    "enable_host_encryption",
    "fips_enabled",
    "node_public_ip_enabled",
    "enable_node_public_ip",
    "pod_subnet_id",
    "vnet_subnet_id",
    "kubelet_config",
    "linux_os_config",
    "kubelet_disk_type",
    "snapshot_id",
    "ultra_ssd_enabled",
    "only_critical_addons_enabled",
];

const DEFAULT: &str = "default_node_pool.";
const TEMPORARY: &str = "temporary_name_for_rotation";

pub(super) static ROTATION: Check = Check {
    meta: Meta {
        id: "TU-CHG-010",
        name: "pool-rotation",
        severity: Severity::Medium,
        title: "the change makes the nodes of a pool anew",
        why: "Every pod of the pool is evicted. Without temporary_name_for_rotation the provider has no way to do it \
              but to replace the cluster, or refuses.",
        fix: "Add a second pool with the new setting, move the workloads, then remove the old one; or set \
              temporary_name_for_rotation and choose a quiet hour.",
        exceptions: "A pool whose workloads stand an eviction.",
        bad: changed!(cluster!(), sized_cluster!("Standard_D8s_v5")),
        good: changed!(cluster!(), cluster!("", "    tags = { team = \"a\" }\n")),
        references: &["https://learn.microsoft.com/azure/aks/manage-node-pools"],
        ..Meta::ROW
    },
    check,
};

/// What of a change makes nodes anew.
pub(super) fn rotating(change: &ResourceChange) -> Vec<&AttributeChange> {
    let prefix = match change.type_name.as_str() {
        "azurerm_kubernetes_cluster" => DEFAULT,
        "azurerm_kubernetes_cluster_node_pool" => "",
        _ => return Vec::new(),
    };
    let is_one = |a: &&AttributeChange| {
        let path = plain(&a.attribute);
        let Some(path) = path.strip_prefix(prefix) else { return false };
        a.effect == Effect::Rotate || ROTATING.contains(&path.split('.').next().unwrap_or(path))
    };
    change.attributes.iter().filter(is_one).collect()
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(before) = graph.before() else { return };
    for change in before.changes {
        let is_cluster = change.type_name == "azurerm_kubernetes_cluster";
        if !is_cluster && change.type_name != "azurerm_kubernetes_cluster_node_pool"
            || !matches!(change.action, Action::Change | Action::Replace)
        {
            continue;
        }
        let subject = super::subject(graph, change);
        let found = rotating(change);
        let Some(first) = found.first() else {
            out.pass(subject);
            continue;
        };
        let names: Vec<&str> = found.iter().map(|a| a.attribute.as_str()).collect();
        let config = graph.instance(&change.address).map(|i| &i.config);
        let block = if is_cluster { config.and_then(|c| c.get("default_node_pool")) } else { config };
        let block = block.map(|b| b.as_slice().and_then(<[_]>::first).unwrap_or(b));
        let named = Truth::is_set(block.and_then(|b| b.get(TEMPORARY)));
        let (severity, how) = match (is_cluster, named == Truth::No) {
            (true, true) => (
                Severity::High,
                format!("and the provider refuses or replaces the cluster without {TEMPORARY}"),
            ),
            (false, true) => (Severity::Medium, format!("and the pool is replaced without {TEMPORARY}")),
            _ => (Severity::Medium, "by way of a temporary pool".to_owned()),
        };
        let text = format!("{} needs new nodes, {how}", names.join(", "));
        out.fail(subject, None, text).severity(severity).at(first.place.span);
    }
}
