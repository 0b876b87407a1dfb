//! KV-010: an access policy that lets a workload both write and destroy.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::principals::Principal;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
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

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for policy in graph.of_type(types::ACCESS_POLICY) {
        let vault = policy.id.parent().and_then(|id| graph.estate.by_id(&id));
        let by_role = vault.map(|v| flag(v.get("properties.enableRbacAuthorization"), false));
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
