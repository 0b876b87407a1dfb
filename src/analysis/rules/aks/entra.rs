//! AKS-002: no sign-in through Entra ID.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::pools::is_automatic;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-AKS-002",
        name: "aks-entra-integration-missing",
        severity: Severity::High,
        profile: Profile::Default,
        title: "people do not sign in to the Kubernetes API through Entra ID",
        why: "Without it there is no central identity, no second factor and no off-boarding: access ends only when \
              certificates are rotated.",
        fix: "Add azure_active_directory_role_based_access_control { azure_rbac_enabled = true } (with azurerm 3.x \
              also managed = true).",
        exceptions: "",
        bad: cluster!(),
        good: cluster!(
            r#"
  azure_active_directory_role_based_access_control {
    azure_rbac_enabled = true
  }
"#
        ),
        references: &[
            "CIS AKS 1.7 5.5.1",
            "https://learn.microsoft.com/azure/aks/entra-id-control-plane-authentication",
        ],
        peers: &["PSRule Azure.AKS.ManagedAAD"],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        if is_automatic(cluster) {
            out.skip(cluster, "AKS Automatic always uses Entra ID");
            continue;
        }
        let profile = cluster.get("properties.aadProfile");
        let fine = Truth::of(profile, false, |_| true).and(managed(cluster));
        out.judge(cluster, profile, fine, RULE.meta.title);
    }
}

/// azurerm 3.x integrates only when `managed` is set, or with an application of one's own (the legacy
/// form, which has a rule of its own); later majors always integrate.
fn managed(cluster: &Document) -> Truth {
    let Some(declared) = cluster.declared.as_ref().filter(|d| d.major == 3) else {
        let live = cluster.get("properties.aadProfile.managed");
        return flag(live, true).or(Truth::is_set(cluster.get("properties.aadProfile.serverAppID")));
    };
    let block = declared.instance.config.get("azure_active_directory_role_based_access_control");
    let block = block.and_then(Value::as_slice).and_then(|b| b.first());
    let argument = |name: &str| block.and_then(|b| b.get(name)).filter(|v| !v.is_null());
    Truth::is_true(argument("managed"), false).or(Truth::is_set(argument("server_app_id")))
}
