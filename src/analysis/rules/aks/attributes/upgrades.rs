//! Versions, support and how nodes are renewed.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{All, Any, Ask, Azurerm, Is, Not, OrAbsent, Production};
use crate::analysis::rules::condition::Test::{NoneOf, OneOf, Set, True};
use crate::analysis::rules::condition::{Condition, Thing};
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::pools::Pool;
use crate::analysis::rules::graph::{Graph, date};
use crate::analysis::rules::{Attribute, Meta, Of, Profile, Truth};
use crate::azure::types;
use crate::terraform::value::Value;

const CHANNEL: &str = "properties.autoUpgradeProfile.upgradeChannel";
const PREMIUM: Condition = Is("sku.tier", OneOf(&["Premium"]));
const LONG_TERM: Condition = Is("properties.supportPlan", OneOf(&["AKSLongTermSupport"]));

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-AKS-043",
            name: "aks-auto-upgrade-off",
            profile: Profile::Strict,
            title: "Kubernetes is not upgraded automatically",
            why: "Clusters that wait for somebody's time fall out of support.",
            fix: "Set automatic_upgrade_channel = \"patch\" (automatic_channel_upgrade in azurerm 3.x).",
            exceptions: "Clusters whose upgrades are planned and done by a pipeline.",
            bad: cluster!(),
            good: cluster!(
                r#"
  automatic_upgrade_channel = "patch"
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/auto-upgrade-cluster"],
            peers: &["CKV_AZURE_171", "PSRule Azure.AKS.AutoUpgrade"],
            ..Meta::ROW
        },
        must: Is(CHANNEL, NoneOf(&["none", ""])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-044",
            name: "aks-auto-upgrade-rapid",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the cluster moves to a new Kubernetes minor as soon as there is one",
            why: "A minor removes interfaces: workloads break on a day that nobody chose.",
            fix: "Set automatic_upgrade_channel = \"patch\" or \"stable\".",
            exceptions: "Clusters on which new versions are tried out.",
            bad: cluster!(
                r#"
  automatic_upgrade_channel = "rapid"
"#
            ),
            good: cluster!(
                r#"
  automatic_upgrade_channel = "stable"
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/auto-upgrade-cluster"],
            ..Meta::ROW
        },
        must: OrAbsent(CHANNEL, NoneOf(&["rapid"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-049",
            name: "aks-version-unpinned",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "no Kubernetes version is set, so Azure takes the default of the day",
            why: "Two environments made from the same code on different days differ.",
            fix: "Set kubernetes_version to a minor, such as \"1.35\", or choose an automatic_upgrade_channel.",
            bad: cluster!(),
            good: cluster!(
                r#"
  kubernetes_version = "1.35"
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/supported-kubernetes-versions"],
            ..Meta::ROW
        },
        must: Any(&[Is("properties.kubernetesVersion", Set), Is(CHANNEL, NoneOf(&["none", ""]))]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-050",
            name: "aks-lts-plan-mismatch",
            title: "long-term support and the Premium tier do not go together as they should",
            why: "Azure refuses long-term support without the Premium tier. The Premium tier without long-term \
                  support is paid for and not used.",
            fix: "Set sku_tier = \"Premium\" and support_plan = \"AKSLongTermSupport\" together, or neither.",
            bad: cluster!(
                r#"
  support_plan = "AKSLongTermSupport"
"#
            ),
            good: cluster!(
                r#"
  sku_tier     = "Premium"
  support_plan = "AKSLongTermSupport"
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/long-term-support"],
            ..Meta::ROW
        },
        must: Any(&[All(&[LONG_TERM, PREMIUM]), All(&[Not(&LONG_TERM), Not(&PREMIUM)])]),
        graded: &[(All(&[PREMIUM, Not(&LONG_TERM)]), Severity::Info)],
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-052",
            name: "aks-free-tier",
            severity: Severity::Low,
            title: "the control plane is on the free tier: no uptime commitment, and few resources",
            why: "The API server is throttled early, and nobody owes you that it is up.",
            fix: "Set sku_tier = \"Standard\" (or \"Premium\").",
            exceptions: "Development and test clusters.",
            bad: cluster!(),
            good: cluster!(
                r#"
  sku_tier = "Standard"
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/free-standard-pricing-tiers"],
            peers: &["CKV_AZURE_170", "PSRule Azure.AKS.UptimeSLA"],
            ..Meta::ROW
        },
        of: Of::Arm(types::CLUSTER),
        must: Is("sku.tier", NoneOf(&["Free"])),
        graded: &[(Production, Severity::Medium)],
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-074",
            name: "aks-upgrade-surge-default",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "a larger pool is upgraded one node at a time",
            why: "Upgrades take hours, and with a surge of 0 the pool runs with fewer nodes meanwhile.",
            fix: "Set upgrade_settings { max_surge = \"33%\" } (the subnet needs room for the extra nodes).",
            exceptions: "Pools whose subnet or quota has no room for more nodes.",
            bad: cluster!(
                "",
                r#"
    auto_scaling_enabled = true
    min_count            = 3
    max_count            = 9
"#
            ),
            good: cluster!(
                "",
                r#"
    auto_scaling_enabled = true
    min_count            = 3
    max_count            = 9

    upgrade_settings {
      max_surge = "33%"
    }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/upgrade-aks-node-pools-rolling"],
            ..Meta::ROW
        },
        of: Of::Pools,
        when: &[(Ask(more_than_five), "the pool has at most 5 nodes")],
        must: Is("properties.upgradeSettings.maxSurge", NoneOf(&["0", "1"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-075",
            name: "aks-undrainable-behaviour",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "one node that cannot be drained stops the upgrade of the whole pool",
            why: "A disruption budget that allows no disruption is enough. The pool then stays half upgraded.",
            fix: "Set upgrade_settings { undrainable_node_behavior = \"Cordon\" }.",
            exceptions: "Pools on which a left-over node is worse than a stopped upgrade.",
            bad: cluster!(),
            good: cluster!(
                "",
                r#"
    upgrade_settings {
      max_surge                 = "33%"
      undrainable_node_behavior = "Cordon"
    }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/upgrade-aks-node-pools-rolling"],
            ..Meta::ROW
        },
        of: Of::Pools,
        when: &[(Not(&Azurerm(&[2, 3])), "azurerm 3.x has no argument for it")],
        must: Is("properties.upgradeSettings.undrainableNodeBehavior", OneOf(&["Cordon"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-076",
            name: "aks-force-upgrade-override",
            severity: Severity::High,
            title: "upgrades go ahead although workloads use interfaces that the next version removes",
            why: "AKS stops such upgrades for a reason: the workloads break. The block cannot be taken out of the \
                  configuration again, only switched off.",
            fix: "Set upgrade_override { force_upgrade_enabled = false }.",
            bad: cluster!(
                r#"
  upgrade_override {
    force_upgrade_enabled = true
  }
"#
            ),
            good: cluster!(
                r#"
  upgrade_override {
    force_upgrade_enabled = false
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/stop-cluster-upgrade-api-breaking-changes"],
            ..Meta::ROW
        },
        must: Not(&All(&[
            Is("properties.upgradeSettings.overrideSettings.forceUpgrade", True),
            Ask(override_in_force),
        ])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-077",
            name: "aks-rotation-name-missing",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the pool's nodes cannot be exchanged in place: no temporary name for the rotation",
            why: "A change of size, zones or encryption fails at plan or replaces the cluster, on the day it is urgent.",
            fix: "Set temporary_name_for_rotation = \"tmpsys\" (12 letters and digits at most).",
            bad: cluster!(),
            good: cluster!(
                "",
                r#"
    temporary_name_for_rotation = "tmpsys"
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/resize-node-pool"],
            ..Meta::ROW
        },
        of: Of::Pools,
        when: &[
            (Azurerm(&[2, 3, 4, 5]), "it is an argument of azurerm only"),
            (
                Any(&[Not(&Azurerm(&[2, 3])), Ask(default_pool)]),
                "azurerm 3.x has it for the default pool only",
            ),
        ],
        must: Is("hcl.temporary_name_for_rotation", Set),
        ..Attribute::ROW
    },
];

/// Whether a pool may have more than five nodes.
fn more_than_five<'a>(_: &Graph<'a>, pool: Thing<'a>) -> Truth {
    let most = pool.document.map(|document| Pool { document, cluster: None }.maximum());
    most.map_or(Truth::No, |most| match most.unknown {
        Some(why) if most.least <= 5 => Truth::Unknown(why),
        _ => (most.least > 5).into(),
    })
}

/// Whether a pool is the one of a cluster's block.
fn default_pool<'a>(_: &Graph<'a>, pool: Thing<'a>) -> Truth {
    pool.document.is_some_and(|document| Pool { document, cluster: None }.is_default()).into()
}

/// Whether the day on which the override ends is still to come, or is not set.
fn override_in_force<'a>(graph: &Graph<'a>, cluster: Thing<'a>) -> Truth {
    let until = cluster.get("properties.upgradeSettings.overrideSettings.until");
    let to_come = |v: &Value| v.as_str().and_then(|t| date(t.get(..10)?)).is_none_or(|d| d >= graph.today);
    Truth::of(until, true, to_come)
}
