//! Rules about one attribute of a registry.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::OrAbsent;
use crate::analysis::rules::condition::Test::False;
use crate::analysis::rules::example::registry;
use crate::analysis::rules::{Attribute, Meta, Of, Profile};
use crate::azure::types;

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-ACR-001",
            name: "acr-admin-user-enabled",
            severity: Severity::High,
            profile: Profile::Default,
            title: "the registry's shared admin password works",
            why: "Anyone who ever saw the password can pull and push, and nobody can tell who it was.",
            fix: "Set admin_enabled = false and give the AcrPull or AcrPush role to the principals that need it.",
            bad: registry!("Premium", "  admin_enabled       = true\n"),
            good: registry!("Premium", "  admin_enabled       = false\n"),
            references: &[
                "CIS AKS 1.7 5.1.2",
                "https://learn.microsoft.com/azure/container-registry/container-registry-authentication",
            ],
            peers: &[
                "CKV_AZURE_137",
                "PSRule Azure.ACR.AdminUser",
                "KICS admin_user_enabled_for_container_registry",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::REGISTRY),
        must: OrAbsent("properties.adminUserEnabled", False),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-002",
            name: "acr-anonymous-pull",
            severity: Severity::High,
            profile: Profile::Default,
            title: "anyone can pull images without signing in",
            why: "Source code, internal names and forgotten secrets inside images are public.",
            fix: "Set anonymous_pull_enabled = false, or leave it out.",
            exceptions: "Registries that publish images on purpose.",
            bad: registry!("Standard", "\n  anonymous_pull_enabled = true\n"),
            good: registry!("Standard", "\n  anonymous_pull_enabled = false\n"),
            references: &["https://learn.microsoft.com/azure/container-registry/anonymous-pull-access"],
            peers: &["CKV_AZURE_138", "PSRule Azure.ACR.AnonymousAccess"],
        },
        of: Of::Arm(types::REGISTRY),
        must: OrAbsent("properties.anonymousPullEnabled", False),
        ..Attribute::ROW
    },
];
