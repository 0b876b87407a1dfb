//! KV-009 to 012: access policies that give too much, or that have no effect.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::principals::Principal;
use crate::analysis::rules::graph::text::{flag, has_members};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Test, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

const WRITE: [&str; 5] = ["set", "create", "import", "update", "restore"];
const DESTROY: [&str; 2] = ["delete", "purge"];
const KINDS: [&str; 4] = ["secrets", "keys", "certificates", "storage"];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-KV-010",
        name: "kv-access-policy-too-wide",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "an access policy lets a principal both write and delete",
        why: "A workload needs to read. One that may replace and destroy secrets turns its own compromise into an \
              outage.",
        fix: "Reduce the policy to what is used, such as secret_permissions = [\"Get\"].",
        exceptions: "Operators and certificate issuers.",
        bad: vault!(
            r#"
  access_policy {
    tenant_id          = "11111111-2222-3333-4444-555555555555"
    object_id          = "66666666-7777-8888-9999-000000000000"
    secret_permissions = ["Get", "Set", "Delete"]
  }
"#
        ),
        good: vault!(
            r#"
  access_policy {
    tenant_id          = "11111111-2222-3333-4444-555555555555"
    object_id          = "66666666-7777-8888-9999-000000000000"
    secret_permissions = ["Get"]
  }
"#
        ),
        references: &["https://learn.microsoft.com/azure/key-vault/general/assign-access-policy"],
        peers: &["PSRule Azure.KeyVault.AccessPolicy"],
    },
    check,
};

/// A vault with an access policy: lines of the vault, and what the policy lets do with secrets.
macro_rules! policed {
    ($lines:literal, $permissions:literal) => {
        concat!(
            vault!($lines),
            r#"
resource "azurerm_key_vault_access_policy" "example" {
  key_vault_id       = azurerm_key_vault.example.id
  tenant_id          = "11111111-2222-3333-4444-555555555555"
  object_id          = "66666666-7777-8888-9999-000000000000"
  secret_permissions = "#,
            $permissions,
            "\n}\n"
        )
    };
}

pub(super) static IGNORED: Check = Check {
    meta: Meta {
        id: "TU-KV-009",
        name: "kv-policies-ignored-under-rbac",
        title: "the vault uses roles, so its access policies have no effect",
        why: "A reader believes that access is given, or limited to what the policies say; it is neither.",
        fix: "Replace each policy by an azurerm_role_assignment and remove it.",
        exceptions: "The days in which a vault is moved to roles.",
        bad: policed!("\n  rbac_authorization_enabled = true\n", "[\"Get\"]"),
        good: policed!("\n  rbac_authorization_enabled = false\n", "[\"Get\"]"),
        references: &["https://learn.microsoft.com/azure/key-vault/general/rbac-guide"],
        ..Meta::ROW
    },
    check: ignored,
};

pub(super) static PURGE: Check = Check {
    meta: Meta {
        id: "TU-KV-011",
        name: "kv-purge-permission",
        title: "an access policy lets a principal purge",
        why: "What is purged cannot be brought back: with it a compromise becomes a loss.",
        fix: "Remove \"Purge\" from the permissions.",
        exceptions: "Pipelines of test environments whose names must be free again at once.",
        bad: policed!("", "[\"Get\", \"Purge\"]"),
        good: policed!("", "[\"Get\"]"),
        references: &["https://learn.microsoft.com/azure/key-vault/general/assign-access-policy"],
        peers: &["PSRule Azure.KeyVault.AccessPolicy"],
        ..Meta::ROW
    },
    check: purge,
};

pub(super) static BOTH_KINDS: Check = Check {
    meta: Meta {
        id: "TU-KV-012",
        name: "kv-inline-and-separate-policies",
        severity: Severity::High,
        title: "the vault has access policies inside of it and as resources of their own: they erase each other",
        why: "Every apply removes what the last one added, and consumers lose access in between.",
        fix: "Keep one kind. Beside azurerm_key_vault_access_policy leave access_policy out of the vault.",
        bad: policed!(
            r#"
  access_policy {
    tenant_id          = "11111111-2222-3333-4444-555555555555"
    object_id          = "77777777-8888-9999-0000-111111111111"
    secret_permissions = ["Get"]
  }
"#,
            "[\"Get\"]"
        ),
        good: policed!("", "[\"Get\"]"),
        references: &[
            "https://github.com/hashicorp/terraform-provider-azurerm/blob/main/website/docs/r/key_vault.html.markdown",
        ],
        ..Meta::ROW
    },
    check: both_kinds,
};

const POLICIES: &str = "properties.accessPolicies";
const BY_ROLE: &str = "properties.enableRbacAuthorization";

fn ignored(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for vault in graph.of_type(types::VAULT) {
        let by_role = flag(vault.get(BY_ROLE), false);
        // Of policies inside that are not known there may be none.
        let known = |p: &&Document| p.get("properties").is_some_and(|all| !all.is_unknown());
        let first = graph.children(&vault.id, types::ACCESS_POLICY).find(known);
        let any = Truth::from(first.is_some()).or(has_members(vault.get(POLICIES)));
        let any = any.unless(graph.stray(types::ACCESS_POLICY));
        let outcome = out.judge(vault, vault.get(BY_ROLE), !by_role.and(any), IGNORED.meta.title);
        let place = first.and_then(|p| p.declared.as_ref()).map(|d| d.block);
        if outcome.is_failure() {
            outcome.because(place, "a policy without effect");
        }
    }
}

/// True when a plan leaves the policies inside of a vault alone.
fn leaves_alone(vault: &Document) -> bool {
    let Some(declared) = &vault.declared else { return false };
    let lifecycle = &declared.instance.lifecycle;
    lifecycle.ignore_all || lifecycle.ignore_changes.iter().any(|p| p.starts_with("access_policy"))
}

fn both_kinds(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for vault in graph.of_type(types::VAULT).filter(|v| v.declared.is_some()) {
        let alone = graph
            .children(&vault.id, types::ACCESS_POLICY)
            .filter_map(|p| p.declared.as_ref())
            .find(|d| d.inline.is_empty());
        let inside = has_members(vault.get(POLICIES));
        let fine = Truth::from(leaves_alone(vault)).or(!inside);
        let Some(alone) = alone else {
            // A policy of a vault that is not known may be this one's.
            let stray = Truth::No.unless(graph.stray(types::ACCESS_POLICY));
            out.judge(vault, None, fine.or(!stray), "");
            continue;
        };
        let outcome = out.judge(vault, vault.get(POLICIES), fine, BOTH_KINDS.meta.title);
        if outcome.is_failure() {
            outcome.because(Some(alone.block), "a policy that is a resource of its own");
        }
    }
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    each(graph, out, judge);
}

fn purge(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    each(graph, out, |policy, _, out| {
        let lists = KINDS.map(|kind| get(&policy.body, &format!("properties.permissions.{kind}")));
        let purges = |list: &Option<&Value>| Test::Has(&["purge"]).of(*list, false);
        let at = lists.iter().find(|list| purges(list) == Truth::Yes).copied().flatten();
        out.judge(policy, at, !Truth::any(lists.iter().map(purges)), PURGE.meta.title);
    });
}

/// Judges the policies that have an effect and are not the deployer's own.
fn each(graph: &Graph<'_>, out: &mut Outcomes<'_>, judge: fn(&Document, &Principal, &mut Outcomes<'_>)) {
    for policy in graph.of_type(types::ACCESS_POLICY) {
        let vault = policy.id.parent().and_then(|id| graph.estate.by_id(&id));
        let by_role = vault.map(|v| flag(v.get(BY_ROLE), false));
        let principal = Principal::of(policy.get("properties.objectId"));
        if by_role == Some(Truth::Yes) {
            out.skip(policy, "the vault uses roles, so its access policies have no effect");
        } else if principal.is_deployer() {
            out.skip(policy, "the policy is the deployer's own");
        } else {
            judge(policy, &principal, out);
        }
    }
}

fn judge(policy: &Document, principal: &Principal, out: &mut Outcomes<'_>) {
    let mut unknown = None;
    for kind in KINDS {
        let Some(list) = get(&policy.body, &format!("properties.permissions.{kind}")) else { continue };
        let words: Vec<String> = list
            .as_slice()
            .unwrap_or_default()
            .iter()
            .filter_map(|v| v.as_str().map(str::to_ascii_lowercase))
            .collect();
        let has = |wanted: &[&str]| wanted.iter().any(|w| words.iter().any(|p| p == w));
        if has(&["all"]) || has(&WRITE) && has(&DESTROY) {
            let text = format!("{}: {kind} permissions {}", RULE.meta.title, words.join(", "));
            let outcome = out.fail(policy, Some(list), text);
            if matches!(principal, Principal::Unknown(_)) {
                outcome.severity(Severity::Low);
            }
            return;
        }
        let items = list.as_slice().unwrap_or_default().iter();
        unknown = unknown.or(std::iter::once(list).chain(items).find_map(Value::as_unknown));
    }
    match unknown {
        Some(unknown) => out.unknown(policy, unknown.reason.to_string()),
        None => out.pass(policy),
    };
}
