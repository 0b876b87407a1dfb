//! X-036: a cluster, and what it uses in another region.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::registry;
use crate::analysis::rules::graph::text::location;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;

/// A cluster that pulls from a registry: lines of the registry.
macro_rules! pulling {
    ($lines:literal) => {
        concat!(
            registry!("Premium", $lines),
            "\nresource \"azurerm_kubernetes_cluster\" \"north\" {\n  name                = \"aks-north\"\n",
            r#"  location            = "northeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "north"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 3
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_role_assignment" "pull" {
  scope                = azurerm_container_registry.example.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_kubernetes_cluster.north.kubelet_identity[0].object_id
}
"#
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-036",
        name: "region-mismatch",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the cluster uses a registry, workspace or vault of another region",
        why: "Every pull, log line and secret crosses regions: slower, paid by the gigabyte, and lost when either region \
              is down.",
        fix: "Put both in one region, or give the registry a copy in the cluster's (georeplications).",
        exceptions: "Workspaces that a security team keeps in one region.",
        bad: pulling!(""),
        good: pulling!("\n  georeplications {\n    location = \"northeurope\"\n  }\n"),
        references: &["https://learn.microsoft.com/azure/aks/operator-best-practices-multi-region"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let used = used(graph, cluster);
        if used.is_empty() {
            out.skip(cluster, "it uses no registry, workspace or vault of this root");
        }
        let here = location(cluster);
        for service in used {
            let copies = graph.replicas(service).into_iter().map(location);
            let there: Vec<Option<String>> = copies.chain([location(service)]).collect();
            let fine = match &here {
                None => Truth::Unknown("the cluster's location is not known".to_owned()),
                Some(_) if there.contains(&here) => Truth::Yes,
                Some(_) if there.contains(&None) => {
                    Truth::Unknown(format!("the location of {} is not known", service.name()))
                }
                Some(_) => Truth::No.unless(graph.open_copies(service).as_deref()),
            };
            let region = there.last().cloned().flatten().unwrap_or_default();
            let text = format!("it uses {}, which is in {region}", service.name());
            let outcome = out.judge(cluster, cluster.get("location"), fine, text);
            outcome.because(service.declared.as_ref().map(|d| d.block), "what it uses");
        }
    }
}

/// Registries, workspaces and vaults of this root that a cluster uses.
fn used<'a>(graph: &Graph<'a>, cluster: &'a Document) -> Vec<&'a Document> {
    let of = graph.identities(cluster);
    let mut found: Vec<&'a Document> = Vec::new();
    let registries = graph.of_type(types::REGISTRY);
    found.extend(registries.filter(|r| graph.may_pull(cluster, &r.id) == Truth::Yes));
    let workspaces = [
        "properties.addonProfiles.omsagent.config.logAnalyticsWorkspaceResourceID",
        "properties.securityProfile.defender.logAnalyticsWorkspaceResourceId",
    ];
    let own = workspaces.iter().map(|path| graph.link(cluster.get(path)));
    let diagnostics = graph
        .of_type(types::DIAGNOSTICS)
        .filter(|setting| setting.id.parent().and_then(|id| id.parent()).as_ref() == Some(&cluster.id));
    let sinks = diagnostics.map(|setting| graph.link(setting.get("properties.workspaceId")));
    for link in own.chain(sinks) {
        if let Link::To(workspace) = link
            && !found.iter().any(|f| f.id == workspace.id)
        {
            found.push(workspace);
        }
    }
    let anybody = [&*of.kubelet, &of.secrets_provider, &of.workloads].concat();
    let vaults = graph.of_type(types::VAULT).filter(|vault| {
        let role = graph
            .assignments()
            .iter()
            .any(|a| a.scope.id.as_ref() == Some(&vault.id) && anybody.contains(&a.principal));
        let mut policies = graph.children(&vault.id, types::ACCESS_POLICY);
        role || policies.any(|p| {
            anybody.contains(&super::super::graph::principals::Principal::of(p.get("properties.objectId")))
        })
    });
    found.extend(vaults);
    found
}
