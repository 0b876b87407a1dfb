//! AKS-007 and AKS-008: who reaches the API server.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::addresses::too_broad as broad;
use crate::analysis::rules::graph::text::{flag, has_members, is_word};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

const RANGES: &str = "properties.apiServerAccessProfile.authorizedIPRanges";

pub(super) static UNRESTRICTED: Check = Check {
    meta: Meta {
        id: "TU-AKS-007",
        name: "aks-api-server-unrestricted",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the API server answers the whole Internet",
        why: "The control plane is one stolen credential or one vulnerability away from anyone.",
        fix: "Set api_server_access_profile { authorized_ip_ranges = [...] } to your own egress ranges, or make the \
              cluster private.",
        exceptions: "",
        bad: cluster!(),
        good: cluster!(
            r#"
  api_server_access_profile {
    authorized_ip_ranges = ["203.0.113.0/24"]
  }
"#
        ),
        references: &[
            "CIS AKS 1.7 5.4.1",
            "https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges",
        ],
        peers: &["CKV_AZURE_6", "AZU-0041", "PSRule Azure.AKS.AuthorizedIPs"],
    },
    check: unrestricted,
};

pub(super) static TOO_BROAD: Check = Check {
    meta: Meta {
        id: "TU-AKS-008",
        name: "aks-api-server-range-too-broad",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the authorised ranges of the API server let in the Internet, or a large part of it",
        why: "A list that is not empty looks restricted in review and in other scanners, but everyone may call.",
        fix: "List only the egress addresses of offices, VPN and pipelines.",
        exceptions: "",
        bad: cluster!(
            r#"
  api_server_access_profile {
    authorized_ip_ranges = ["0.0.0.0/0"]
  }
"#
        ),
        good: cluster!(
            r#"
  api_server_access_profile {
    authorized_ip_ranges = ["198.51.100.16/28", "203.0.113.0/24"]
  }
"#
        ),
        references: &[
            "CIS AKS 1.7 5.4.1",
            "https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges",
        ],
        peers: &[],
    },
    check: too_broad,
};

/// The ranges: where the document has them, else where azurerm 3.x and older had them.
fn ranges(cluster: &Document) -> Option<&Value> {
    cluster.get(RANGES).or_else(|| {
        let config = &cluster.declared.as_ref()?.instance.config;
        config.get("api_server_authorized_ip_ranges").filter(|v| !v.is_null())
    })
}

fn unrestricted(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let private = flag(cluster.get("properties.apiServerAccessProfile.enablePrivateCluster"), false);
        let closed = cluster.get("properties.publicNetworkAccess");
        let closed = Truth::of(closed, false, |v| is_word(v, "Disabled")).or(closed_in_3(cluster));
        let ranges = ranges(cluster);
        let fine = private.or(closed).or(has_members(ranges));
        out.judge(cluster, ranges, fine, UNRESTRICTED.meta.title);
    }
}

/// `public_network_access_enabled = false` of azurerm 3.x, which later majors dropped.
fn closed_in_3(cluster: &Document) -> Truth {
    let declared = cluster.declared.as_ref().filter(|d| d.major == 3);
    let public = declared.and_then(|d| d.instance.config.get("public_network_access_enabled"));
    Truth::of(public, false, |v| v.as_bool() == Some(false))
}

fn too_broad(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let Some(list) = ranges(cluster) else {
            out.skip(cluster, "no ranges are set");
            continue;
        };
        if let Some(unknown) = list.as_unknown() {
            out.unknown(cluster, unknown.reason.to_string());
            continue;
        }
        let items = list.as_slice().unwrap_or_default();
        if items.is_empty() {
            out.skip(cluster, "the list of ranges is empty");
            continue;
        }
        if let Some((at, what)) = broad(&items.iter().collect::<Vec<_>>(), graph.parameters.broad()) {
            let text = format!("the authorised ranges are too broad: {what}");
            out.fail(cluster, Some(at.unwrap_or(list)), text);
        } else if items.iter().all(Value::is_unknown) {
            let why = items.iter().find_map(Value::as_unknown).map(|u| u.reason.to_string());
            out.unknown(cluster, why.unwrap_or_default());
        } else {
            out.pass(cluster);
        }
    }
}
