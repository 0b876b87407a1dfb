//! Rules about one attribute of a vault or of a managed HSM.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{All, Any, Is, Not, OrAbsent};
use crate::analysis::rules::condition::Test::{AtLeast, False, Filled, OneOf, True};
use crate::analysis::rules::example::vault;
use crate::analysis::rules::{Attribute, Meta, Of, Profile};
use crate::azure::types;

/// A managed HSM and lines of its body.
macro_rules! managed_hsm {
    ($lines:literal) => {
        concat!(
            r#"resource "azurerm_key_vault_managed_hardware_security_module" "example" {
  name                = "hsm-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  sku_name            = "Standard_B1"
  tenant_id           = "11111111-2222-3333-4444-555555555555"
  admin_object_ids    = ["66666666-7777-8888-9999-000000000000"]
"#,
            $lines,
            "}\n"
        )
    };
}

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
    Attribute {
        meta: Meta {
            id: "TU-KV-002",
            name: "kv-public-endpoint",
            profile: Profile::Strict,
            title: "the vault has a public endpoint without a rule for any address or subnet",
            why: "Where the firewall allows by default it serves everyone, and where it denies it serves nobody.",
            fix: "Set public_network_access_enabled = false and add a private endpoint, or name ranges and subnets in \
                  network_acls.",
            bad: vault!(""),
            good: vault!("\n  public_network_access_enabled = false\n"),
            references: &[
                "CIS Azure 6.0 8.3.7",
                "https://learn.microsoft.com/azure/key-vault/general/private-link-service",
            ],
            peers: &["CKV_AZURE_189"],
            ..Meta::ROW
        },
        of: Of::Arm(types::VAULT),
        must: Any(&[
            Is("properties.publicNetworkAccess", OneOf(&["Disabled", "SecuredByPerimeter"])),
            Is("properties.networkAcls.ipRules", Filled),
            Is("properties.networkAcls.virtualNetworkRules", Filled),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-KV-006",
            name: "kv-soft-delete-off",
            severity: Severity::High,
            title: "soft delete is switched off",
            why: "A deleted vault is gone with all its keys. Azure has it on for every vault today, so the code means \
                  something that it does not get.",
            fix: "Remove soft_delete_enabled (azurerm 2.x), or enableSoftDelete = false of an azapi body.",
            bad: r#"resource "azapi_resource" "example" {
  type      = "Microsoft.KeyVault/vaults@2026-02-01"
  name      = "kv-example"
  parent_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example"
  location  = "westeurope"

  body = {
    properties = {
      tenantId         = "11111111-2222-3333-4444-555555555555"
      sku              = { family = "A", name = "standard" }
      enableSoftDelete = false
    }
  }
}
"#,
            good: vault!(""),
            references: &[
                "CIS Azure 2.0 8.5",
                "https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview",
            ],
            peers: &[
                "CKV_AZURE_111",
                "CKV_AZURE_42",
                "PSRule Azure.KeyVault.SoftDelete",
                "Terrascan AC_AZURE_0170",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::VAULT),
        must: Not(&Any(&[Is("hcl.soft_delete_enabled", False), Is("properties.enableSoftDelete", False)])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-KV-007",
            name: "kv-soft-delete-short",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "a deleted vault can be brought back for less than 90 days",
            why: "A deletion that nobody notices for some weeks is final.",
            fix: "Set soft_delete_retention_days = 90 when the vault is made: it cannot be changed later.",
            exceptions: "Vaults of test environments.",
            bad: vault!("\n  soft_delete_retention_days = 7\n"),
            good: vault!("\n  soft_delete_retention_days = 90\n"),
            references: &["https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview"],
            ..Meta::ROW
        },
        of: Of::Arm(types::VAULT),
        must: OrAbsent("properties.softDeleteRetentionInDays", AtLeast(90)),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-KV-013",
            name: "kv-enabled-for-deployment",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "machines, templates or disk encryption may read the vault beside its roles and policies",
            why: "Whoever may deploy gets secrets that no role assignment shows.",
            fix: "Set enabled_for_deployment, enabled_for_template_deployment and enabled_for_disk_encryption to false, or \
                  leave them out.",
            exceptions: "Vaults of Azure Disk Encryption, and of machines that get certificates at deployment.",
            bad: vault!("\n  enabled_for_template_deployment = true\n"),
            good: vault!(""),
            references: &["https://learn.microsoft.com/azure/key-vault/general/assign-access-policy"],
            ..Meta::ROW
        },
        of: Of::Arm(types::VAULT),
        must: All(&[
            OrAbsent("properties.enabledForDeployment", False),
            OrAbsent("properties.enabledForTemplateDeployment", False),
            OrAbsent("properties.enabledForDiskEncryption", False),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-KV-029",
            name: "mhsm-public-or-no-purge",
            severity: Severity::High,
            title: "the managed HSM answers every network, or can be purged at once",
            why: "A stolen token works from anywhere; and one call destroys all keys and what they encrypt, for good.",
            fix: "Set purge_protection_enabled = true, and public_network_access_enabled = false or network_acls { \
                  default_action = \"Deny\", bypass = \"AzureServices\" }.",
            bad: managed_hsm!(""),
            good: managed_hsm!(
                "  public_network_access_enabled = false\n  purge_protection_enabled      = true\n"
            ),
            references: &["https://learn.microsoft.com/azure/key-vault/managed-hsm/best-practices"],
            ..Meta::ROW
        },
        of: Of::Arm(types::MANAGED_HSM),
        must: All(&[
            Is("properties.enablePurgeProtection", True),
            Any(&[
                Is("properties.publicNetworkAccess", OneOf(&["Disabled"])),
                Is("properties.networkAcls.defaultAction", OneOf(&["Deny"])),
            ]),
        ]),
        ..Attribute::ROW
    },
];
