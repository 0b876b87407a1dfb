//! AKS-036: pod-managed identities.

use crate::analysis::rules::example::azapi_cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::types;

/// The name of the project and of its chart.
const CHART: &str = "aad-pod-identity";

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-AKS-036",
        name: "aks-pod-identity-deprecated",
        title: "pods get identities from the archived pod-managed identity project",
        why: "It answers for the metadata endpoint of the node without fixes: a hole in it gives a pod the identity of \
              any other.",
        fix: "Move to workload_identity_enabled = true with federated credentials, then remove it.",
        bad: azapi_cluster!(
            r#"
      podIdentityProfile = {
        enabled = true
      }
"#
        ),
        good: azapi_cluster!(
            r#"
      securityProfile = {
        workloadIdentity = {
          enabled = true
        }
      }
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/workload-identity-migrate-from-pod-identity"],
        peers: &["PSRule Azure.AKS.PodIdentity"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let on = cluster.get("properties.podIdentityProfile.enabled");
        out.judge(cluster, on, !flag(on, false), RULE.meta.title);
    }
    for release in graph.instances("helm_release") {
        let named = ["chart", "name"].map(|name| release.config.get(name));
        let is_it =
            |v: &_| -> bool { crate::terraform::value::Value::as_str(v).is_some_and(|t| t.contains(CHART)) };
        let at = named.iter().flatten().copied().find(|v| is_it(v));
        match at {
            Some(at) => drop(out.fail(release, Some(at), RULE.meta.title)),
            None => {
                let unknown = Truth::any(named.map(|v| Truth::of(v, false, is_it)));
                out.judge(release, None, !unknown, RULE.meta.title);
            }
        }
    }
}
