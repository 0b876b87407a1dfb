//! X-020: a key for etcd that the API server cannot reach.

use super::network_roles::has_own_identity;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::keys::Use;
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::graph::{Graph, Link, date};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

const KMS: &str = "properties.securityProfile.azureKeyVaultKms";
/// What the API server does with its key.
const ENCRYPTS: Use = Use {
    roles: &["Key Vault Crypto User", "Key Vault Crypto Officer", "Key Vault Administrator"],
    permissions: &["Encrypt", "Decrypt"],
};
/// Who may connect a private endpoint to a vault.
const CONNECTS: [&str; 3] = ["Key Vault Contributor", "Contributor", "Owner"];
const CONNECT: &str = "Microsoft.KeyVault/vaults/privateEndpointConnectionsApproval/action";

/// A cluster that encrypts etcd with a key of a vault: lines of the vault.
macro_rules! encrypted {
    ($vault:literal) => {
        concat!(
            crate::analysis::rules::example::vault!($vault),
            r#"
resource "azurerm_key_vault_key" "etcd" {
  name         = "etcd"
  key_vault_id = azurerm_key_vault.example.id
  key_type     = "RSA"
  key_size     = 3072
  key_opts     = ["encrypt", "decrypt"]
}

resource "azurerm_user_assigned_identity" "example" {
  name                = "id-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_role_assignment" "key" {
  scope                = azurerm_key_vault.example.id
  role_definition_name = "Key Vault Crypto User"
  principal_id         = azurerm_user_assigned_identity.example.principal_id
}

resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"

  key_management_service {
    key_vault_key_id         = azurerm_key_vault_key.etcd.id
    key_vault_network_access = "Public"
  }

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 3
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.example.id]
  }
}
"#
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-020",
        name: "kms-key-unreachable",
        severity: Severity::High,
        title: "the API server cannot use the key that encrypts its data",
        why: "Without its key the API server reads no Secret, and stops.",
        fix: "Let key_vault_network_access say what the vault has (Public or Private), give a user-assigned identity of \
              the cluster the role Key Vault Crypto User on the vault (with Private also Key Vault Contributor), and set \
              purge_protection_enabled = true.",
        exceptions: "Clusters whose roles another root module assigns.",
        bad: encrypted!(
            "  rbac_authorization_enabled    = true\n  purge_protection_enabled      = true\n  \
             public_network_access_enabled = false\n"
        ),
        good: encrypted!("  rbac_authorization_enabled = true\n  purge_protection_enabled   = true\n"),
        references: &["https://learn.microsoft.com/azure/aks/use-kms-etcd-encryption"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let on = match cluster.get(KMS) {
            None => Truth::No,
            Some(_) => flag(cluster.get(&format!("{KMS}.enabled")), true),
        };
        if on == Truth::No {
            out.skip(cluster, "no key of a vault encrypts its data");
            continue;
        }
        let value = cluster.get(&format!("{KMS}.keyId"));
        let own = has_own_identity(cluster);
        let text = "a key for etcd needs a user-assigned identity of the cluster";
        out.judge(cluster, cluster.get("identity.type"), own.or(!on.clone()), text);
        if let Some(end) = expiry(graph, value).filter(|end| *end < graph.today) {
            out.fail(cluster, value, format!("the key for etcd expired on {end}"));
        }
        match graph.vault_of_key(value) {
            Link::To(vault) => reach(graph, cluster, vault, &on, out),
            Link::Outside(what) | Link::Unknown(what) => {
                out.unknown(cluster, format!("the key for etcd: {what}"));
            }
            Link::None => {}
        }
    }
}

/// Judges the vault of the key.
fn reach<'a>(graph: &Graph<'a>, cluster: &'a Document, vault: &Document, on: &Truth, out: &mut Outcomes<'_>) {
    let place = vault.declared.as_ref().map(|d| d.block);
    let access: Option<&Value> = cluster.get(&format!("{KMS}.keyVaultNetworkAccess"));
    let private = Truth::is_word(access, "Private", false);
    let open = Truth::of(vault.get("properties.publicNetworkAccess"), true, |v| !is_word(v, "Disabled"));
    let fits = private.clone().and(!open.clone()).or((!private.clone()).and(open));
    let name = vault.name();
    let text = match private {
        Truth::Yes => {
            format!("key_vault_network_access is Private, but {name} answers on its public address")
        }
        _ => format!("key_vault_network_access is Public, but {name} has its public address closed"),
    };
    out.judge(cluster, access, fits.or(!on.clone()), text).because(place, "the vault");

    let who = &graph.identities(cluster).control_plane;
    let closed = |found: Truth| graph.closed_world(vault, graph.closed_world(cluster, found)).or(!on.clone());
    let uses = closed(graph.may_use_keys(vault, who, &ENCRYPTS));
    let text = format!("the identity of the control plane may not encrypt with keys of {name}");
    out.judge(cluster, access, uses, text).because(place, "the vault");
    if private == Truth::Yes {
        let connects = closed(graph.has_role(who, &vault.id, |role| role.allows(&CONNECTS, CONNECT)));
        let text = format!("the identity of the control plane may not connect to {name} privately");
        out.judge(cluster, access, connects, text).because(place, "the vault");
    }
    let kept = flag(vault.get("properties.enablePurgeProtection"), false);
    let text = format!("{name}, which has the key for etcd, is not protected from purging");
    out.judge(cluster, access, kept.or(!on.clone()), text).because(place, "the vault");
}

/// The day on which a key of this root expires.
fn expiry(graph: &Graph<'_>, key: Option<&Value>) -> Option<time::Date> {
    let declared = graph.key(key)?.declared.as_ref()?;
    date(declared.instance.config.get("expiration_date")?.as_str()?.get(..10)?)
}
