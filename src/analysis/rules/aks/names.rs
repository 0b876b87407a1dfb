//! AKS-084: names that Azure refuses.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::{is_word, shown};
use crate::analysis::rules::{Check, Meta, Outcomes, Test};
use crate::azure::estate::Document;
use crate::azure::types;

const CLUSTER_NAME: &str = "^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$";
const DNS_PREFIX: &str = "^[A-Za-z0-9]([A-Za-z0-9-]{0,52}[A-Za-z0-9])?$";
const POOL_NAME: &str = "^[a-z][a-z0-9]{0,11}$";
const WINDOWS_POOL_NAME: &str = "^[a-z][a-z0-9]{0,5}$";

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-AKS-084",
        name: "aks-name-invalid",
        severity: Severity::High,
        title: "Azure refuses the name of a cluster, its DNS prefix or the name of a node pool",
        why: "The apply fails, after other resources were made.",
        fix: "Cluster: 1 to 63 letters, digits, hyphens and underscores. DNS prefix: up to 54, without underscores. \
              Node pool: up to 12 lower-case letters and digits, 6 for Windows, a letter first.",
        bad: r#"resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "aks_example"

  default_node_pool {
    name       = "System-Pool"
    vm_size    = "Standard_D4s_v5"
    node_count = 3
  }

  identity {
    type = "SystemAssigned"
  }
}
"#,
        good: cluster!(),
        references: &["https://learn.microsoft.com/azure/aks/quotas-skus-regions"],
        peers: &[
            "PSRule Azure.AKS.Name",
            "PSRule Azure.AKS.DNSPrefix",
            "TFLint azurerm_kubernetes_cluster_invalid_name",
        ],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        judge(out, cluster, "name", "the cluster's name", CLUSTER_NAME);
        judge(out, cluster, "properties.dnsPrefix", "the DNS prefix", DNS_PREFIX);
        judge(out, cluster, "properties.fqdnSubdomain", "the DNS prefix", DNS_PREFIX);
    }
    for pool in graph.all_pools() {
        let os = pool.document.get("properties.osType");
        let windows = os.is_some_and(|v| is_word(v, "Windows"));
        let pattern = if windows { WINDOWS_POOL_NAME } else { POOL_NAME };
        judge(out, pool.document, "name", "the node pool's name", pattern);
    }
}

fn judge(out: &mut Outcomes<'_>, document: &Document, path: &str, what: &str, pattern: &'static str) {
    // Azure never gives back a name that it would refuse.
    let Some(value) = document.get(path).filter(|_| document.declared.is_some()) else { return };
    let fine = Test::Matches(pattern).of(Some(value), true);
    out.judge(document, Some(value), fine, format!("{what} is not accepted: {}", shown(value)));
}
