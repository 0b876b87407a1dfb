//! CHG-008 and 009: upgrades that what runs on the cluster does not stand.

use super::upgrades::{target, upgrade};
use crate::analysis::finding::Severity;
use crate::analysis::kubernetes::minor;
use crate::analysis::rules::example::{changed, cluster};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::tables::REMOVED_APIS;
use crate::analysis::rules::{Check, Meta, Outcomes};
use crate::azure::types;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::Value;

macro_rules! budget {
    ($version:literal, $unavailable:literal) => {
        concat!(
            r#"resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"
  kubernetes_version  = ""#,
            $version,
            r#""

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 3
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "kubernetes_pod_disruption_budget_v1" "api" {
  metadata {
    name = "api"
  }

  spec {
    max_unavailable = ""#,
            $unavailable,
            r#""

    selector {
      match_labels = { app = "api" }
    }
  }
}
"#
        )
    };
}

macro_rules! flow_schema {
    ($version:literal) => {
        concat!(
            r#"
resource "kubernetes_manifest" "flow" {
  manifest = {
    apiVersion = "flowcontrol.apiserver.k8s.io/"#,
            $version,
            r#""
    kind       = "FlowSchema"
    metadata   = { name = "batch" }
    spec       = {}
  }
}
"#
        )
    };
}
pub(super) static BUDGETS: Check = Check {
    meta: Meta {
        id: "TU-CHG-008",
        name: "upgrade-blocked-by-pdb",
        severity: Severity::High,
        title: "a disruption budget allows no pod to be moved, so the upgrade cannot drain nodes",
        why: "A drain waits for the budget until it times out, and the upgrade fails with nodes half done.",
        fix: "Let max_unavailable be at least 1, run more replicas than min_available, or set \
              undrainable_node_behavior of the pool's upgrade_settings to Cordon.",
        exceptions: "Workloads that are scaled down by hand for upgrades.",
        bad: changed!(budget!("1.35", "0"), budget!("1.36", "0")),
        good: changed!(budget!("1.35", "1"), budget!("1.36", "1")),
        references: &["https://learn.microsoft.com/azure/aks/upgrade-aks-cluster"],
        ..Meta::ROW
    },
    check: budgets,
};

pub(super) static APIS: Check = Check {
    meta: Meta {
        id: "TU-CHG-009",
        name: "upgrade-removed-api",
        severity: Severity::High,
        title: "a manifest uses an API that the new Kubernetes version does not have",
        why: "Objects of that version cannot be applied any more, and AKS may refuse the upgrade while they are in use.",
        fix: "Write the manifest in the API version that replaced it, apply, and upgrade then.",
        exceptions: "",
        bad: changed!(
            concat!(cluster!("  kubernetes_version = \"1.31\"\n"), flow_schema!("v1beta3")),
            concat!(cluster!("  kubernetes_version = \"1.32\"\n"), flow_schema!("v1beta3"))
        ),
        good: changed!(
            concat!(cluster!("  kubernetes_version = \"1.31\"\n"), flow_schema!("v1")),
            concat!(cluster!("  kubernetes_version = \"1.32\"\n"), flow_schema!("v1"))
        ),
        references: &["https://kubernetes.io/docs/reference/using-api/deprecation-guide/"],
        ..Meta::ROW
    },
    check: apis,
};

const BUDGET_TYPES: [&str; 2] = ["kubernetes_pod_disruption_budget", "kubernetes_pod_disruption_budget_v1"];

/// Budgets as the code declares them; those that something else makes are not seen, and said to be.
fn budgets(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(before) = graph.before() else { return };
    let Some(change) = before.changes.iter().find(|c| upgrade(c).is_some()) else { return };
    for budget in BUDGET_TYPES.iter().flat_map(|t| graph.instances(t)) {
        let spec = budget.config.get("spec").and_then(|s| s.as_slice()?.first());
        let at = |key: &str| spec.and_then(|s| s.get(key)).filter(|v| !v.is_null());
        let word = |v: &Value| v.as_str().map(str::to_owned).or_else(|| v.as_i64().map(|n| n.to_string()));
        let (most, least) = (at("max_unavailable"), at("min_available"));
        if let Some(unknown) = most.or(least).and_then(Value::as_unknown) {
            out.unknown(budget, unknown.reason.to_string());
            continue;
        }
        let none = |v: &Value| word(v).is_some_and(|w| w == "0" || w == "0%");
        let all = |v: &Value| word(v).is_some_and(|w| w == "100%");
        if let Some(value) = most.filter(|v| none(v)).or(least.filter(|v| all(v))) {
            let text =
                format!("the budget allows no disruption, and the change of {} drains nodes", change.address);
            out.fail(budget, Some(value), text);
        } else {
            out.pass(budget);
        }
    }
    for cluster in graph.of_type(types::CLUSTER) {
        if before.change(&cluster.label()).is_some_and(|c| upgrade(c).is_some()) {
            out.unknown(cluster, "the disruption budgets on the cluster itself were not read");
        }
    }
}

/// The version and the kind of a manifest.
fn manifest(instance: &Instance) -> Option<(String, String, &Value)> {
    if let Some(manifest) = instance.config.get("manifest") {
        let text = |key: &str| manifest.get(key).and_then(Value::as_str).map(str::to_owned);
        return Some((text("apiVersion")?, text("kind")?, manifest.get("apiVersion")?));
    }
    let body = instance.config.get("yaml_body")?;
    let field = |key: &str| {
        let lines = body.as_str()?.lines();
        let found = lines.filter_map(|l| l.strip_prefix(key)).map(|v| v.trim().trim_matches(['"', '\'']));
        found.map(str::to_owned).next()
    };
    Some((field("apiVersion:")?, field("kind:")?, body))
}

fn apis(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let raised = graph.pairs(types::CLUSTER).into_iter().filter_map(|pair| {
        let (was, is) = (target(pair.was)?, target(pair.is)?);
        (is > was).then_some((was, is))
    });
    let Some((_, is)) = raised.max_by_key(|(_, is)| *is) else { return };
    for instance in ["kubernetes_manifest", "kubectl_manifest"].iter().flat_map(|t| graph.instances(t)) {
        let Some((version, kind, at)) = manifest(instance) else {
            out.unknown(instance, "the manifest is not known");
            continue;
        };
        let gone = REMOVED_APIS.rows().find(|row| match row.as_slice() {
            [since, api, kinds] => {
                *api == version
                    && kinds.split(',').any(|k| k == kind)
                    && minor(since).is_some_and(|m| m <= is)
            }
            _ => false,
        });
        match gone {
            Some(row) => {
                let since = row.first().copied().unwrap_or_default();
                let text =
                    format!("{kind} of {version} was removed in {since}, and the cluster goes to 1.{is}");
                out.fail(instance, Some(at), text).note(REMOVED_APIS.dated());
            }
            None => drop(out.pass(instance).note(REMOVED_APIS.dated())),
        }
    }
}
