//! X-001: a cluster that may not pull from its registry.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::mentions::mentions;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::azure::estate::Document;
use crate::azure::types;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-001",
        name: "acr-pull-role-missing",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the cluster's nodes may not pull from the registry that is meant for it",
        why: "Every new pod ends in ImagePullBackOff once the deployment is through.",
        fix: "Add azurerm_role_assignment { scope = <registry id>, role_definition_name = \"AcrPull\", principal_id = \
              <cluster>.kubelet_identity[0].object_id }.",
        exceptions: "Clusters that pull with a secret, or whose role another root module assigns.",
        bad: concat!(cluster!(), "\n", crate::analysis::rules::example::registry!("Premium", "")),
        good: concat!(
            cluster!(),
            "\n",
            crate::analysis::rules::example::registry!("Premium", ""),
            r#"
resource "azurerm_role_assignment" "pull" {
  scope                = azurerm_container_registry.example.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_kubernetes_cluster.example.kubelet_identity[0].object_id
}
"#
        ),
        references: &[
            "CIS AKS 1.7 5.1.3",
            "https://learn.microsoft.com/azure/aks/cluster-container-registry-integration",
        ],
        peers: &[],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let registries: Vec<&Document> = graph.of_type(types::REGISTRY).collect();
    let clusters = graph.own_of_type(types::CLUSTER).count();
    for cluster in graph.of_type(types::CLUSTER) {
        let mut linked: Vec<(&Document, bool)> = registries
            .iter()
            .filter(|r| graph.handed_to_module_of(cluster, r) || clusters == 1 && used_by_pods(graph, r))
            .map(|r| (*r, true))
            .collect();
        let mut own = registries.iter().filter(|r| r.root.is_none());
        if let (true, Some(only), None) = (linked.is_empty(), own.next(), own.next()) {
            linked.push((only, false));
        }
        if linked.is_empty() {
            out.skip(cluster, "no registry of this root is meant for it");
        }
        for (registry, meant) in linked {
            judge(graph, cluster, registry, meant, out);
        }
    }
}

fn judge<'a>(
    graph: &Graph<'a>,
    cluster: &'a Document,
    registry: &Document,
    meant: bool,
    out: &mut Outcomes<'_>,
) {
    let may = graph.may_pull(cluster, &registry.id);
    let may = graph.closed_world(registry, graph.closed_world(cluster, may));
    let (severity, text) = if meant {
        (Severity::High, format!("the nodes have no role to pull from the registry {}", registry.name()))
    } else {
        let text = format!(
            "the nodes have no role to pull from {}, the only registry of this root",
            registry.name()
        );
        (Severity::Low, text)
    };
    let outcome = out.judge(cluster, None, may, text).severity(severity);
    outcome.because(registry.declared.as_ref().map(|d| d.block), "the registry");
}

/// True when something that runs on Kubernetes takes images from the registry.
fn used_by_pods(graph: &Graph<'_>, registry: &Document) -> bool {
    let address = registry.declared.as_ref().map(|d| d.address.to_string()).unwrap_or_default();
    let server = format!("{}.azurecr.io", registry.name().to_ascii_lowercase());
    let words: &[&str] = if registry.name().starts_with('<') { &[] } else { &[&server] };
    // What another root module runs may run on another cluster.
    let workloads = graph.instances_like(&["kubernetes_", "helm_", "kubectl_"]);
    let mut workloads = workloads.filter(|i| i.address.root.is_none());
    workloads.any(|i| mentions(&i.config, &address, words)) && !address.is_empty()
}
