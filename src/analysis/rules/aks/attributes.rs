//! Rules about one attribute of a cluster or node pool.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{Is, OrAbsent};
use crate::analysis::rules::condition::Test::{False, True};
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::{Attribute, Meta, Of, Profile};
use crate::azure::types;

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-AKS-001",
            name: "aks-local-accounts-enabled",
            severity: Severity::High,
            profile: Profile::Default,
            title: "the static cluster-admin account still works",
            why: "A leaked admin kubeconfig is permanent, unaudited cluster-admin: it belongs to no person and \
                  Entra ID cannot revoke it.",
            fix: "Set local_account_disabled = true (needs the azure_active_directory_role_based_access_control \
                  block).",
            exceptions: "A cluster without Entra ID, such as a short-lived test cluster.",
            bad: cluster!(),
            good: cluster!(
                r#"
  local_account_disabled = true

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled = true
  }
"#
            ),
            references: &["CIS AKS 1.7 5.5.1", "https://learn.microsoft.com/azure/aks/local-accounts"],
            peers: &["CKV_AZURE_141", "PSRule Azure.AKS.LocalAccounts"],
        },
        of: Of::Arm(types::CLUSTER),
        must: Is("properties.disableLocalAccounts", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-003",
            name: "aks-kubernetes-rbac-disabled",
            severity: Severity::Critical,
            profile: Profile::Default,
            title: "Kubernetes RBAC is off, so every caller who can sign in is an administrator",
            why: "Nothing inside the cluster is authorised at all, and the setting cannot be changed later without \
                  replacing the cluster.",
            fix: "Set role_based_access_control_enabled = true, or leave it out: that is the default.",
            bad: cluster!(
                r#"
  role_based_access_control_enabled = false
"#
            ),
            good: cluster!(),
            references: &[
                "CIS AKS 1.7 5.5.1",
                "https://learn.microsoft.com/azure/aks/concepts-cluster-authorization",
            ],
            peers: &["CKV_AZURE_5", "AZU-0042", "PSRule Azure.AKS.UseRBAC", "KICS aks_rbac_disabled"],
            ..Meta::ROW
        },
        of: Of::Arm(types::CLUSTER),
        must: OrAbsent("properties.enableRBAC", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-011",
            name: "aks-run-command-enabled",
            severity: Severity::Medium,
            profile: Profile::Strict,
            title: "kubectl can be run through Azure, past the private network",
            why: "The run command reaches a private cluster without its network: whoever may call it is not stopped \
                  by private endpoints or authorised ranges. Kubernetes authorisation still applies where Entra ID is on.",
            fix: "Set run_command_enabled = false.",
            exceptions: "Teams that operate a private cluster only through the run command.",
            bad: cluster!(),
            good: cluster!(
                r#"
  run_command_enabled = false
"#
            ),
            references: &[
                "CIS AKS 1.7 5.4.1",
                "https://learn.microsoft.com/azure/aks/access-private-cluster",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::CLUSTER),
        must: Is("properties.apiServerAccessProfile.disableRunCommand", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-026",
            name: "aks-host-encryption-disabled",
            severity: Severity::Medium,
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
            profile: Profile::Default,
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
        },
        of: Of::Pools,
        must: OrAbsent("properties.enableNodePublicIP", False),
        ..Attribute::ROW
    },
];
