//! Rules about who reaches a registry, from where and with what.

use super::{CLOSED, PREMIUM};
use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{Any, Azurerm, Is, Live, Not, OrAbsent};
use crate::analysis::rules::condition::Test::{False, Matches, OneOf, True};
use crate::analysis::rules::example::registry;
use crate::analysis::rules::{Attribute, Condition, Meta, Of, Profile};
use crate::azure::types;

/// Guards that several rows share.
const IN_FORCE: (Condition, &str) = (CLOSED, "the registry answers every network anyway");

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
                "Terrascan AC_AZURE_0186",
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
    Attribute {
        meta: Meta {
            id: "TU-ACR-004",
            name: "acr-public-endpoint",
            profile: Profile::Strict,
            title: "the registry has a public endpoint",
            why: "A firewall in front of it can be opened by mistake; an endpoint that is not there cannot.",
            fix: "Set public_network_access_enabled = false (Premium) and add a private endpoint.",
            exceptions: "Registries that pipelines outside of the network push to.",
            bad: registry!("Premium", ""),
            good: registry!("Premium", "\n  public_network_access_enabled = false\n"),
            references: &[
                "https://learn.microsoft.com/azure/container-registry/container-registry-private-link",
            ],
            peers: &["CKV_AZURE_139"],
            ..Meta::ROW
        },
        of: Of::Arm(types::REGISTRY),
        must: Is("properties.publicNetworkAccess", OneOf(&["Disabled", "SecuredByPerimeter"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-006",
            name: "acr-basic-sku",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the registry is of the Basic SKU: no private endpoint, no retention, low limits",
            why: "Parallel pulls of a growing cluster are throttled, and nothing can close the registry.",
            fix: "Set sku = \"Premium\" (or \"Standard\"); it changes in place.",
            exceptions: "Registries of test environments.",
            bad: registry!("Basic", ""),
            good: registry!("Premium", ""),
            references: &["https://learn.microsoft.com/azure/container-registry/container-registry-skus"],
            peers: &[
                "CKV_AZURE_163",
                "PSRule Azure.ACR.MinSku",
                "TFLint azurerm_container_registry_invalid_sku",
            ],
        },
        of: Of::Arm(types::REGISTRY),
        must: Not(&Any(&[Is("sku.name", OneOf(&["Basic"])), Is("sku.tier", OneOf(&["Basic"]))])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-014",
            name: "acr-dedicated-data-endpoint-off",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "image layers come from shared storage, so clients have to allow all of it",
            why: "An egress filter that allows *.blob.core.windows.net lets data out to anybody's storage account.",
            fix: "Set data_endpoint_enabled = true and allow <registry>.<region>.data.azurecr.io only.",
            exceptions: "Clusters that pull over a private endpoint or whose egress is not filtered.",
            bad: registry!("Premium", ""),
            good: registry!("Premium", "\n  data_endpoint_enabled = true\n"),
            references: &[
                "https://learn.microsoft.com/azure/container-registry/container-registry-dedicated-data-endpoints",
            ],
            peers: &["CKV_AZURE_237"],
        },
        of: Of::Arm(types::REGISTRY),
        when: &[PREMIUM],
        must: Is("properties.dataEndpointEnabled", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-015",
            name: "acr-export-allowed",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "images may be exported from a private registry",
            why: "Whoever may import into another registry copies images out past the closed network.",
            fix: "Set export_policy_enabled = false.",
            exceptions: "Registries from which others import on purpose.",
            bad: registry!("Premium", "\n  public_network_access_enabled = false\n"),
            good: registry!(
                "Premium",
                "\n  public_network_access_enabled = false\n  export_policy_enabled         = false\n"
            ),
            references: &["https://learn.microsoft.com/azure/container-registry/data-loss-prevention"],
            peers: &["PSRule Azure.ACR.ExportPolicy"],
        },
        of: Of::Arm(types::REGISTRY),
        when: &[(
            Is("properties.publicNetworkAccess", OneOf(&["Disabled"])),
            "the policy needs a registry without public access",
        )],
        must: Is("properties.policies.exportPolicy.status", OneOf(&["disabled"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-019",
            name: "acr-trusted-services-bypass",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "Azure's own services pass the registry's firewall",
            why: "Services of any subscription that Azure trusts reach the registry; a valid credential is still needed.",
            fix: "Set network_rule_bypass_option = \"None\" where neither ACR Tasks nor Defender needs the way in.",
            exceptions: "Registries that Tasks, Defender or Machine Learning use over the firewall.",
            bad: registry!("Premium", "\n  public_network_access_enabled = false\n"),
            good: registry!(
                "Premium",
                "\n  public_network_access_enabled = false\n  network_rule_bypass_option    = \"None\"\n"
            ),
            references: &[
                "https://learn.microsoft.com/azure/container-registry/allow-access-trusted-services",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::REGISTRY),
        when: &[IN_FORCE],
        must: Is("properties.networkRuleBypassOptions", OneOf(&["None"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-020",
            name: "acr-arm-token-accepted",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the registry takes tokens that were issued for Azure Resource Manager",
            why: "A token stolen from a pipeline or a shell works on images as well.",
            fix: "Set azuread_authentication_as_arm_policy_enabled = false (azurerm 4.81 or newer).",
            exceptions: "Clients that cannot ask for a token of the registry's own audience.",
            bad: registry!("Premium", ""),
            good: registry!("Premium", "\n  azuread_authentication_as_arm_policy_enabled = false\n"),
            references: &[
                "https://learn.microsoft.com/azure/container-registry/container-registry-disable-authentication-as-arm",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::REGISTRY),
        when: &[(Not(&Azurerm(&[3])), "azurerm 3.x cannot set it")],
        must: Is("properties.policies.azureADAuthenticationAsArmPolicy.status", OneOf(&["disabled"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-024",
            name: "acr-task-firewall-bypass",
            severity: Severity::Low,
            title: "ACR Tasks pass the registry's firewall",
            why: "Whoever may write a task runs code that reaches the images of a closed registry.",
            fix: "Set network_rule_bypass_for_tasks_enabled = false, or run tasks on an agent pool inside the network.",
            exceptions: "Registries whose tasks only a few people may write.",
            bad: registry!(
                "Premium",
                "\n  public_network_access_enabled         = false\n  network_rule_bypass_for_tasks_enabled = true\n"
            ),
            good: registry!("Premium", "\n  public_network_access_enabled = false\n"),
            references: &[
                "https://learn.microsoft.com/azure/container-registry/allow-access-trusted-services",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::REGISTRY),
        when: &[IN_FORCE],
        must: OrAbsent("properties.networkRuleBypassAllowedForTasks", False),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-029",
            name: "acr-name-invalid",
            severity: Severity::High,
            title: "Azure refuses the name of a registry or of a webhook",
            why: "The apply fails, after other resources were made.",
            fix: "Use 5 to 50 letters and digits; the name of a registry is unique in all of Azure.",
            bad: r#"resource "azurerm_container_registry" "example" {
  name                = "cr-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  sku                 = "Premium"
}
"#,
            good: registry!("Premium", ""),
            references: &[
                "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules",
            ],
            peers: &[
                "PSRule Azure.ACR.Name",
                "TFLint azurerm_container_registry_invalid_name",
                "TFLint azurerm_container_registry_webhook_invalid_name",
            ],
            ..Meta::ROW
        },
        of: Of::Types(&[types::REGISTRY, types::WEBHOOK]),
        when: &[(Not(&Live), "Azure has taken the name")],
        must: Is("name", Matches("^[A-Za-z0-9]{5,50}$")),
        says: "Azure refuses the name {}",
        ..Attribute::ROW
    },
];
