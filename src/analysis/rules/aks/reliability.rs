//! AKS-053, 055, 058 and 085: zones, and enough nodes of the right kind.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::mentions::there;
use crate::analysis::rules::graph::text::{flag, location};
use crate::analysis::rules::tables::ZONES;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

pub(super) static NO_ZONES: Check = Check {
    meta: Meta {
        id: "TU-AKS-053",
        name: "aks-pool-no-zones",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "the pool's nodes are not spread over availability zones",
        why: "The fault of one datacentre stops all of them, and zones cannot be added without replacing the pool.",
        fix: "Set zones = [\"1\", \"2\", \"3\"].",
        exceptions: "Pools bound to a zone by their disks or by latency, one pool for each zone.",
        bad: cluster!(),
        good: cluster!(
            "",
            r#"
    zones = ["1", "2", "3"]
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/reliability-availability-zones-configure"],
        peers: &["PSRule Azure.AKS.AvailabilityZone"],
    },
    check: no_zones,
};

pub(super) static FEW_NODES: Check = Check {
    meta: Meta {
        id: "TU-AKS-055",
        name: "aks-system-pool-too-few-nodes",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "the system pools may run with too few nodes",
        why: "Name resolution and metrics of the whole cluster stop when the only node is upgraded or fails.",
        fix: "Set node_count, or min_count where the pool scales by itself, to 3.",
        exceptions: "Development clusters.",
        bad: r#"resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }
}
"#,
        good: cluster!(),
        references: &["https://learn.microsoft.com/azure/aks/use-system-pools"],
        peers: &["PSRule Azure.AKS.MinNodeCount"],
    },
    check: few_nodes,
};

pub(super) static ADD_ONS_ONLY: Check = Check {
    meta: Meta {
        id: "TU-AKS-058",
        name: "aks-dedicated-system-pool-only",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the only pool is reserved for add-ons: no application pod can be scheduled",
        why: "Every workload stays Pending. The setting is advice of other scanners, which do not look for a second \
              pool.",
        fix: "Add an azurerm_kubernetes_cluster_node_pool with mode = \"User\", or leave out \
              only_critical_addons_enabled.",
        exceptions: "Pools that another root module adds.",
        bad: cluster!(
            "",
            r#"
    only_critical_addons_enabled = true
"#
        ),
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
  mode                  = "User"
  node_count            = 3
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/use-system-pools"],
        peers: &[],
    },
    check: add_ons_only,
};

pub(super) static INGRESS: Check = Check {
    meta: Meta {
        id: "TU-AKS-085",
        name: "aks-agic-on-dedicated-system-pool",
        severity: Severity::High,
        title: "the Application Gateway add-on has no node to run on: the only pool is reserved for other add-ons",
        why: "Its pod counts as an application and stays Pending: the gateway never gets a backend.",
        fix: "Add an azurerm_kubernetes_cluster_node_pool with mode = \"User\".",
        bad: cluster!(
            r#"
  ingress_application_gateway {
    gateway_name = "agw-example"
    subnet_cidr  = "10.1.0.0/24"
  }
"#,
            r#"
    only_critical_addons_enabled = true
"#
        ),
        good: cluster!(
            r#"
  ingress_application_gateway {
    gateway_name = "agw-example"
    subnet_cidr  = "10.1.0.0/24"
  }
"#
        ),
        references: &["https://learn.microsoft.com/azure/application-gateway/ingress-controller-overview"],
        ..Meta::ROW
    },
    check: ingress,
};

fn no_zones(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for pool in graph.all_pools() {
        let zones = pool.document.get("properties.availabilityZones");
        let fine = Truth::of(zones, false, |v| v.as_slice().is_some_and(|z| !z.is_empty()));
        let region = pool.cluster.and_then(location);
        let note = ZONES.dated();
        match (&region, &fine) {
            (_, Truth::Yes) => out.pass(pool.document),
            (None, _) => out.unknown(pool.document, "the cluster's location is not known"),
            (Some(region), _) if ZONES.row(region).is_none() => {
                out.skip(pool.document, format!("{region} is not known to have zones"))
            }
            _ => out.judge(pool.document, zones, fine, NO_ZONES.meta.title),
        }
        .note(note);
    }
}

fn few_nodes(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let pools: Vec<_> = graph.pools(cluster).into_iter().filter(|p| p.is_system()).collect();
        let minima: Vec<_> = pools.iter().map(|p| p.minimum()).collect();
        let sum: i64 = minima.iter().map(|n| n.least).fold(0, i64::saturating_add);
        if sum >= 3 {
            out.pass(cluster);
        } else if let Some(why) = minima.iter().find_map(|n| n.unknown.clone()) {
            out.unknown(cluster, why);
        } else if pools.is_empty() {
            out.unknown(cluster, "its pools are not in this root");
        } else {
            let at = pools.first().and_then(|p| {
                let counts = ["properties.minCount", "properties.count"];
                counts.iter().find_map(|path| p.document.get(path))
            });
            let nodes = if sum == 1 { "node" } else { "nodes" };
            let text =
                format!("the system pools may run with {sum} {nodes}; three keep add-ons up during upgrades");
            let severity = if sum < 2 { Severity::Medium } else { Severity::Info };
            out.fail(cluster, at, text).severity(severity);
        }
    }
}

fn add_ons_only(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let pools = graph.pools(cluster);
        if pools.first().is_none_or(|p| p.only_add_ons() == Truth::No) {
            out.skip(cluster, "its first pool takes application pods");
            continue;
        }
        let at = pools.first().and_then(|p| p.document.get("properties.nodeTaints"));
        out.judge(cluster, at, takes_applications(graph, cluster), ADD_ONS_ONLY.meta.title);
    }
}

/// Whether application pods can be scheduled on some pool of a cluster.
fn takes_applications<'a>(graph: &Graph<'a>, cluster: &'a Document) -> Truth {
    let pools = graph.pools(cluster);
    if pools.is_empty() {
        return Truth::Unknown("its pools are not in this root".into());
    }
    let provisioning = cluster.get("properties.nodeProvisioningProfile.mode");
    let takes =
        Truth::any(pools.iter().map(|p| (!p.only_add_ons()).and(there(p.document, &cluster.label()))));
    let takes = takes.or(Truth::is_word(provisioning, "Auto", false)).unless(graph.stray(types::POOL));
    match takes {
        Truth::No if pools.len() == 1 => match exported(graph, cluster) {
            Some(output) => {
                Truth::Unknown(format!("output {output} hands the cluster on; another root may add pools"))
            }
            None => Truth::No,
        },
        known => known,
    }
}

fn ingress(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let add_on = cluster.get("properties.addonProfiles.ingressApplicationGateway");
        let on = flag(add_on.and_then(|a| get(a, "enabled")), false);
        if on == Truth::No {
            out.skip(cluster, "the Application Gateway add-on is not on");
            continue;
        }
        out.judge(cluster, add_on, takes_applications(graph, cluster).or(!on), INGRESS.meta.title);
    }
}

/// The root's output that hands out the cluster's id.
fn exported(graph: &Graph<'_>, cluster: &Document) -> Option<String> {
    let address = cluster.declared.as_ref()?.address.to_string();
    let outputs = &graph.evaluation?.outputs;
    let found = outputs.iter().find(|(_, output)| hands_out(&output.value, &address, 8));
    found.map(|(name, _)| name.to_string())
}

fn hands_out(value: &Value, wanted: &str, depth: u32) -> bool {
    if let Some(unknown) = value.as_unknown() {
        return matches!(&unknown.reason, Reason::Computed { address, path, .. }
            if matches!(&**path, "id" | "") && address.to_string() == wanted);
    }
    let below = |v: &Value| depth > 0 && hands_out(v, wanted, depth - 1);
    value.as_slice().is_some_and(|items| items.iter().any(below))
        || value.as_map().is_some_and(|members| members.values().any(below))
}
