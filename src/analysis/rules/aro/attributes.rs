//! Rules that the arguments of a cluster decide by themselves.

use super::{azapi_openshift, openshift};
use crate::analysis::finding::Severity;
use crate::analysis::rules::{Attribute, Condition::*, Meta, Of, Profile, Test::*};
use crate::azure::types::OPENSHIFT;

const ARO: &str = "https://learn.microsoft.com/azure/openshift/intro-openshift";
const API: &str = "properties.apiserverProfile.visibility";
const WORKERS: &str = "properties.workerProfiles";

pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-ARO-001",
            name: "aro-api-public",
            severity: Severity::High,
            title: "the API server answers the whole Internet",
            why: "It has no list of allowed addresses: only credentials stand between anybody and the cluster.",
            fix: "Set api_server_profile.visibility = \"Private\". It cannot be changed later: make a new cluster.",
            exceptions: "Clusters for trying things out.",
            bad: openshift!("4.20.3", "Public", "3"),
            good: openshift!(),
            references: &[ARO],
            ..Meta::ROW
        },
        of: Of::Arm(OPENSHIFT),
        must: Is(API, NoneOf(&["Public"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ARO-002",
            name: "aro-ingress-public",
            profile: Profile::Strict,
            title: "the default ingress answers the whole Internet",
            why: "Every route of the cluster is published unless it says otherwise.",
            fix: "Set ingress_profile.visibility = \"Private\" and publish what is meant through a gateway with a web \
                  application firewall.",
            exceptions: "Clusters whose routes are public on purpose.",
            bad: openshift!("4.20.3", "Public", "3"),
            good: openshift!(),
            references: &[ARO],
            ..Meta::ROW
        },
        of: Of::Arm(OPENSHIFT),
        must: Every("properties.ingressProfiles", &Is("visibility", NoneOf(&["Public"]))),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ARO-003",
            name: "aro-service-principal",
            profile: Profile::Strict,
            title: "the cluster signs in with a secret",
            why: "The secret is in the state, and the cluster fails on the day it expires.",
            fix: "Use workload identities (azurerm 5): identity and platform_workload_identity_profile.",
            bad: azapi_openshift!(
                "",
                r#"      servicePrincipalProfile = {
        clientId = "66666666-7777-8888-9999-000000000000"
      }
"#
            ),
            good: azapi_openshift!(
                "",
                r#"      platformWorkloadIdentityProfile = {
        platformWorkloadIdentities = {}
      }
"#
            ),
            references: &[ARO],
            ..Meta::ROW
        },
        of: Of::Arm(OPENSHIFT),
        when: &[(Not(&Azurerm(&[3, 4])), "this version of azurerm knows service principals only")],
        must: Absent("properties.servicePrincipalProfile.clientId"),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ARO-004",
            name: "aro-host-encryption-off",
            profile: Profile::Strict,
            title: "temporary disks and caches of the nodes are not encrypted at the host",
            why: "What nodes write to them lies unencrypted on the machines of the data centre.",
            fix: "Set encryption_at_host_enabled = true in main_profile and worker_profile. The cluster is made anew.",
            bad: openshift!(),
            good: openshift!(
                "4.20.3",
                "Private",
                "3",
                "",
                "",
                "    encryption_at_host_enabled = true\n",
                "    encryption_at_host_enabled = true\n"
            ),
            references: &["https://learn.microsoft.com/azure/openshift/howto-encrypt-data-disks"],
            ..Meta::ROW
        },
        of: Of::Arm(OPENSHIFT),
        must: All(&[
            Is("properties.masterProfile.encryptionAtHost", OneOf(&["Enabled"])),
            Every(WORKERS, &Is("encryptionAtHost", OneOf(&["Enabled"]))),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ARO-005",
            name: "aro-disk-cmk-missing",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the disks of the nodes are encrypted with keys of Microsoft",
            why: "Where rules ask for keys of one's own, these cannot be revoked.",
            fix: "Set disk_encryption_set_id in main_profile and worker_profile. The cluster is made anew.",
            exceptions: "Where nobody asks for keys of one's own.",
            bad: openshift!(),
            good: openshift!(
                "4.20.3",
                "Private",
                "3",
                "",
                "",
                r#"    disk_encryption_set_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Compute/diskEncryptionSets/des-example"
"#,
                r#"    disk_encryption_set_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Compute/diskEncryptionSets/des-example"
"#
            ),
            references: &["https://learn.microsoft.com/azure/openshift/howto-byok"],
            ..Meta::ROW
        },
        of: Of::Arm(OPENSHIFT),
        must: All(&[
            Is("properties.masterProfile.diskEncryptionSetId", Set),
            Every(WORKERS, &Is("diskEncryptionSetId", Set)),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ARO-007",
            name: "aro-few-workers",
            severity: Severity::High,
            title: "the cluster is to have fewer than three workers",
            why: "The service refuses to create it.",
            fix: "Set worker_profile.node_count to 3 or more.",
            bad: openshift!("4.20.3", "Private", "2"),
            good: openshift!(),
            references: &[ARO],
            ..Meta::ROW
        },
        of: Of::Arm(OPENSHIFT),
        when: &[(Not(&Live), "it is there already")],
        must: Every(WORKERS, &OrAbsent("count", AtLeast(3))),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ARO-012",
            name: "aro-fips-off",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "the cluster does not use validated cryptographic modules (FIPS 140)",
            why: "Some authorities ask for them, and they cannot be turned on later.",
            fix: "Set cluster_profile.fips_enabled = true. The cluster is made anew.",
            exceptions: "Where nobody asks for FIPS.",
            bad: openshift!(),
            good: openshift!("4.20.3", "Private", "3", "    fips_enabled = true\n", "", "", ""),
            references: &[ARO],
            ..Meta::ROW
        },
        of: Of::Arm(OPENSHIFT),
        must: Is("properties.clusterProfile.fipsValidatedModules", OneOf(&["Enabled"])),
        ..Attribute::ROW
    },
];
