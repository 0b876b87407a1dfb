//! Add-ons: what watches, guards and feeds the workloads, and what should no longer be on.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition;
use crate::analysis::rules::condition::Condition::{All, Any, Ask, Exists, Is, Not, OrAbsent, Retired};
use crate::analysis::rules::condition::Test::{By, False, OneOf, True, Written};
use crate::analysis::rules::condition::Thing;
use crate::analysis::rules::example::{azapi_cluster, cluster};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::tables::RETIREMENTS;
use crate::analysis::rules::{Attribute, Meta, Of, Profile, Truth};
use crate::azure::types;
use crate::terraform::value::Value;

const SECRETS_STORE: Condition = Is("properties.addonProfiles.azureKeyvaultSecretsProvider.enabled", True);
const ROTATION: Condition =
    Is("properties.addonProfiles.azureKeyvaultSecretsProvider.config.enableSecretRotation", True);
const INSIGHTS: Condition = Is("properties.addonProfiles.omsagent.enabled", True);
const WORKLOAD_IDENTITY: Condition = Is("properties.securityProfile.workloadIdentity.enabled", True);
const APP_ROUTING: Condition = Is("properties.ingressProfile.webAppRouting.enabled", True);

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-AKS-018",
            name: "aks-azure-policy-addon-disabled",
            profile: Profile::Strict,
            title: "Azure Policy does not check what is deployed into the cluster",
            why: "Nothing refuses privileged pods, host paths or images from anywhere.",
            fix: "Set azure_policy_enabled = true and assign the baseline initiative.",
            exceptions: "Clusters with another admission controller, such as Gatekeeper or Kyverno.",
            bad: cluster!(),
            good: cluster!(
                r#"
  azure_policy_enabled = true
"#
            ),
            references: &["CIS AKS 1.7 5.1.4", "https://learn.microsoft.com/azure/aks/use-azure-policy"],
            peers: &[
                "CKV_AZURE_116",
                "AZU-0066",
                "PSRule Azure.AKS.AzurePolicyAddOn",
                "KICS aks_uses_azure_policies_addon_disabled",
            ],
            ..Meta::ROW
        },
        must: Is("properties.addonProfiles.azurepolicy.enabled", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-020",
            name: "aks-monitoring-missing",
            profile: Profile::Strict,
            title: "neither Container Insights nor managed Prometheus collects from the cluster",
            why: "When something fails there is nothing to look at: no logs of pods that are gone, no metrics.",
            fix: "Add oms_agent { log_analytics_workspace_id = ..., msi_auth_for_monitoring_enabled = true }, or \
                  monitor_metrics {}.",
            exceptions: "Clusters watched by another product.",
            bad: cluster!(),
            good: cluster!(
                r#"
  monitor_metrics {}
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/monitor-aks"],
            peers: &["CKV_AZURE_4", "AZU-0040", "PSRule Azure.AKS.ContainerInsights"],
            ..Meta::ROW
        },
        must: Any(&[INSIGHTS, Is("properties.azureMonitorProfile.metrics.enabled", True)]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-021",
            name: "aks-oms-legacy-auth",
            severity: Severity::High,
            title: "Container Insights signs in with keys, which retired on 2026-09-30",
            why: "Collection stops, or has stopped: logs and metrics of the cluster are missing without notice.",
            fix: "Set oms_agent { msi_auth_for_monitoring_enabled = true }.",
            bad: cluster!(
                r#"
  oms_agent {
    log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"
  }
"#
            ),
            good: cluster!(
                r#"
  oms_agent {
    log_analytics_workspace_id      = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"
    msi_auth_for_monitoring_enabled = true
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/managed-identity-overview"],
            ..Meta::ROW
        },
        when: &[(INSIGHTS, "Container Insights is not on")],
        must: Is("properties.addonProfiles.omsagent.config.useAADAuth", True),
        graded: &[(Not(&Retired("oms-legacy-auth")), Severity::Medium)],
        table: Some(&RETIREMENTS),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-025",
            name: "aks-disk-cmk-missing",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "disks of nodes and volumes are encrypted with keys of the platform",
            why: "They are encrypted either way. Whoever has to be able to withdraw the key needs one of their own.",
            fix: "Set disk_encryption_set_id. This replaces the cluster: decide it for new ones.",
            exceptions: "Wherever nothing demands keys of one's own.",
            bad: cluster!(),
            good: cluster!(
                r#"
  disk_encryption_set_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.Compute/diskEncryptionSets/des"
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/azure-disk-customer-managed-keys"],
            peers: &["CKV_AZURE_117", "AZU-0067", "KICS aks_disk_encryption_set_id_undefined"],
            ..Meta::ROW
        },
        must: Is("properties.diskEncryptionSetID", Written),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-027",
            name: "aks-etcd-kms-missing",
            profile: Profile::Strict,
            title: "Kubernetes secrets are stored without a key of one's own around them",
            why: "Whoever gets at the store of the API server, or at a backup of it, reads every secret.",
            fix: "Add key_management_service { key_vault_key_id = ... }.",
            exceptions: "Clusters that keep their secrets in Key Vault only.",
            bad: cluster!(),
            good: cluster!(
                r#"
  key_management_service {
    key_vault_key_id = "https://kv-example.vault.azure.net/keys/etcd/0123456789abcdef0123456789abcdef"
  }
"#
            ),
            references: &[
                "CIS AKS 1.7 5.3.1",
                "https://learn.microsoft.com/azure/aks/kms-data-encryption-concepts",
            ],
            ..Meta::ROW
        },
        must: Is("properties.securityProfile.azureKeyVaultKms.enabled", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-028",
            name: "aks-secrets-store-csi-missing",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "workloads have no way to Key Vault: no Secrets Store driver and no workload identity",
            why: "Their secrets end up as Kubernetes secrets, copied into pipelines and charts.",
            fix: "Add key_vault_secrets_provider { secret_rotation_enabled = true }, or set workload_identity_enabled \
                  and oidc_issuer_enabled to true.",
            exceptions: "Clusters whose workloads have no secrets, or another operator that brings them.",
            bad: cluster!(),
            good: cluster!(
                r#"
  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/csi-secrets-store-driver"],
            peers: &["PSRule Azure.AKS.SecretStore"],
            ..Meta::ROW
        },
        must: Any(&[SECRETS_STORE, WORKLOAD_IDENTITY]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-029",
            name: "aks-secrets-store-rotation-off",
            title: "secrets mounted from Key Vault are never refreshed",
            why: "A secret that was rotated because it leaked stays in use in running pods.",
            fix: "Set key_vault_secrets_provider { secret_rotation_enabled = true }.",
            exceptions: "Workloads that restart on rotation by other means.",
            bad: cluster!(
                r#"
  key_vault_secrets_provider {
    secret_rotation_enabled = false
  }
"#
            ),
            good: cluster!(
                r#"
  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/csi-secrets-store-configuration-options"],
            peers: &["CKV_AZURE_172", "PSRule Azure.AKS.SecretStoreRotation"],
            ..Meta::ROW
        },
        when: &[(SECRETS_STORE, "the Secrets Store CSI driver is not on")],
        must: ROTATION,
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-030",
            name: "aks-secret-rotation-interval-long",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "mounted secrets are refreshed less than once a day",
            why: "A secret that was withdrawn stays in use that long.",
            fix: "Set key_vault_secrets_provider { secret_rotation_interval = \"1h\" }, or leave it out: the default \
                  is two minutes.",
            bad: cluster!(
                r#"
  key_vault_secrets_provider {
    secret_rotation_enabled  = true
    secret_rotation_interval = "72h"
  }
"#
            ),
            good: cluster!(
                r#"
  key_vault_secrets_provider {
    secret_rotation_enabled  = true
    secret_rotation_interval = "1h"
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/csi-secrets-store-configuration-options"],
            ..Meta::ROW
        },
        when: &[
            (SECRETS_STORE, "the Secrets Store CSI driver is not on"),
            (ROTATION, "secrets are not refreshed at all"),
        ],
        must: OrAbsent(
            "properties.addonProfiles.azureKeyvaultSecretsProvider.config.rotationPollInterval",
            By(within_a_day),
        ),
        says: "mounted secrets are refreshed every {} only",
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-033",
            name: "aks-http-application-routing",
            severity: Severity::High,
            title: "the HTTP application routing add-on is on, which is retired",
            why: "It was never meant for production: a public ingress without updates, for every name in its zone.",
            fix: "Set http_application_routing_enabled = false and move to application routing with the Gateway API.",
            bad: cluster!(
                r#"
  http_application_routing_enabled = true
"#
            ),
            good: cluster!(),
            references: &["https://learn.microsoft.com/azure/aks/app-routing"],
            peers: &["CKV_AZURE_246", "PSRule Azure.AKS.HttpAppRouting"],
            ..Meta::ROW
        },
        must: OrAbsent("properties.addonProfiles.httpApplicationRouting.enabled", False),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-034",
            name: "aks-kube-dashboard",
            severity: Severity::High,
            title: "the old Kubernetes dashboard is on",
            why: "Its service account reaches far, and it has been a way in more than once.",
            fix: "Leave out addon_profile.kube_dashboard; the Azure portal shows the same.",
            bad: azapi_cluster!(
                r#"
      addonProfiles = {
        kubeDashboard = {
          enabled = true
        }
      }
"#
            ),
            good: azapi_cluster!(
                r#"
      addonProfiles = {
        kubeDashboard = {
          enabled = false
        }
      }
"#
            ),
            references: &["CIS AKS 1.7 4.1", "https://learn.microsoft.com/azure/aks/kubernetes-portal"],
            peers: &["CKV_AZURE_8", "KICS dashboard_is_enabled", "Terrascan AC_AZURE_0161"],
            ..Meta::ROW
        },
        must: All(&[
            OrAbsent("properties.addonProfiles.kubeDashboard.enabled", False),
            OrAbsent("hcl.addon_profile.kube_dashboard.enabled", False),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-035",
            name: "aks-pod-security-policy",
            severity: Severity::Low,
            title: "PodSecurityPolicy is switched on, which Kubernetes no longer has since 1.25",
            why: "It looks as if pods were restricted, and they are not.",
            fix: "Leave out enable_pod_security_policy; label namespaces for Pod Security Admission, or use Azure \
                  Policy.",
            bad: azapi_cluster!(
                r#"
      enablePodSecurityPolicy = true
"#
            ),
            good: azapi_cluster!(""),
            references: &["https://learn.microsoft.com/azure/aks/use-psa"],
            ..Meta::ROW
        },
        must: All(&[
            OrAbsent("properties.enablePodSecurityPolicy", False),
            OrAbsent("hcl.enable_pod_security_policy", False),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-037",
            name: "aks-workload-identity-disabled",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "pods cannot have identities of their own",
            why: "They use the identity of the nodes, with the rights of all other pods, or secrets.",
            fix: "Set oidc_issuer_enabled = true and workload_identity_enabled = true.",
            exceptions: "Clusters whose pods never call Azure.",
            bad: cluster!(),
            good: cluster!(
                r#"
  oidc_issuer_enabled       = true
  workload_identity_enabled = true
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/workload-identity-overview"],
            ..Meta::ROW
        },
        must: WORKLOAD_IDENTITY,
        graded: &[(
            All(&[Is("properties.oidcIssuerProfile.enabled", True), Ask(issuer_trusted)]),
            Severity::Info,
        )],
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-038",
            name: "aks-open-service-mesh-retiring",
            title: "the Open Service Mesh add-on is on, whose support ends on 2027-09-30",
            why: "The project is archived: its proxies get no more fixes after that day.",
            fix: "Move to service_mesh_profile { mode = \"Istio\" }, then set open_service_mesh_enabled = false.",
            bad: cluster!(
                r#"
  open_service_mesh_enabled = true
"#
            ),
            good: cluster!(),
            references: &["https://learn.microsoft.com/azure/aks/open-service-mesh-about"],
            ..Meta::ROW
        },
        must: OrAbsent("properties.addonProfiles.openServiceMesh.enabled", False),
        table: Some(&RETIREMENTS),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-039",
            name: "aks-image-cleaner-off",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "images that nothing uses stay on the nodes",
            why: "Old images with known holes fill disks and reports, and can be started again.",
            fix: "Set image_cleaner_enabled = true.",
            bad: cluster!(),
            good: cluster!(
                r#"
  image_cleaner_enabled        = true
  image_cleaner_interval_hours = 48
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/image-cleaner"],
            ..Meta::ROW
        },
        must: Is("properties.securityProfile.imageCleaner.enabled", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-041",
            name: "aks-istio-external-gateway",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "a private cluster has a public entry: the external gateway of the service mesh",
            why: "The API server is private, the workloads are not. It may be meant so; somebody should have decided it.",
            fix: "Set service_mesh_profile { external_ingress_gateway_enabled = false }, and use the internal gateway.",
            exceptions: "Clusters that serve the Internet on purpose.",
            bad: cluster!(
                r#"
  private_cluster_enabled = true

  service_mesh_profile {
    mode                             = "Istio"
    revisions                        = ["asm-1-27"]
    external_ingress_gateway_enabled = true
  }
"#
            ),
            good: cluster!(
                r#"
  private_cluster_enabled = true

  service_mesh_profile {
    mode                             = "Istio"
    revisions                        = ["asm-1-27"]
    internal_ingress_gateway_enabled = true
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/istio-deploy-ingress"],
            ..Meta::ROW
        },
        of: Of::Arm(types::CLUSTER),
        when: &[(
            Is("properties.apiServerAccessProfile.enablePrivateCluster", True),
            "the cluster is not private",
        )],
        must: Not(&Exists(
            "properties.serviceMeshProfile.istio.components.ingressGateways",
            &All(&[Is("mode", OneOf(&["External"])), Is("enabled", True)]),
        )),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AKS-042",
            name: "aks-app-routing-nginx",
            title: "application routing runs the NGINX controller, which gets fixes until November 2026 only",
            why: "Its upstream project stopped in March 2026. What faces the Internet is then without fixes.",
            fix: "Move to application routing with the Gateway API, or to another ingress, then set \
                  default_nginx_controller = \"None\".",
            bad: cluster!(
                r#"
  web_app_routing {
    dns_zone_ids = []
  }
"#
            ),
            good: cluster!(
                r#"
  web_app_routing {
    dns_zone_ids             = []
    default_nginx_controller = "None"
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/aks/app-routing-nginx-to-gateway-api-migration"],
            ..Meta::ROW
        },
        when: &[(APP_ROUTING, "application routing is not on")],
        must: Is(
            "properties.ingressProfile.webAppRouting.nginx.defaultIngressControllerType",
            OneOf(&["None"]),
        ),
        graded: &[(Retired("app-routing-nginx"), Severity::High)],
        table: Some(&RETIREMENTS),
        ..Attribute::ROW
    },
];

/// True for a duration as Go writes it (`1h30m`) of at most a day.
fn within_a_day(value: &Value) -> bool {
    let Some(mut rest) = value.as_str().map(str::trim) else { return true };
    let mut hours = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (amount, after) = rest.split_at(digits);
        let unit = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let factor = match unit {
            "h" => 1.0,
            "m" => 1.0 / 60.0,
            "s" => 1.0 / 3600.0,
            _ => 0.0,
        };
        hours += amount.parse::<f64>().unwrap_or(0.0) * factor;
        rest = after;
    }
    hours <= 24.0
}

/// Whether a federated credential of this root trusts the cluster's tokens.
fn issuer_trusted<'a>(graph: &Graph<'a>, cluster: Thing<'a>) -> Truth {
    cluster.document.map_or(Truth::No, |cluster| graph.trusts_issuer_of(cluster))
}
