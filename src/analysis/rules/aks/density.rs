//! AKS-062: few pods a node.

use crate::analysis::finding::Severity;
use crate::analysis::network::model::NetworkModel;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::pools::Pool;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::terraform::value::Value;

/// Fewer pods leave a node of usual size half empty.
const FEW: u32 = 50;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-AKS-062",
        name: "aks-max-pods-low",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "a node takes fewer than 50 pods",
        why: "Nodes are full before their CPU and memory are used, and the number cannot be changed without \
              replacing the pool.",
        fix: "Set max_pods = 110, and check first that the subnet suffices (NET-016); or use overlay networking.",
        exceptions: "Pools of small machines, or for few large pods.",
        bad: cluster!(
            r#"
  network_profile {
    network_plugin = "azure"
  }
"#
        ),
        good: cluster!(
            r#"
  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
  }
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/concepts-network-ip-address-planning"],
        peers: &["CKV_AZURE_168", "PSRule Azure.AKS.NodeMinPods"],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for pool in graph.all_pools() {
        let set = pool.document.get("properties.maxPods");
        if let Some(unknown) = set.and_then(Value::as_unknown) {
            out.unknown(pool.document, unknown.reason.to_string());
            continue;
        }
        let written = set.and_then(Value::as_i64).filter(|n| *n > 0);
        let most = match written.map_or_else(|| default(&pool), |n| Ok(u32::try_from(n).unwrap_or(0))) {
            Ok(most) => most,
            Err(why) => {
                out.unknown(pool.document, why);
                continue;
            }
        };
        if most >= FEW {
            out.pass(pool.document);
        } else {
            let whose = if written.is_some() { "" } else { ", the default of its network" };
            out.fail(pool.document, set, format!("a node takes {most} pods{whose}"));
        }
    }
}

/// The pods a node takes when nothing is set; otherwise why that is not known.
fn default(pool: &Pool<'_>) -> Result<u32, String> {
    let Some(cluster) = pool.cluster else { return Err("its cluster is not in this root".into()) };
    let of_cluster = |name: &str| cluster.get(&format!("properties.networkProfile.{name}"));
    let (plugin, mode) = (of_cluster("networkPlugin"), of_cluster("networkPluginMode"));
    let own_subnet = pool.document.get("properties.podSubnetID");
    if let Some(unknown) = [plugin, mode].into_iter().flatten().find_map(Value::as_unknown) {
        return Err(unknown.reason.to_string());
    }
    let is = |value: Option<&Value>, word: &str| value.is_some_and(|v| is_word(v, word));
    let model = match plugin {
        _ if is(mode, "overlay") => NetworkModel::AzureOverlay,
        None => NetworkModel::Kubenet,
        Some(_) if is(plugin, "kubenet") => NetworkModel::Kubenet,
        Some(_) if is(plugin, "none") => NetworkModel::Byo,
        Some(_) if own_subnet.is_some() => NetworkModel::AzurePodSubnet,
        Some(_) => NetworkModel::AzureNodeSubnet,
    };
    Ok(model.default_max_pods())
}
