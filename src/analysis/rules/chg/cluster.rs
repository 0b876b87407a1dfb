//! CHG-012, 013 and 014: changes of a cluster that break what depends on it.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{changed, cluster};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::before::Pair;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::types;
use crate::terraform::source::Span;
use crate::terraform::syntax::outline::Outline;

pub(super) static LOCAL_ACCOUNTS: Check = Check {
    meta: Meta {
        id: "TU-CHG-012",
        name: "local-accounts-off-but-used",
        severity: Severity::High,
        title: "local accounts are turned off while code signs in with them",
        why: "kube_admin_config is empty afterwards: the next plan cannot read the cluster's contents.",
        fix: "Sign in with kubelogin (an exec block) first, apply, and turn local accounts off then.",
        exceptions: "",
        bad: changed!(
            concat!(
                cluster!("  azure_active_directory_role_based_access_control {}\n"),
                "\noutput \"admin\" {\n  value     = azurerm_kubernetes_cluster.example.kube_admin_config_raw\n  sensitive = true\n}\n"
            ),
            concat!(
                cluster!(
                    "  local_account_disabled = true\n  azure_active_directory_role_based_access_control {}\n"
                ),
                "\noutput \"admin\" {\n  value     = azurerm_kubernetes_cluster.example.kube_admin_config_raw\n  sensitive = true\n}\n"
            )
        ),
        good: changed!(
            cluster!("  azure_active_directory_role_based_access_control {}\n"),
            cluster!(
                "  local_account_disabled = true\n  azure_active_directory_role_based_access_control {}\n"
            )
        ),
        references: &["https://learn.microsoft.com/azure/aks/manage-local-accounts-managed-azure-ad"],
        ..Meta::ROW
    },
    check: local_accounts,
};

pub(super) static OUTBOUND: Check = Check {
    meta: Meta {
        id: "TU-CHG-013",
        name: "outbound-type-change",
        severity: Severity::High,
        title: "the way out of the cluster changes",
        why: "Egress addresses change, so allow lists of others break, and connections that are open drop.",
        fix: "Give the new addresses to those who filter by them, and choose a window.",
        exceptions: "A planned window.",
        bad: changed!(
            cluster!(
                "  network_profile {\n    network_plugin = \"azure\"\n    outbound_type  = \"loadBalancer\"\n  }\n"
            ),
            cluster!(
                "  network_profile {\n    network_plugin = \"azure\"\n    outbound_type  = \"managedNATGateway\"\n  }\n"
            )
        ),
        good: changed!(
            cluster!(
                "  network_profile {\n    network_plugin = \"azure\"\n    outbound_type  = \"loadBalancer\"\n  }\n"
            ),
            cluster!("  network_profile {\n    network_plugin = \"azure\"\n  }\n")
        ),
        references: &["https://learn.microsoft.com/azure/aks/egress-outboundtype"],
        ..Meta::ROW
    },
    check: outbound,
};

pub(super) static POLICY: Check = Check {
    meta: Meta {
        id: "TU-CHG-014",
        name: "network-policy-change",
        severity: Severity::High,
        title: "the network policy engine changes in a way that replaces the cluster",
        why: "azurerm deletes the cluster and creates it again.",
        fix: "Go to cilium, which azurerm 4 and later do in place, or build the new cluster beside the old one.",
        exceptions: "",
        bad: changed!(
            cluster!(
                "  network_profile {\n    network_plugin = \"azure\"\n    network_policy = \"azure\"\n  }\n"
            ),
            cluster!(
                "  network_profile {\n    network_plugin = \"azure\"\n    network_policy = \"calico\"\n  }\n"
            )
        ),
        good: changed!(
            cluster!("  network_profile {\n    network_plugin = \"azure\"\n  }\n"),
            cluster!(
                "  network_profile {\n    network_plugin = \"azure\"\n    network_policy = \"calico\"\n  }\n"
            )
        ),
        references: &["https://learn.microsoft.com/azure/aks/use-network-policies"],
        ..Meta::ROW
    },
    check: policy,
};

const ADMIN: &str = "kube_admin_config";
/// Providers that sign in to a cluster.
const SIGN_IN: [&str; 4] = ["provider.kubernetes", "provider.helm", "provider.kubectl", "provider.flux"];

/// An output or a provider that reads the admin's credentials: its name, and where.
fn reader_of_admin(graph: &Graph<'_>) -> Option<(String, Span)> {
    let sources = &graph.evaluation?.sources;
    for (file, source) in sources.entries().filter(|(_, f)| f.path.as_str().ends_with(".tf")) {
        if !source.text.contains(ADMIN) {
            continue;
        }
        for item in Outline::of(&source.text).items {
            let wanted = item.name.starts_with("output.") || SIGN_IN.iter().any(|p| item.name.starts_with(p));
            let text = source.text.get(item.range.clone()).unwrap_or_default();
            if item.parent.is_none() && wanted && text.contains(ADMIN) {
                let (start, end) = (item.range.start as u32, item.range.end as u32);
                return Some((item.name, Span { file, start, end }));
            }
        }
    }
    None
}

fn local_accounts(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    const PATH: &str = "properties.disableLocalAccounts";
    for pair in graph.pairs(types::CLUSTER) {
        let (was, is) = pair.at(PATH);
        match flag(is, false).and(!flag(was, false)) {
            Truth::No => drop(out.skip(pair.is, "local accounts are not turned off by this change")),
            Truth::Unknown(why) => drop(out.unknown(pair.is, why)),
            Truth::Yes => match reader_of_admin(graph) {
                None => drop(out.pass(pair.is)),
                Some((name, span)) => {
                    let text = format!("local accounts are turned off, and {name} reads kube_admin_config");
                    out.fail(pair.is, is, text).because(Some(span), "it is read here");
                }
            },
        }
    }
}

/// Ways out that AKS changes in place, and whether they need a network of one's own.
const WAYS: [(&str, bool); 5] = [
    ("loadBalancer", false),
    ("managedNATGateway", false),
    ("none", false),
    ("userAssignedNATGateway", true),
    ("userDefinedRouting", true),
];

fn outbound(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    const PATH: &str = "properties.networkProfile.outboundType";
    for pair in graph.pairs(types::CLUSTER) {
        let (was, is) = match pair.words(PATH) {
            Err(why) => {
                out.unknown(pair.is, why);
                continue;
            }
            Ok(None) => {
                out.pass(pair.is);
                continue;
            }
            Ok(Some((was, is))) => (was.unwrap_or("loadBalancer"), is.unwrap_or("loadBalancer")),
        };
        if was.eq_ignore_ascii_case(is) {
            out.pass(pair.is);
            continue;
        }
        let own = graph.pools(pair.is).iter().any(|p| p.document.get("properties.vnetSubnetID").is_some());
        let fits = |way: &str| WAYS.iter().any(|(w, needs)| w.eq_ignore_ascii_case(way) && (own || !needs));
        let severity = if fits(was) && fits(is) { Severity::Medium } else { Severity::High };
        let text = format!("the cluster's way out changes from {was} to {is}");
        out.fail(pair.is, pair.is.get(PATH), text).severity(severity);
    }
}

fn policy(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    const PATH: &str = "properties.networkProfile.networkPolicy";
    for pair in graph.pairs(types::CLUSTER) {
        match pair.words(PATH) {
            Err(why) => drop(out.unknown(pair.is, why)),
            Ok(Some((Some(was), Some(is)))) if !in_place(&pair, is) => {
                let text = format!("network_policy from {was} to {is} replaces the cluster");
                out.fail(pair.is, pair.is.get(PATH), text);
            }
            Ok(_) => drop(out.pass(pair.is)),
        }
    }
}

/// To cilium, with azurerm 4 and later or by ARM itself.
fn in_place(pair: &Pair<'_>, is: &str) -> bool {
    let major = pair.is.declared.as_ref().map_or(0, |d| d.major);
    is.eq_ignore_ascii_case("cilium") && major != 3
}
