//! CHG-011 and 015: vaults that change how they give access, and what cannot be undone.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{changed, vault};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::before::{Before, Pair};
use crate::analysis::rules::graph::principals::Principal;
use crate::analysis::rules::graph::roles::Role;
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::types;
use crate::terraform::value::Value;

/// A vault with an access policy, and how it gives access.
macro_rules! read_by_one {
    ($mode:literal) => {
        concat!(
            r#"resource "azurerm_key_vault" "example" {
  name                       = "kv-example"
  location                   = "westeurope"
  resource_group_name        = "rg-example"
  tenant_id                  = "11111111-2222-3333-4444-555555555555"
  sku_name                   = "standard"
  rbac_authorization_enabled = "#,
            $mode,
            r#"

  access_policy {
    tenant_id          = "11111111-2222-3333-4444-555555555555"
    object_id          = "99999999-2222-3333-4444-555555555555"
    secret_permissions = ["Get"]
  }
}
"#
        )
    };
}

pub(super) static MODE: Check = Check {
    meta: Meta {
        id: "TU-CHG-011",
        name: "vault-mode-flip",
        severity: Severity::High,
        title: "the vault turns to roles while those who read it have none",
        why: "Access policies stop to count at once: every reader without a role loses access with the apply.",
        fix: "Give each principal of an access policy its role on the vault first, apply, and switch then.",
        exceptions: "Roles that another root module gives.",
        bad: changed!(read_by_one!("false"), read_by_one!("true")),
        good: changed!(
            read_by_one!("false"),
            concat!(
                read_by_one!("true"),
                r#"
resource "azurerm_role_assignment" "reader" {
  scope                = azurerm_key_vault.example.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = "99999999-2222-3333-4444-555555555555"
}
"#
            )
        ),
        references: &["https://learn.microsoft.com/azure/key-vault/general/rbac-migration"],
        ..Meta::ROW
    },
    check: mode,
};

pub(super) static IRREVERSIBLE: Check = Check {
    meta: Meta {
        id: "TU-CHG-015",
        name: "irreversible-change",
        severity: Severity::Info,
        title: "the change cannot be undone",
        why: "What is turned on here stays on for the life of the resource; turning it off later replaces it or is \
              refused.",
        fix: "Nothing, if it is meant: be sure of it before the apply.",
        exceptions: "A decision that was made.",
        bad: changed!(vault!(""), vault!("  purge_protection_enabled = true\n")),
        good: changed!(
            vault!("  purge_protection_enabled = true\n"),
            vault!("  purge_protection_enabled = true\n  tags = { team = \"a\" }\n")
        ),
        references: &["https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview"],
        ..Meta::ROW
    },
    check: irreversible,
};

fn mode(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    const PATH: &str = "properties.enableRbacAuthorization";
    let Some(before) = graph.before() else { return };
    for pair in graph.pairs(types::VAULT) {
        let (was, is) = pair.at(PATH);
        match flag(is, false).and(!flag(was, false)) {
            Truth::No => drop(out.pass(pair.is)),
            Truth::Unknown(why) => drop(out.unknown(pair.is, why)),
            Truth::Yes => {
                let readers = readers(before, &pair);
                let served = |who: &Principal| {
                    let role = |role: &Role| match role {
                        Role::Named(name) => name.starts_with("Key Vault ").into(),
                        Role::Custom { .. } => Truth::Unknown("a custom role may give it".to_owned()),
                        Role::Unknown(why) => Truth::Unknown(why.clone()),
                    };
                    graph.has_role(std::slice::from_ref(who), &pair.is.id, role)
                };
                let fine = Truth::all(readers.iter().map(served));
                let without = readers.iter().filter(|who| served(who) == Truth::No).count();
                let text = format!(
                    "{without} of {} principals of access policies have no role on the vault",
                    readers.len()
                );
                out.judge(pair.is, is, fine, text);
            }
        }
    }
}

/// Who the access policies of a vault served.
fn readers(before: &Before<'_>, pair: &Pair<'_>) -> Vec<Principal> {
    let own = pair.was.items("properties.accessPolicies").iter().map(|p| p.get("objectId"));
    let children: Vec<_> = before.graph.children(&pair.was.id, types::ACCESS_POLICY).collect();
    let more = children.iter().flat_map(|d| {
        let listed = d.items("properties.accessPolicies").iter().map(|p| p.get("objectId"));
        d.get("properties.objectId").map(Some).into_iter().chain(listed).collect::<Vec<Option<&Value>>>()
    });
    let mut found: Vec<Principal> = Vec::new();
    for who in own.chain(more).map(Principal::of) {
        if !found.contains(&who) {
            found.push(who);
        }
    }
    found
}

/// What cannot be undone: the type, the path, and what is told.
const SWITCHES: &[(&str, &str, &str)] = &[
    (types::VAULT, "properties.enablePurgeProtection", "purge protection cannot be turned off again"),
    (
        types::CLUSTER,
        "properties.oidcIssuerProfile.enabled",
        "the OIDC issuer cannot be turned off again without a new cluster",
    ),
    (
        types::REGISTRY,
        "properties.encryption.keyVaultProperties.keyIdentifier",
        "a key of one's own can be changed but not given up without a new registry",
    ),
    (
        types::CLUSTER,
        "properties.upgradeSettings.overrideSettings.forceUpgrade",
        "an upgrade that is forced cannot be taken back",
    ),
];

fn irreversible(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for arm_type in [types::VAULT, types::CLUSTER, types::REGISTRY] {
        for pair in graph.pairs(arm_type) {
            let mut told = false;
            for (_, path, text) in SWITCHES.iter().filter(|(t, ..)| *t == arm_type) {
                let (was, is) = pair.at(path);
                if !on(was) && is.is_some_and(|v| !v.is_unknown()) && on(is) {
                    out.fail(pair.is, is, *text);
                    told = true;
                }
            }
            let (was, is) = pair.at("properties.networkProfile.networkDataplane");
            let cilium = |v: Option<&Value>| v.is_some_and(|v| is_word(v, "cilium"));
            if cilium(is) && !cilium(was) {
                out.fail(pair.is, is, "the Cilium data plane cannot be left without a new cluster");
                told = true;
            }
            if !told {
                out.pass(pair.is);
            }
        }
    }
    let Some(before) = graph.before() else { return };
    for cluster in graph.of_type(types::CLUSTER).filter(|c| before.document(c).is_none()) {
        if let set @ Some(_) = cluster.get("properties.diskEncryptionSetID") {
            out.fail(cluster, set, "the key of the disks is chosen once, when the cluster is created");
        }
    }
}

/// Set and not `false`; an unknown that was set before is no change.
fn on(value: Option<&Value>) -> bool {
    value.is_some_and(|v| v.as_bool() != Some(false) && !is_word(v, "false") && v.as_str() != Some(""))
}
