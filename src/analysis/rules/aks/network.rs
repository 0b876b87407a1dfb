//! AKS-014 and AKS-016: the network policy engine, and kubenet.

use time::macros::date;

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};

pub(super) static POLICY: Check = Check {
    meta: Meta {
        id: "TU-AKS-014",
        name: "aks-network-policy-missing",
        severity: Severity::High,
        profile: Profile::Default,
        title: "no network policy engine: any pod can talk to any pod",
        why: "One compromised pod reaches every other one. An engine can be added in place; changing or removing one \
              later replaces the cluster, except for a move to Cilium.",
        fix: "Set network_profile { network_data_plane = \"cilium\", network_policy = \"cilium\" }, or another \
              network_policy.",
        exceptions: "A service mesh that enforces its own policy everywhere.",
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
    network_data_plane  = "cilium"
    network_policy      = "cilium"
  }
"#
        ),
        references: &["CIS AKS 1.7 5.4.4", "https://learn.microsoft.com/azure/aks/use-network-policies"],
        peers: &[
            "CKV_AZURE_7",
            "AZU-0043",
            "PSRule Azure.AKS.NetworkPolicy",
            "KICS aks_network_policy_misconfigured",
            "Terrascan AC_AZURE_0158",
        ],
    },
    check: policy,
};

pub(super) static KUBENET: Check = Check {
    meta: Meta {
        id: "TU-AKS-016",
        name: "aks-kubenet",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "the cluster uses kubenet networking, which retires on 2028-03-31",
        why: "kubenet gets no Cilium and no Windows nodes, needs a route table of its own and at most 400 nodes, and \
              stops being supported.",
        fix: "Set network_profile { network_plugin = \"azure\", network_plugin_mode = \"overlay\" }; azurerm 4.x and \
              later change it in place.",
        exceptions: "A cluster that will be gone before the date.",
        bad: cluster!(
            r#"
  network_profile {
    network_plugin = "kubenet"
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
        references: &["https://learn.microsoft.com/azure/aks/configure-kubenet"],
        peers: &["CKV2_AZURE_29", "PSRule Azure.AKS.AzureCNI"],
    },
    check: kubenet,
};

fn policy(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let engine = cluster.get("properties.networkProfile.networkPolicy");
        let data_plane = cluster.get("properties.networkProfile.networkDataplane");
        let named = Truth::of(engine, false, |v| {
            v.as_str().is_some_and(|s| !s.is_empty() && !s.eq_ignore_ascii_case("none"))
        });
        let fine = named.or(Truth::is_word(data_plane, "cilium", false));
        let at = engine.or_else(|| cluster.get("properties.networkProfile"));
        out.judge(cluster, at, fine, POLICY.meta.title);
    }
}

fn kubenet(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let plugin = cluster.get("properties.networkProfile.networkPlugin");
        // A name that AKS does not know (SEC-023) is no way out of kubenet.
        let fine = Truth::of(plugin, false, |v| is_word(v, "azure") || is_word(v, "none"));
        let wrong = match plugin {
            None => "no network profile: the cluster gets kubenet networking, which retires on 2028-03-31",
            Some(v) if !is_word(v, "kubenet") => {
                "network_plugin is none that AKS has, so nothing leads away from kubenet"
            }
            Some(_) => KUBENET.meta.title,
        };
        let near = graph.today >= date!(2027 - 03 - 31);
        let outcome = out.judge(cluster, plugin, fine, wrong);
        outcome.severity(if near { Severity::Medium } else { Severity::Low });
        outcome.note("retirement dates as of 2026-08-21");
    }
}
