//! X-004: secrets are to be mounted, but nobody of the cluster may read them.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, vault};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::mentions::mentions;
use crate::analysis::rules::graph::principals::{Principal, is_one_of, unknown_of};
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

const ADD_ON: &str = "properties.addonProfiles.azureKeyvaultSecretsProvider";
const READERS: [&str; 4] = [
    "Key Vault Secrets User",
    "Key Vault Secrets Officer",
    "Key Vault Administrator",
    "Key Vault Certificate User",
];
/// Roles that read a vault's data are custom by data action; their plain actions say nothing.
const NO_ACTION: &str = "-";

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-004",
        name: "csi-identity-without-vault-role",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the Secrets Store CSI driver is on, but no identity of the cluster may read secrets of the vault",
        why: "Pods that mount secrets stay in ContainerCreating.",
        fix: "Give the add-on's identity (key_vault_secrets_provider[0].secret_identity[0].object_id), or that of the \
              workload, the role Key Vault Secrets User on the vault.",
        exceptions: "Clusters that mount nothing from this vault.",
        bad: concat!(
            cluster!(
                r#"
  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }
"#
            ),
            "\n",
            vault!("\n  rbac_authorization_enabled = true\n"),
            r#"
resource "azurerm_role_assignment" "secrets" {
  scope                = azurerm_key_vault.example.id
  role_definition_name = "Key Vault Reader"
  principal_id         = azurerm_kubernetes_cluster.example.key_vault_secrets_provider[0].secret_identity[0].object_id
}
"#
        ),
        good: concat!(
            cluster!(
                r#"
  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }
"#
            ),
            "\n",
            vault!("\n  rbac_authorization_enabled = true\n"),
            r#"
resource "azurerm_role_assignment" "secrets" {
  scope                = azurerm_key_vault.example.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_kubernetes_cluster.example.key_vault_secrets_provider[0].secret_identity[0].object_id
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/csi-secrets-store-identity-access"],
        peers: &[],
    },
    check,
};

/// What a cluster's identities have to do with a vault.
struct Tie<'a> {
    vault: &'a Document,
    /// Somebody of the cluster has a right on it, or a manifest names it.
    meant: bool,
    reads: Truth,
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let on = match cluster.get(ADD_ON) {
            None => Truth::No,
            Some(_) => flag(cluster.get(&format!("{ADD_ON}.enabled")), true),
        };
        let ties: Vec<Tie<'_>> = match on {
            Truth::No => Vec::new(),
            _ => {
                let ties = graph.of_type(types::VAULT).map(|vault| tie(graph, cluster, vault));
                // A vault of another root module may be for somebody else.
                ties.filter(|t| t.vault.root.is_none() || t.meant || t.reads == Truth::Yes).collect()
            }
        };
        if on == Truth::No || ties.is_empty() {
            let why = if on == Truth::No {
                "the Secrets Store CSI driver is not on"
            } else {
                "no vault in this root"
            };
            out.skip(cluster, why);
            continue;
        }
        judge(graph, cluster, on, &ties, out);
    }
}

fn judge(graph: &Graph<'_>, cluster: &Document, on: Truth, ties: &[Tie<'_>], out: &mut Outcomes<'_>) {
    let add_on = cluster.get(ADD_ON);
    let mut meant = ties.iter().filter(|t| t.meant).peekable();
    if meant.peek().is_none() {
        let reads = Truth::any(ties.iter().map(|t| t.reads.clone()));
        let reads = graph.closed_world(cluster, reads).or(!on.clone());
        let text = "the Secrets Store CSI driver is on, but no identity of the cluster may read a vault of this root";
        out.judge(cluster, add_on, reads, text).severity(Severity::Low);
    }
    for tie in meant {
        let reads =
            graph.closed_world(tie.vault, graph.closed_world(cluster, tie.reads.clone())).or(!on.clone());
        let text = format!(
            "the Secrets Store CSI driver is on, but no identity of the cluster may read secrets of {}",
            tie.vault.name()
        );
        let outcome = out.judge(cluster, add_on, reads, text);
        outcome.because(tie.vault.declared.as_ref().map(|d| d.block), "the vault");
        for assignment in graph.assignments().iter().filter(|a| a.scope.id.as_ref() == Some(&tie.vault.id)) {
            let role = assignment.role.name();
            let text = format!("the role {role} reads no secrets");
            if assignment.role.is_one_of(&READERS) == Truth::No {
                let at = assignment.document.declared.as_ref().map(|d| d.block);
                outcome.because(at, text);
            }
        }
    }
}

fn tie<'a>(graph: &Graph<'a>, cluster: &'a Document, vault: &'a Document) -> Tie<'a> {
    let of = graph.identities(cluster);
    let readers: Vec<Principal> = [&*of.kubelet, &of.secrets_provider, &of.workloads].concat();
    let reads = reads_secrets(graph, vault, &readers);
    let anybody: Vec<Principal> = readers.iter().chain(&of.control_plane).cloned().collect();
    let has_role = graph
        .assignments()
        .iter()
        .any(|a| a.scope.id.as_ref() == Some(&vault.id) && anybody.contains(&a.principal));
    let has_policy = graph
        .children(&vault.id, types::ACCESS_POLICY)
        .any(|p| anybody.contains(&Principal::of(p.get("properties.objectId"))));
    Tie { vault, meant: has_role || has_policy || named_by_manifest(graph, vault), reads }
}

/// Whether one of these principals may read secrets of a vault, by role or by access policy.
pub(in crate::analysis::rules) fn reads_secrets(
    graph: &Graph<'_>,
    vault: &Document,
    readers: &[Principal],
) -> Truth {
    let by_role = flag(vault.get("properties.enableRbacAuthorization"), false);
    let roles = graph.has_role(readers, &vault.id, |role| role.allows(&READERS, NO_ACTION));
    let policies =
        Truth::any(graph.children(&vault.id, types::ACCESS_POLICY).map(|p| policy_reads(p, readers)))
            .unless(unknown_of(readers).or(graph.stray(types::ACCESS_POLICY)));
    match by_role {
        Truth::Yes => roles,
        Truth::No => policies,
        Truth::Unknown(_) => roles.or(policies),
    }
}

fn policy_reads(policy: &Document, readers: &[Principal]) -> Truth {
    let who = is_one_of(&Principal::of(policy.get("properties.objectId")), readers);
    let list = get(&policy.body, "properties.permissions.secrets");
    let reads = Truth::of(list, false, |v| {
        let words = v.as_slice().unwrap_or_default().iter().filter_map(Value::as_str);
        words.into_iter().any(|w| w.eq_ignore_ascii_case("get") || w.eq_ignore_ascii_case("all"))
    });
    who.and(reads)
}

/// True when a SecretProviderClass of this root names the vault.
fn named_by_manifest(graph: &Graph<'_>, vault: &Document) -> bool {
    let Some(address) = vault.declared.as_ref().map(|d| d.address.to_string()) else { return false };
    let words: &[&str] = if vault.name().starts_with('<') { &[] } else { &[vault.name()] };
    let mut manifests = graph.instances_like(&["kubernetes_manifest", "kubectl_", "helm_release"]);
    manifests
        .any(|i| mentions(&i.config, "", &["SecretProviderClass"]) && mentions(&i.config, &address, words))
}
