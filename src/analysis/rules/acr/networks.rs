//! ACR-003: the registry answers every network.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::registry;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-ACR-003",
        name: "acr-open-to-all-networks",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "the registry answers every network",
        why: "A stolen credential works from anywhere. Only the Premium SKU can be closed, so elsewhere this is a note.",
        fix: "Set public_network_access_enabled = false and add a private endpoint, or network_rule_set { \
              default_action = \"Deny\" } with your ranges (both Premium).",
        exceptions: "Registries used by pipelines without fixed addresses.",
        bad: registry!("Premium", ""),
        good: registry!("Premium", "\n  public_network_access_enabled = false\n"),
        references: &[
            "CIS AKS 1.7 5.1.4",
            "https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks",
        ],
        peers: &["CKV_AZURE_139", "PSRule Azure.ACR.Firewall"],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for registry in graph.of_type(types::REGISTRY) {
        let at = registry.get(ACTION).or(registry.get(ACCESS));
        let premium = ["sku.name", "sku.tier"]
            .iter()
            .find_map(|path| registry.get(path))
            .is_none_or(|sku| sku.is_unknown() || is_word(sku, "Premium"));
        let wrong = if premium {
            RULE.meta.title.to_owned()
        } else {
            format!("{}, and its SKU cannot be closed: only Premium can", RULE.meta.title)
        };
        let outcome = out.judge(registry, at, is_closed(registry), wrong);
        if !premium {
            outcome.severity(Severity::Low);
        }
    }
}

const ACCESS: &str = "properties.publicNetworkAccess";
const ACTION: &str = "properties.networkRuleSet.defaultAction";

/// Whether a registry does not answer every network.
pub(in crate::analysis::rules) fn is_closed(registry: &Document) -> Truth {
    let off = Truth::of(registry.get(ACCESS), false, |v| is_word(v, "Disabled"));
    off.or(Truth::is_word(registry.get(ACTION), "Deny", false))
}
