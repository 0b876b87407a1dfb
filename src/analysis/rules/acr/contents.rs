//! Rules about what a registry does with its images: quarantine, retention, copies, trust, keys.

use super::{ENABLED, PREMIUM};
use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{All, Any, Ask, Azurerm, Is, Not, OrAbsent};
use crate::analysis::rules::condition::Test::{AtLeast, False, Set, True};
use crate::analysis::rules::condition::Thing;
use crate::analysis::rules::example::registry;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::has_members;
use crate::analysis::rules::tables::RETIREMENTS;
use crate::analysis::rules::{Attribute, Condition, Meta, Of, Profile, Truth};
use crate::azure::types;

const SOFT_DELETE: &str = "properties.policies.softDeletePolicy.status";
const ZONES: &str = "properties.zoneRedundancy";

/// Untagged manifests are deleted after some days.
pub(super) const RETENTION: Condition = All(&[
    Is("properties.policies.retentionPolicy.days", AtLeast(1)),
    OrAbsent("properties.policies.retentionPolicy.status", ENABLED),
]);
/// The data is under a key of one's own.
pub(super) const OWN_KEY: Condition = All(&[
    Is("properties.encryption", Set),
    OrAbsent("properties.encryption.status", ENABLED),
    Not(&Is("hcl.encryption.enabled", False)),
]);
/// Content trust is on; azurerm 3.x has a block for it, 5.x nothing.
pub(super) const TRUST: Condition = Any(&[
    Is("hcl.trust_policy_enabled", True),
    Is("hcl.trust_policy.enabled", True),
    Is("properties.policies.trustPolicy.status", ENABLED),
]);

/// A registry in the words of ARM: lines of its policies.
macro_rules! azapi_registry {
    ($policies:literal) => {
        concat!(
            r#"resource "azapi_resource" "example" {
  type      = "Microsoft.ContainerRegistry/registries@2025-11-01"
  name      = "crexample"
  parent_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example"
  location  = "westeurope"

  body = {
    sku = { name = "Premium" }
    properties = {
      policies = {
"#,
            $policies,
            r#"      }
    }
  }
}
"#
        )
    };
}

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-ACR-009",
            name: "acr-quarantine-off",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "images can be pulled before anything has looked at them",
            why: "A pushed image is used at once, whatever a scanner would say of it.",
            fix: "Set quarantine_policy_enabled = true (Premium), but only with a scanner that releases images: without \
                  one every pull of a new image fails.",
            exceptions: "Registries without a scanner that works with quarantine.",
            bad: registry!("Premium", ""),
            good: registry!("Premium", "\n  quarantine_policy_enabled = true\n"),
            references: &["https://learn.microsoft.com/azure/container-registry/container-registry-faq"],
            peers: &["CKV_AZURE_166", "PSRule Azure.ACR.Quarantine"],
        },
        of: Of::Arm(types::REGISTRY),
        must: Is("properties.policies.quarantinePolicy.status", ENABLED),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-010",
            name: "acr-retention-off",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "untagged manifests are kept for ever",
            why: "They cost storage, and old vulnerable layers stay within reach.",
            fix: "Set retention_policy_in_days = 30 (retention_policy { enabled = true, days = 30 } in azurerm 3.x).",
            exceptions: "Registries whose images are pulled by digest for a long time.",
            bad: registry!("Premium", ""),
            good: registry!("Premium", "\n  retention_policy_in_days = 30\n"),
            references: &[
                "https://learn.microsoft.com/azure/container-registry/container-registry-retention-policy",
            ],
            peers: &["CKV_AZURE_167", "PSRule Azure.ACR.Retention"],
        },
        of: Of::Arm(types::REGISTRY),
        when: &[PREMIUM],
        must: RETENTION,
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-011",
            name: "acr-no-zone-redundancy",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "the zone redundancy property of the registry or of a copy is off",
            why: "Azure spreads every registry of a region with zones over them, whatever the property says; it is kept \
                  for audits that ask for it.",
            fix: "For a new Premium registry set zone_redundancy_enabled = true, also in georeplications. Leave an \
                  existing one alone: the change would replace it.",
            exceptions: "All registries that exist already.",
            bad: registry!("Premium", ""),
            good: registry!("Premium", "\n  zone_redundancy_enabled = true\n"),
            references: &["https://learn.microsoft.com/azure/container-registry/zone-redundancy"],
            peers: &["CKV_AZURE_233"],
        },
        of: Of::Arm(types::REGISTRY),
        when: &[PREMIUM],
        must: All(&[Is(ZONES, ENABLED), Ask(redundant_copies)]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-016",
            name: "acr-content-trust-retired",
            title: "Docker Content Trust is on, which Azure retires",
            why: "Since 2026-05-31 Azure refuses to switch it on where it never was, so the apply of a new registry \
                  fails; on 2028-03-31 it is removed and clients that demand signatures stop pulling.",
            fix: "Remove trust_policy_enabled (trust_policy in azurerm 3.x), sign with Notation and verify with Ratify \
                  or image integrity.",
            exceptions: "Registries that had it before and are being moved to Notation.",
            bad: registry!("Premium", "\n  trust_policy_enabled = true\n"),
            good: registry!("Premium", "\n  trust_policy_enabled = false\n"),
            references: &["https://aka.ms/acr/dctdeprecation"],
            ..Meta::ROW
        },
        of: Of::Arm(types::REGISTRY),
        must: Not(&TRUST),
        table: Some(&RETIREMENTS),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-017",
            name: "acr-soft-delete-off",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "deleted images cannot be brought back",
            why: "A wrong clean-up breaks the next pull of what still runs.",
            fix: "Set properties.policies.softDeletePolicy.status = \"enabled\" (azapi; a preview, and not together with \
                  retention or copies in other regions).",
            exceptions: "Registries whose images are built again in minutes.",
            bad: azapi_registry!("        softDeletePolicy = { status = \"disabled\" }\n"),
            good: azapi_registry!(
                "        softDeletePolicy = { status = \"enabled\", retentionDays = 14 }\n"
            ),
            references: &[
                "https://learn.microsoft.com/azure/container-registry/container-registry-soft-delete-policy",
            ],
            peers: &["PSRule Azure.ACR.SoftDelete"],
        },
        of: Of::Arm(types::REGISTRY),
        when: &[
            (Any(&[Not(&Azurerm(&[2, 3, 4, 5])), Is(SOFT_DELETE, Set)]), "azurerm cannot set it"),
            (Not(&RETENTION), "a retention policy excludes it"),
            (Not(&Ask(has_copies)), "copies in other regions exclude it"),
        ],
        must: Is(SOFT_DELETE, ENABLED),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-018",
            name: "acr-cmk-missing",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "the registry's data is encrypted with Microsoft's key alone",
            why: "Rules of some industries ask for a key that its owner can withdraw.",
            fix: "Add encryption { key_vault_key_id = ..., identity_client_id = ... } when the registry is made: it cannot \
                  be added later.",
            exceptions: "Registries without such a rule: the images are encrypted either way.",
            bad: registry!("Premium", ""),
            good: registry!(
                "Premium",
                r#"
  encryption {
    key_vault_key_id   = "https://kv-example.vault.azure.net/keys/registry"
    identity_client_id = "66666666-7777-8888-9999-000000000000"
  }
"#
            ),
            references: &[
                "https://learn.microsoft.com/azure/container-registry/tutorial-enable-customer-managed-keys",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::REGISTRY),
        when: &[PREMIUM],
        must: OWN_KEY,
        ..Attribute::ROW
    },
];

fn redundant_copies<'a>(graph: &Graph<'a>, registry: Thing<'a>) -> Truth {
    let copies = registry.document.map(|registry| graph.replicas(registry)).unwrap_or_default();
    Truth::all(copies.iter().map(|copy| ENABLED.of(copy.get(ZONES), false)))
}

/// Whether a registry has copies in other regions.
pub(super) fn has_copies<'a>(graph: &Graph<'a>, registry: Thing<'a>) -> Truth {
    let found = registry.document.is_some_and(|registry| !graph.replicas(registry).is_empty());
    Truth::from(found).or(has_members(registry.get("hcl.georeplications")))
}
