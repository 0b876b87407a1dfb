//! Rules about one attribute of a cluster or node pool.

use crate::analysis::finding::Severity;
use crate::analysis::rules::{Attribute, Expect, Meta, Profile};
use crate::azure::types;

/// AKS-001
pub(super) static LOCAL_ACCOUNTS: Attribute = Attribute {
    meta: Meta {
        id: "TU-AKS-001",
        name: "aks-local-accounts-enabled",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the static cluster-admin account still works",
        why: "A leaked admin kubeconfig is permanent, unaudited cluster-admin: it belongs to no person and Entra ID \
              cannot revoke it.",
        fix: "set local_account_disabled = true (needs the azure_active_directory_role_based_access_control block)",
        exceptions: "A cluster without Entra ID, such as a short-lived test cluster.",
        bad: r#"
resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"
  default_node_pool {
    name    = "system"
    vm_size = "Standard_D4s_v5"
  }
  identity {
    type = "SystemAssigned"
  }
}
"#,
        good: r#"
resource "azurerm_kubernetes_cluster" "example" {
  name                   = "aks-example"
  location               = "westeurope"
  resource_group_name    = "rg-example"
  dns_prefix             = "example"
  local_account_disabled = true
  default_node_pool {
    name    = "system"
    vm_size = "Standard_D4s_v5"
  }
  identity {
    type = "SystemAssigned"
  }
}
"#,
        references: &[
            "CIS AKS 1.7 5.5.1",
            "https://learn.microsoft.com/azure/aks/manage-local-accounts-managed-azure-ad",
        ],
        peers: &["CKV_AZURE_141"],
    },
    arm_type: types::CLUSTER,
    path: "properties.disableLocalAccounts",
    expect: Expect::True,
    absent: false,
};
