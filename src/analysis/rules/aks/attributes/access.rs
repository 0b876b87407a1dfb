//! Who gets in: sign-in, Kubernetes permissions, the API server, the cluster's own identity.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{Absent, All, Any, Ask, Azurerm, Is, Not, OrAbsent};
use crate::analysis::rules::condition::Test::{False, Filled, Keyword, NoneOf, OneOf, Set, True};
use crate::analysis::rules::condition::{Condition, Thing};
use crate::analysis::rules::example::{azapi_cluster, cluster};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Attribute, Meta, Of, Profile, Truth};
use crate::azure::types;

const ENTRA: Condition = Is("properties.aadProfile", Set);
const PRIVATE: Condition = Is("properties.apiServerAccessProfile.enablePrivateCluster", True);
const LOCAL_ACCOUNTS_OFF: Condition = Is("properties.disableLocalAccounts", True);

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-AKS-001",
            name: "aks-local-accounts-enabled",
            severity: Severity::High,
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
            ..Meta::ROW
        },
        must: LOCAL_ACCOUNTS_OFF,
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-003",
            name: "aks-kubernetes-rbac-disabled",
            severity: Severity::Critical,
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
            id: "TU-AKS-004",
            name: "aks-azure-rbac-disabled",
            profile: Profile::Strict,
            title: "permissions inside the cluster are not given as Azure roles",
            why: "Two systems of permissions drift apart. Azure roles are reviewed, time-bound and logged together \
                  with everything else; role bindings kept inside the cluster are not.",
            fix: "Set azure_active_directory_role_based_access_control { azure_rbac_enabled = true }.",
            exceptions: "Clusters whose role bindings are kept in Git and reviewed there.",
            bad: cluster!(
                r#"
  azure_active_directory_role_based_access_control {
    admin_group_object_ids = ["11111111-2222-3333-4444-555555555555"]
  }
"#
            ),
            good: cluster!(
                r#"
  azure_active_directory_role_based_access_control {
    azure_rbac_enabled = true
  }
"#
            ),
            references: &[
                "CIS AKS 1.7 5.5.2",
                "https://learn.microsoft.com/azure/aks/concepts-cluster-authorization",
            ],
            peers: &["PSRule Azure.AKS.AzureRBAC"],
            ..Meta::ROW
        },
        when: &[(ENTRA, "people do not sign in through Entra ID")],
        must: Is("properties.aadProfile.enableAzureRBAC", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-005",
            name: "aks-entra-admins-empty",
            title: "nobody is an administrator: no admin group, and no Azure roles inside the cluster",
            why: "Once local accounts are off nobody can administer the cluster, which shows only after the apply. \
                  While they are on, people fall back to the shared admin account.",
            fix: "Set admin_group_object_ids to a group, or azure_rbac_enabled = true.",
            bad: cluster!(
                r#"
  azure_active_directory_role_based_access_control {
    azure_rbac_enabled = false
  }
"#
            ),
            good: cluster!(
                r#"
  azure_active_directory_role_based_access_control {
    azure_rbac_enabled     = false
    admin_group_object_ids = ["11111111-2222-3333-4444-555555555555"]
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/entra-id-control-plane-authentication"],
            ..Meta::ROW
        },
        when: &[(ENTRA, "people do not sign in through Entra ID")],
        must: Any(&[
            Is("properties.aadProfile.enableAzureRBAC", True),
            Is("properties.aadProfile.adminGroupObjectIDs", Filled),
        ]),
        graded: &[(Not(&LOCAL_ACCOUNTS_OFF), Severity::Low)],
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-006",
            name: "aks-legacy-entra-app",
            severity: Severity::High,
            title: "people sign in through applications of one's own, a form that is retired",
            why: "The secret of the server application lies in the code and in the state, expires, and stops \
                  everybody's access when it does.",
            fix: "Leave out server_app_id, server_app_secret and client_app_id, and (azurerm 3.x) set managed = true.",
            bad: azapi_cluster!(
                r#"
      aadProfile = {
        clientAppID = "11111111-2222-3333-4444-555555555555"
        serverAppID = "66666666-7777-8888-9999-000000000000"
      }
"#
            ),
            good: azapi_cluster!(
                r#"
      aadProfile = {
        managed = true
      }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/entra-id-control-plane-authentication"],
            ..Meta::ROW
        },
        must: All(&[
            Absent("properties.aadProfile.serverAppID"),
            Absent("properties.aadProfile.clientAppID"),
            Absent("hcl.azure_active_directory_role_based_access_control.server_app_id"),
            Absent("hcl.azure_active_directory_role_based_access_control.server_app_secret"),
            Absent("hcl.azure_active_directory_role_based_access_control.client_app_id"),
            Absent("hcl.role_based_access_control.azure_active_directory.server_app_id"),
            Absent("hcl.role_based_access_control.azure_active_directory.server_app_secret"),
            Absent("hcl.role_based_access_control.azure_active_directory.client_app_id"),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-009",
            name: "aks-private-cluster-disabled",
            profile: Profile::Strict,
            title: "the API server has a public address",
            why: "Authorised ranges limit who reaches it; a private cluster takes it off the Internet altogether.",
            fix: "Set private_cluster_enabled = true. This replaces the cluster: decide it for new ones.",
            exceptions: "Clusters that are operated from places without a way into the network.",
            bad: cluster!(),
            good: cluster!(
                r#"
  private_cluster_enabled = true
"#
            ),
            references: &["CIS AKS 1.7 5.4.2", "https://learn.microsoft.com/azure/aks/private-clusters"],
            peers: &["CKV_AZURE_115", "AZU-0065", "KICS aks_private_cluster_disabled"],
            ..Meta::ROW
        },
        of: Of::Arm(types::CLUSTER),
        must: PRIVATE,
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-010",
            name: "aks-private-cluster-public-fqdn",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the private address of the API server is published in public DNS",
            why: "Anyone can look up how the network is addressed.",
            fix: "Set private_cluster_public_fqdn_enabled = false.",
            exceptions: "Networks that cannot resolve a private zone.",
            bad: cluster!(
                r#"
  private_cluster_enabled             = true
  private_cluster_public_fqdn_enabled = true
"#
            ),
            good: cluster!(
                r#"
  private_cluster_enabled = true
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/private-clusters"],
            ..Meta::ROW
        },
        of: Of::Arm(types::CLUSTER),
        when: &[(PRIVATE, "the cluster is not private")],
        must: OrAbsent("properties.apiServerAccessProfile.enablePrivateClusterPublicFQDN", False),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-011",
            name: "aks-run-command-enabled",
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
        must: Is("properties.apiServerAccessProfile.disableRunCommand", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-012",
            name: "aks-service-principal-identity",
            severity: Severity::High,
            title: "the cluster signs in to Azure with a client secret",
            why: "The secret lies in the code or the state, and the cluster stops working on the day it expires.",
            fix: "Replace service_principal by identity { type = \"UserAssigned\", identity_ids = [...] }.",
            bad: r#"resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 3
  }

  service_principal {
    client_id     = "11111111-2222-3333-4444-555555555555"
    client_secret = "not-a-real-one"
  }
}
"#,
            good: cluster!(),
            references: &["https://learn.microsoft.com/azure/aks/managed-identity-overview"],
            peers: &["PSRule Azure.AKS.ManagedIdentity"],
            ..Meta::ROW
        },
        must: OrAbsent("properties.servicePrincipalProfile.clientId", Keyword(&["msi"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-013",
            name: "aks-system-identity-with-byo-network",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the cluster uses a network of one's own with an identity that does not exist before it",
            why: "Roles on the subnet, the route table or the DNS zone can be given only after the cluster is there: \
                  the first apply fails or half works. A DNS zone of one's own needs another identity anyway.",
            fix: "Use identity { type = \"UserAssigned\" } and give it its roles first.",
            bad: cluster!(
                "",
                r#"
    vnet_subnet_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/nodes"
"#
            ),
            good: cluster!(),
            references: &[
                "https://learn.microsoft.com/azure/aks/private-clusters",
                "https://learn.microsoft.com/azure/aks/aks-service-permissions",
            ],
            ..Meta::ROW
        },
        when: &[(Is("identity.type", OneOf(&["SystemAssigned"])), "its identity exists before it")],
        must: All(&[
            Not(&Ask(own_subnet)),
            OrAbsent("properties.networkProfile.outboundType", NoneOf(&["userDefinedRouting"])),
            OrAbsent("properties.apiServerAccessProfile.privateDNSZone", Keyword(&["System", "None"])),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-081",
            name: "aks-node-rg-unlocked",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "the resource group of the nodes can be changed by hand",
            why: "Changes made there are not in the code, and AKS undoes them or breaks on them.",
            fix: "Set nodeResourceGroupProfile.restrictionLevel = \"ReadOnly\" with azapi; azurerm has no argument \
                  for it.",
            exceptions: "Clusters on which tools of one's own write to that group.",
            bad: azapi_cluster!(""),
            good: azapi_cluster!(
                r#"
      nodeResourceGroupProfile = {
        restrictionLevel = "ReadOnly"
      }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/node-resource-group-lockdown"],
            ..Meta::ROW
        },
        when: &[(Not(&Azurerm(&[2, 3, 4, 5])), "azurerm has no argument for it, so only Azure knows")],
        must: Is("properties.nodeResourceGroupProfile.restrictionLevel", OneOf(&["ReadOnly"])),
        ..Attribute::ROW
    },
];

/// Whether a system pool of a cluster stands in a subnet of one's own.
fn own_subnet<'a>(graph: &Graph<'a>, cluster: Thing<'a>) -> Truth {
    let pools = cluster.document.map(|c| graph.pools(c)).unwrap_or_default();
    let system = pools.iter().filter(|p| p.is_system());
    Truth::any(system.map(|p| Set.of(p.document.get("properties.vnetSubnetID"), false)))
}
