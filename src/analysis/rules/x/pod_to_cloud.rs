//! X-028: pods that get the rights of the nodes.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, vault};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::principals::is_one_of;
use crate::analysis::rules::graph::roles::Level;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};

/// What nodes need.
const OF_NODES: [&str; 5] = [
    "AcrPull",
    "Container Registry Repository Reader",
    "Container Registry Repository Catalog Lister",
    "Managed Identity Operator",
    "Monitoring Metrics Publisher",
];

macro_rules! role {
    () => {
        r#"
resource "azurerm_role_assignment" "secrets" {
  scope                = azurerm_key_vault.example.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_kubernetes_cluster.example.kubelet_identity[0].object_id
}
"#
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-028",
        name: "pod-to-cloud-path",
        severity: Severity::High,
        title: "every pod may act as the nodes, which may do more than pull images",
        why: "No network policy keeps pods from the metadata service, so each of them gets a token of the nodes.",
        fix: "Give the rights to the workload that needs them (workload identity) and take them from the nodes; choose a \
              network policy.",
        bad: concat!(
            cluster!("\n  network_profile {\n    network_plugin = \"azure\"\n  }\n"),
            "\n",
            vault!("\n  rbac_authorization_enabled = true\n"),
            role!()
        ),
        good: concat!(
            cluster!(
                r#"
  network_profile {
    network_plugin     = "azure"
    network_data_plane = "cilium"
    network_policy     = "cilium"
  }
"#
            ),
            "\n",
            vault!("\n  rbac_authorization_enabled = true\n"),
            role!()
        ),
        references: &["https://learn.microsoft.com/azure/aks/imds-restriction"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let profile = "properties.networkProfile";
        let policy = cluster.get(&format!("{profile}.networkPolicy"));
        let none = Truth::of(policy, true, |v| is_word(v, "none") || is_word(v, ""));
        let cilium = Truth::is_word(cluster.get(&format!("{profile}.networkDataplane")), "cilium", false);
        let kubelet = &graph.identities(cluster).kubelet;
        let mut rights = Truth::No;
        let mut role = None;
        for assignment in graph.assignments() {
            let holds = is_one_of(&assignment.principal, kubelet);
            let machines = assignment.role.is_one_of(&["Virtual Machine Contributor"]);
            let on_nodes: Truth = (assignment.scope.level <= Some(Level::ResourceGroup)).into();
            let needed = assignment.role.is_one_of(&OF_NODES).or(machines.and(on_nodes));
            let more = holds.and(!needed);
            if more == Truth::Yes {
                role = role.or(Some(assignment));
            }
            rights = rights.or(more);
        }
        let name = role.map_or("a role", |a| a.role.name());
        let text = format!("every pod of {} may act as the nodes, which have {name}", cluster.name());
        let outcome = out.judge(cluster, policy, !none.and(!cilium).and(rights), text);
        let place = role.and_then(|a| a.document.declared.as_ref()).map(|d| d.block);
        outcome.because(place, "this role");
    }
}
