//! KV-001: the vault answers every network.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-KV-001",
        name: "kv-open-to-all-networks",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the vault answers every network",
        why: "A stolen token reads secrets from anywhere in the world.",
        fix: "Set network_acls { default_action = \"Deny\", bypass = \"AzureServices\" } with your ranges and subnets, \
              or public_network_access_enabled = false with a private endpoint.",
        exceptions: "",
        bad: vault!(""),
        good: vault!(
            r#"
  network_acls {
    default_action = "Deny"
    bypass         = "AzureServices"
    ip_rules       = ["203.0.113.0/24"]
  }
"#
        ),
        references: &[
            "CIS Azure 6.0 8.3.7",
            "https://learn.microsoft.com/azure/key-vault/general/network-security",
        ],
        peers: &["CKV_AZURE_109", "AZU-0013", "PSRule Azure.KeyVault.Firewall"],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for vault in graph.of_type(types::VAULT) {
        let at = vault.get(ACTION).or(vault.get(ACCESS));
        out.judge(vault, at, is_closed(vault), RULE.meta.title);
    }
}

const ACCESS: &str = "properties.publicNetworkAccess";
const ACTION: &str = "properties.networkAcls.defaultAction";

/// Whether a vault, or another document with the same two settings, does not answer every network.
pub(in crate::analysis::rules) fn is_closed(document: &Document) -> Truth {
    let off = Truth::of(document.get(ACCESS), false, |v| is_word(v, "Disabled"));
    off.or(Truth::is_word(document.get(ACTION), "Deny", false))
}
