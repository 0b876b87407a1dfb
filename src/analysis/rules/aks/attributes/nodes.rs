//! Node pools: exposure, size, scaling.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{
    Absent, All, Any, Ask, Azurerm, Is, Not, OrAbsent, Parent, Retired,
};
use crate::analysis::rules::condition::Test::{AtMost, False, NoneOf, OneOf, StartsWith, True};
use crate::analysis::rules::condition::{Condition, Thing};
use crate::analysis::rules::example::{cluster, node_pool, sized_cluster};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::pools::Pool;
use crate::analysis::rules::tables::RETIREMENTS;
use crate::analysis::rules::{Attribute, Meta, Of, Profile, Truth};
use crate::azure::estate::get;
use crate::terraform::value::Value;

const SCALING: Condition = Is("properties.enableAutoScaling", True);
const SPOT: Condition = Is("properties.scaleSetPriority", OneOf(&["Spot"]));
/// What no pod or neighbour should reach on a node: SSH, RDP, the kubelet, etcd.
const GUARDED_PORTS: [i64; 4] = [22, 3389, 10250, 2379];
/// So many ports at once are no list of what is served.
const MANY_PORTS: i64 = 1000;

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-AKS-026",
            name: "aks-host-encryption-disabled",
            profile: Profile::Strict,
            title: "temporary disks and caches of the nodes are not encrypted on the host",
            why: "What pods write to ephemeral storage lies unencrypted on shared hardware.",
            fix: "Set host_encryption_enabled = true (needs the feature EncryptionAtHost in the subscription; the \
                  pool's nodes are replaced).",
            exceptions: "Subscriptions in which the feature is not registered.",
            bad: cluster!(),
            good: cluster!(
                "",
                r#"
    host_encryption_enabled = true
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/enable-host-encryption"],
            peers: &["CKV_AZURE_227"],
            ..Meta::ROW
        },
        of: Of::Pools,
        must: Is("properties.enableEncryptionAtHost", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-031",
            name: "aks-node-public-ip",
            severity: Severity::High,
            title: "nodes of this pool have public addresses of their own",
            why: "Every node can be reached from the Internet: kubelet and node ports are one security rule away.",
            fix: "Set node_public_ip_enabled = false, or leave it out.",
            exceptions: "Game servers and the like that need an address for each node.",
            bad: cluster!(
                "",
                r#"
    node_public_ip_enabled = true
"#
            ),
            good: cluster!(),
            references: &["CIS AKS 1.7 5.4.3", "https://learn.microsoft.com/azure/aks/use-node-public-ips"],
            peers: &["CKV_AZURE_143"],
            ..Meta::ROW
        },
        of: Of::Pools,
        must: OrAbsent("properties.enableNodePublicIP", False),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-032",
            name: "aks-host-ports-open",
            title: "host ports are opened that nobody should reach: SSH, RDP, the kubelet, etcd, or very many at once",
            why: "AKS opens them in the network security group of the nodes, to everybody who can route there.",
            fix: "Narrow port_start and port_end of allowed_host_ports to what is served.",
            bad: node_pool!(
                r#"
  node_network_profile {
    allowed_host_ports {
      port_start = 1
      port_end   = 65535
      protocol   = "TCP"
    }
  }
"#
            ),
            good: node_pool!(
                r#"
  node_network_profile {
    allowed_host_ports {
      port_start = 8080
      port_end   = 8090
      protocol   = "TCP"
    }
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/use-node-public-ips"],
            ..Meta::ROW
        },
        of: Of::Pools,
        each: "properties.networkProfile.allowedHostPorts",
        must: Ask(narrow_ports),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-059",
            name: "aks-autoscaling-off",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the pool has a fixed number of nodes",
            why: "Pods stay Pending under load, and idle nodes are paid for at night.",
            fix: "Set auto_scaling_enabled = true with min_count and max_count.",
            exceptions: "Pools whose load does not change.",
            bad: cluster!(),
            good: cluster!(
                "",
                r#"
    auto_scaling_enabled = true
    min_count            = 3
    max_count            = 5
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/cluster-autoscaler"],
            peers: &["PSRule Azure.AKS.AutoScaling"],
            ..Meta::ROW
        },
        of: Of::Pools,
        must: Any(&[SCALING, Parent(&Is("properties.nodeProvisioningProfile.mode", OneOf(&["Auto"])))]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-060",
            name: "aks-autoscaler-no-headroom",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the pool scales by itself between equal bounds",
            why: "The autoscaler has nothing to do: pods stay Pending under load.",
            fix: "Raise max_count above min_count.",
            bad: cluster!(
                "",
                r#"
    auto_scaling_enabled = true
    min_count            = 3
    max_count            = 3
"#
            ),
            good: cluster!(
                "",
                r#"
    auto_scaling_enabled = true
    min_count            = 3
    max_count            = 6
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/cluster-autoscaler"],
            ..Meta::ROW
        },
        of: Of::Pools,
        when: &[(SCALING, "the pool does not scale by itself")],
        must: Not(&Ask(equal_bounds)),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-061",
            name: "aks-node-count-with-autoscaler",
            severity: Severity::Low,
            title: "the code sets the number of nodes, and so does the autoscaler",
            why: "Every plan wants to undo what the autoscaler did, and the provider refuses it or takes nodes away.",
            fix: "Leave out node_count, or add lifecycle { ignore_changes = [default_node_pool[0].node_count] } \
                  (node_count for a pool of its own).",
            bad: cluster!(
                "",
                r#"
    auto_scaling_enabled = true
    min_count            = 3
    max_count            = 6
"#
            ),
            good: r#"resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"

  default_node_pool {
    name                 = "system"
    vm_size              = "Standard_D4s_v5"
    node_count           = 3
    auto_scaling_enabled = true
    min_count            = 3
    max_count            = 6
  }

  identity {
    type = "SystemAssigned"
  }

  lifecycle {
    ignore_changes = [default_node_pool[0].node_count]
  }
}
"#,
            references: &["https://learn.microsoft.com/azure/aks/cluster-autoscaler"],
            ..Meta::ROW
        },
        of: Of::Pools,
        when: &[
            (Azurerm(&[2, 3, 4, 5]), "it is about the code of azurerm"),
            (SCALING, "the pool does not scale by itself"),
        ],
        must: Any(&[Absent("hcl.node_count"), Ask(count_ignored)]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-065",
            name: "aks-availability-set-pool",
            severity: Severity::High,
            title: "the pool stands on an availability set, which is out of support since 2025-09-30",
            why: "It can neither be upgraded with support nor have zones or an autoscaler.",
            fix: "Set type = \"VirtualMachineScaleSets\", or leave it out. This replaces the cluster.",
            bad: cluster!(
                "",
                r#"
    type = "AvailabilitySet"
"#
            ),
            good: cluster!(),
            references: &["https://learn.microsoft.com/azure/aks/availability-sets-on-aks"],
            peers: &["CKV_AZURE_169", "PSRule Azure.AKS.PoolScaleSet"],
            ..Meta::ROW
        },
        of: Of::Pools,
        must: OrAbsent("properties.type", NoneOf(&["AvailabilitySet"])),
        graded: &[(Not(&Retired("aks-availability-sets")), Severity::Medium)],
        table: Some(&RETIREMENTS),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-066",
            name: "aks-b-series-system-pool",
            title: "the system pool runs on burstable machines",
            why: "When the CPU credits are used up, name resolution and metrics of the whole cluster crawl. Microsoft \
                  does not support it.",
            fix: "Choose another vm_size, such as Standard_D4s_v5; changing it replaces the pool's nodes.",
            exceptions: "Clusters to try things out.",
            bad: sized_cluster!("Standard_B4ms"),
            good: cluster!(),
            references: &["https://learn.microsoft.com/azure/aks/use-system-pools"],
            ..Meta::ROW
        },
        of: Of::Pools,
        when: &[(Ask(system), "not a system pool")],
        must: Not(&Is("properties.vmSize", StartsWith(&["Standard_B"]))),
        says: "the system pool runs on burstable machines ({})",
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-071",
            name: "aks-spot-system-pool",
            severity: Severity::High,
            title: "a system pool of Spot machines",
            why: "AKS refuses it: the add-ons that the cluster lives on cannot stand on machines that Azure takes away.",
            fix: "Set mode = \"User\", and keep a system pool of regular machines.",
            bad: node_pool!(
                r#"
  mode            = "System"
  priority        = "Spot"
  eviction_policy = "Delete"
"#
            ),
            good: node_pool!(
                r#"
  mode            = "User"
  priority        = "Spot"
  eviction_policy = "Delete"
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/spot-node-pool"],
            ..Meta::ROW
        },
        of: Of::Pools,
        must: Not(&All(&[SPOT, Is("properties.mode", OneOf(&["System"]))])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-073",
            name: "aks-spot-max-price",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "a fixed price for Spot machines: nodes are taken away when the price moves",
            why: "Azure never asks more than the usual price. A lower bound only adds evictions.",
            fix: "Set spot_max_price = -1, or leave it out.",
            exceptions: "Batch work with a hard limit of what an hour may cost.",
            bad: node_pool!(
                r#"
  priority        = "Spot"
  eviction_policy = "Delete"
  spot_max_price  = 0.05
"#
            ),
            good: node_pool!(
                r#"
  priority        = "Spot"
  eviction_policy = "Delete"
  spot_max_price  = -1
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/spot-node-pool"],
            ..Meta::ROW
        },
        of: Of::Pools,
        when: &[(SPOT, "no Spot machines")],
        must: OrAbsent("properties.spotMaxPrice", AtMost(-1)),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-082",
            name: "aks-fips-disabled",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "the nodes do not run images with validated cryptography (FIPS)",
            why: "It matters only to who has to prove FIPS 140.",
            fix: "Set fips_enabled = true; changing it replaces the pool's nodes.",
            exceptions: "Wherever nothing demands FIPS.",
            bad: cluster!(),
            good: cluster!(
                "",
                r#"
    fips_enabled = true
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/enable-fips-nodes"],
            ..Meta::ROW
        },
        of: Of::Pools,
        must: Is("properties.enableFIPS", True),
        ..Attribute::ROW
    },
];

/// Whether a range of host ports is narrow and touches none that is guarded.
fn narrow_ports<'a>(_: &Graph<'a>, range: Thing<'a>) -> Truth {
    let port = |name: &str| get(range.value, name);
    if let Some(unknown) = ["portStart", "portEnd"].iter().find_map(|n| port(n)?.as_unknown()) {
        return Truth::Unknown(unknown.reason.to_string());
    }
    let number = |name: &str| port(name).and_then(Value::as_i64);
    let first = number("portStart").or(number("portEnd")).unwrap_or(0);
    let last = number("portEnd").unwrap_or(first);
    let guarded = GUARDED_PORTS.iter().any(|p| (first..=last).contains(p));
    (!guarded && last.saturating_sub(first) < MANY_PORTS).into()
}

/// Whether the bounds of the autoscaler are known to be equal.
fn equal_bounds<'a>(_: &Graph<'a>, pool: Thing<'a>) -> Truth {
    let bound = |name: &str| pool.get(&format!("properties.{name}"));
    let (least, most) = (bound("minCount"), bound("maxCount"));
    if let Some(unknown) = [least, most].into_iter().flatten().find_map(Value::as_unknown) {
        return Truth::Unknown(unknown.reason.to_string());
    }
    let (least, most) = (least.and_then(Value::as_i64), most.and_then(Value::as_i64));
    (least.is_some() && least == most).into()
}

/// Whether `ignore_changes` of the resource covers its number of nodes.
fn count_ignored<'a>(_: &Graph<'a>, pool: Thing<'a>) -> Truth {
    let names =
        ["node_count", "default_node_pool", "default_node_pool[0]", "default_node_pool[0].node_count"];
    let lifecycle = pool.instance.map(|i| &i.lifecycle);
    lifecycle.is_some_and(|l| l.ignore_all || l.ignore_changes.iter().any(|p| names.contains(&&**p))).into()
}

/// Whether a pool runs the add-ons.
fn system<'a>(_: &Graph<'a>, pool: Thing<'a>) -> Truth {
    pool.document.is_some_and(|document| Pool { document, cluster: None }.is_system()).into()
}
