//! Networking of the cluster: plugin and policies, load balancer, egress.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{
    All, Any, Ask, Azurerm, Is, Not, OrAbsent, Retired, Retiring,
};
use crate::analysis::rules::condition::Test::{NoneOf, OneOf, True};
use crate::analysis::rules::condition::{Condition, Thing};
use crate::analysis::rules::example::{azapi_cluster, cluster};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::tables::RETIREMENTS;
use crate::analysis::rules::{Attribute, Meta, Profile, Truth};

const CILIUM: Condition = Is("properties.networkProfile.networkDataplane", OneOf(&["cilium"]));

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-AKS-015",
            name: "aks-network-policy-npm-retiring",
            title: "network policies are enforced by Azure Network Policy Manager, which retires",
            why: "It gets no fixes after 2026-09-30 on Windows and 2028-09-30 on Linux nodes, and the way off it \
                  reimages every node.",
            fix: "Set network_data_plane = \"cilium\" and network_policy = \"cilium\": azurerm changes it in place.",
            bad: cluster!(
                r#"
  network_profile {
    network_plugin = "azure"
    network_policy = "azure"
  }
"#
            ),
            good: cluster!(
                r#"
  network_profile {
    network_plugin     = "azure"
    network_data_plane = "cilium"
    network_policy     = "cilium"
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/migrate-from-npm-to-cilium-network-policy"],
            ..Meta::ROW
        },
        must: Any(&[OrAbsent("properties.networkProfile.networkPolicy", NoneOf(&["azure"])), CILIUM]),
        graded: &[
            (All(&[Ask(windows), Retired("npm-windows")]), Severity::High),
            (All(&[Ask(windows), Retiring("npm-windows", 365)]), Severity::Medium),
            (Retired("npm-linux"), Severity::High),
            (Retiring("npm-linux", 365), Severity::Medium),
            (All(&[]), Severity::Info),
        ],
        table: Some(&RETIREMENTS),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-017",
            name: "aks-network-plugin-none",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the cluster brings its own network plugin, which Microsoft does not support",
            why: "Whoever runs it answers for it: tickets about its network end at the plugin.",
            fix: "Set network_plugin = \"azure\", or suppress this with the reason.",
            exceptions: "Teams that run Cilium or Calico themselves and mean to.",
            bad: cluster!(
                r#"
  network_profile {
    network_plugin = "none"
  }
"#
            ),
            good: cluster!(
                r#"
  network_profile {
    network_plugin = "azure"
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/use-byo-cni"],
            peers: &["CKV2_AZURE_29"],
            ..Meta::ROW
        },
        must: OrAbsent("properties.networkProfile.networkPlugin", NoneOf(&["none"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-040",
            name: "aks-imds-open",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "pods reach the metadata endpoint of their node",
            why: "With it they get tokens of the node's identity, whatever their own may do.",
            fix: "Restrict it: networkProfile.podLinkLocalAccess = \"None\" (preview; azurerm has no argument for \
                  it), or refuse 169.254.169.254 with a network policy.",
            exceptions: "Pods that use the identity of the node on purpose.",
            bad: azapi_cluster!(
                r#"
      networkProfile = {
        networkPlugin = "azure"
      }
"#
            ),
            good: azapi_cluster!(
                r#"
      networkProfile = {
        networkPlugin      = "azure"
        podLinkLocalAccess = "None"
      }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/imds-restriction"],
            ..Meta::ROW
        },
        when: &[(Not(&Azurerm(&[2, 3, 4, 5])), "azurerm has no argument for it, so only Azure knows")],
        must: Is("properties.networkProfile.podLinkLocalAccess", NoneOf(&["IMDS"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-064",
            name: "aks-basic-load-balancer",
            severity: Severity::High,
            title: "the cluster stands behind a Basic load balancer, which retired on 2025-09-30",
            why: "It is out of support, and knows neither zones nor authorised ranges.",
            fix: "Set load_balancer_sku = \"standard\", or leave it out. This replaces the cluster: see the migration \
                  page first.",
            bad: cluster!(
                r#"
  network_profile {
    network_plugin    = "azure"
    load_balancer_sku = "basic"
  }
"#
            ),
            good: cluster!(
                r#"
  network_profile {
    network_plugin    = "azure"
    load_balancer_sku = "standard"
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/upgrade-basic-load-balancer-on-aks"],
            peers: &["PSRule Azure.AKS.StandardLB"],
            ..Meta::ROW
        },
        must: OrAbsent("properties.networkProfile.loadBalancerSku", NoneOf(&["basic"])),
        graded: &[(Not(&Retired("basic-load-balancer")), Severity::Medium)],
        table: Some(&RETIREMENTS),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-078",
            name: "aks-egress-uncontrolled",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "a private cluster sends its traffic to the Internet without a filter",
            why: "Whoever gets into a pod carries data out to anywhere. The way in is closed, the way out is not.",
            fix: "Set outbound_type = \"userDefinedRouting\" with a route to a firewall.",
            exceptions: "Clusters whose network policies name every destination.",
            bad: cluster!(
                r#"
  private_cluster_enabled = true
"#
            ),
            good: cluster!(
                r#"
  private_cluster_enabled = true

  network_profile {
    network_plugin = "azure"
    outbound_type  = "userDefinedRouting"
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/egress-outboundtype"],
            ..Meta::ROW
        },
        when: &[(
            Is("properties.apiServerAccessProfile.enablePrivateCluster", True),
            "the cluster is not private",
        )],
        must: Is(
            "properties.networkProfile.outboundType",
            NoneOf(&["loadBalancer", "managedNATGateway", "userAssignedNATGateway"]),
        ),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-080",
            name: "aks-acns-security-off",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "Cilium runs without the security features of advanced container networking",
            why: "Policies can name addresses only, not names or HTTP paths. The feature costs money for each node.",
            fix: "Add advanced_networking { security_enabled = true } to network_profile.",
            exceptions: "Clusters that do not need policies by name.",
            bad: cluster!(
                r#"
  network_profile {
    network_plugin     = "azure"
    network_data_plane = "cilium"
    network_policy     = "cilium"
  }
"#
            ),
            good: cluster!(
                r#"
  network_profile {
    network_plugin     = "azure"
    network_data_plane = "cilium"
    network_policy     = "cilium"

    advanced_networking {
      security_enabled = true
    }
  }
"#
            ),
            references: &[
                "https://learn.microsoft.com/azure/aks/advanced-container-networking-services-overview",
            ],
            ..Meta::ROW
        },
        when: &[(CILIUM, "the cluster does not use Cilium")],
        must: Is("properties.networkProfile.advancedNetworking.security.enabled", True),
        ..Attribute::ROW
    },
];

/// Whether a cluster has Windows nodes.
fn windows<'a>(graph: &Graph<'a>, cluster: Thing<'a>) -> Truth {
    let pools = cluster.document.map(|c| graph.pools(c)).unwrap_or_default();
    let is_windows = |v: &_| is_word(v, "Windows");
    Truth::any(pools.iter().map(|p| Truth::of(p.document.get("properties.osType"), false, is_windows)))
}
