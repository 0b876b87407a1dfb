//! Rules about one attribute of a vault.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::Is;
use crate::analysis::rules::condition::Test::True;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::{Attribute, Meta, Of, Profile};
use crate::azure::types;

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-KV-005",
            name: "kv-purge-protection-off",
            severity: Severity::High,
            profile: Profile::Default,
            title: "a deleted vault or key can be purged at once",
            why: "One call destroys the keys and everything encrypted with them, beyond recovery. Disk encryption sets \
                  refuse such a vault.",
            fix: "Set purge_protection_enabled = true (it cannot be undone).",
            exceptions: "Vaults of short-lived test environments, whose names must be free again at once.",
            bad: vault!(""),
            good: vault!("\n  purge_protection_enabled = true\n"),
            references: &[
                "CIS Azure 2.0 8.5",
                "https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview",
            ],
            peers: &["CKV_AZURE_110", "CKV_AZURE_42", "AZU-0016", "PSRule Azure.KeyVault.PurgeProtect"],
        },
        of: Of::Arm(types::VAULT),
        must: Is("properties.enablePurgeProtection", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-KV-008",
            name: "kv-access-policy-model",
            severity: Severity::Medium,
            profile: Profile::Default,
            title: "access to the vault's data is decided by access policies instead of Azure roles",
            why: "Whoever may write the vault, such as a Contributor, can give itself its secrets; and policies know \
                  neither scopes nor conditions.",
            fix: "Give the principals their Key Vault roles, then set rbac_authorization_enabled = true \
                  (enable_rbac_authorization before azurerm 4.x).",
            bad: vault!(""),
            good: vault!("\n  rbac_authorization_enabled = true\n"),
            references: &[
                "CIS Azure 6.0 8.3.6",
                "https://learn.microsoft.com/azure/key-vault/general/rbac-guide",
            ],
            peers: &["PSRule Azure.KeyVault.RBAC"],
            ..Meta::ROW
        },
        of: Of::Arm(types::VAULT),
        must: Is("properties.enableRbacAuthorization", True),
        ..Attribute::ROW
    },
];
