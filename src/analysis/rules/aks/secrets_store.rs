//! AKS-029: mounted secrets are never refreshed.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::types;

const ADD_ON: &str = "properties.addonProfiles.azureKeyvaultSecretsProvider";

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-AKS-029",
        name: "aks-secrets-store-rotation-off",
        severity: Severity::Medium,
        profile: Profile::Default,
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
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let add_on = cluster.get(ADD_ON);
        let on = match add_on {
            None => Truth::No,
            Some(_) => flag(cluster.get(&format!("{ADD_ON}.enabled")), true),
        };
        if on == Truth::No {
            out.skip(cluster, "the Secrets Store CSI driver is not on");
            continue;
        }
        let rotation = cluster.get(&format!("{ADD_ON}.config.enableSecretRotation"));
        // Off would be fine only where the add-on is off as well.
        let fine = flag(rotation, false).or(!on);
        out.judge(cluster, rotation.or(add_on), fine, RULE.meta.title);
    }
}
