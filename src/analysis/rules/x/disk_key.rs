//! X-019: a disk encryption set that cannot use its key.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::keys::Use;
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

/// What a disk encryption set does with its key.
const WRAPS: Use = Use {
    roles: &[
        "Key Vault Crypto Service Encryption User",
        "Key Vault Crypto Officer",
        "Key Vault Administrator",
    ],
    permissions: &["Get", "WrapKey", "UnwrapKey"],
};
const READERS: [&str; 3] = ["Reader", "Contributor", "Owner"];
const READ: &str = "Microsoft.Compute/diskEncryptionSets/read";

/// A cluster whose disks are encrypted with a key of a vault: lines of the vault, and roles.
macro_rules! encrypted {
    ($vault:literal, $roles:literal) => {
        concat!(
            crate::analysis::rules::example::vault!($vault),
            r#"
resource "azurerm_key_vault_key" "disks" {
  name         = "disks"
  key_vault_id = azurerm_key_vault.example.id
  key_type     = "RSA"
  key_size     = 3072
  key_opts     = ["wrapKey", "unwrapKey"]
}

resource "azurerm_disk_encryption_set" "example" {
  name                = "des-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  key_vault_key_id    = azurerm_key_vault_key.disks.id

  identity {
    type = "SystemAssigned"
  }
}

"#,
            crate::analysis::rules::example::cluster!(
                "  disk_encryption_set_id = azurerm_disk_encryption_set.example.id\n"
            ),
            $roles
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-019",
        name: "des-identity-no-key-role",
        severity: Severity::High,
        title: "the disk encryption set of a cluster cannot use its key",
        why: "Disks of nodes are neither created nor attached: nodes do not start.",
        fix: "Give the identity of the disk encryption set the role Key Vault Crypto Service Encryption User on the \
              vault (or a policy with Get, WrapKey and UnwrapKey), set purge_protection_enabled = true and \
              bypass = \"AzureServices\" there, and give the cluster's identity the role Reader on the set.",
        exceptions: "Sets whose roles another root module assigns.",
        bad: encrypted!("  rbac_authorization_enabled = true\n  purge_protection_enabled   = true\n", ""),
        good: encrypted!(
            "  rbac_authorization_enabled = true\n  purge_protection_enabled   = true\n",
            r#"
resource "azurerm_role_assignment" "key" {
  scope                = azurerm_key_vault.example.id
  role_definition_name = "Key Vault Crypto Service Encryption User"
  principal_id         = azurerm_disk_encryption_set.example.identity[0].principal_id
}

resource "azurerm_role_assignment" "set" {
  scope                = azurerm_disk_encryption_set.example.id
  role_definition_name = "Reader"
  principal_id         = azurerm_kubernetes_cluster.example.identity[0].principal_id
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/azure-disk-customer-managed-keys"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for set in graph.of_type(types::DISK_ENCRYPTION_SET) {
        let uses =
            |c: &&Document| graph.id(c.get("properties.diskEncryptionSetID")).as_ref() == Some(&set.id);
        let users: Vec<&Document> = graph.of_type(types::CLUSTER).filter(uses).collect();
        if users.is_empty() {
            out.skip(set, "no cluster of this root uses it");
            continue;
        }
        key(graph, set, out);
        for cluster in users {
            let who = &graph.identities(cluster).control_plane;
            let reads = graph.has_role(who, &set.id, |role| role.allows(&READERS, READ));
            let reads = graph.closed_world(set, graph.closed_world(cluster, reads));
            let text = format!("the identity of {} may not read the disk encryption set", cluster.name());
            // Disks of nodes come up all the same; volumes that name the set do not.
            let outcome = out.judge(set, None, reads, text);
            outcome.severity(Severity::Medium);
            outcome.because(cluster.declared.as_ref().map(|d| d.block), "the cluster that uses it");
        }
    }
}

/// Judges the vault of its key, and what its identity may do there.
fn key(graph: &Graph<'_>, set: &Document, out: &mut Outcomes<'_>) {
    let value = set.get("properties.activeKey.keyUrl");
    let vault = match graph.vault_of_key(value) {
        Link::To(vault) => vault,
        Link::Outside(what) | Link::Unknown(what) => {
            out.unknown(set, format!("its key: {what}"));
            return;
        }
        // A key of a managed HSM is no key of a vault.
        Link::None => return,
    };
    let place = vault.declared.as_ref().map(|d| d.block);
    let may = graph.may_use_keys(vault, &graph.principals(set), &WRAPS);
    let may = graph.closed_world(vault, graph.closed_world(set, may));
    let text = format!("its identity may not use keys of {}", vault.name());
    out.judge(set, value, may, text).because(place, "the vault");
    let kept = flag(vault.get("properties.enablePurgeProtection"), false);
    let text = format!("{}, which has its key, is not protected from purging", vault.name());
    out.judge(set, value, kept, text).because(place, "the vault");
    let text = format!("{}, which has its key, does not answer Azure's services", vault.name());
    out.judge(set, value, answers(vault), text).because(place, "the vault");
}

/// Whether a vault answers services of Azure: it is open, or lets them past its firewall.
fn answers(vault: &Document) -> Truth {
    let public = Truth::of(vault.get("properties.publicNetworkAccess"), true, |v| !is_word(v, "Disabled"));
    let denies = Truth::is_word(vault.get("properties.networkAcls.defaultAction"), "Deny", false);
    // Azure lets its services past the firewall unless the vault says otherwise.
    let bypass: Option<&Value> = vault.get("properties.networkAcls.bypass");
    let trusted = Truth::of(bypass, true, |v| is_word(v, "AzureServices"));
    public.and(!denies).or(trusted)
}
