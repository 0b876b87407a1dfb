//! ACR-007: settings that the registry's SKU does not have.

use super::contents::{OWN_KEY, RETENTION, TRUST, has_copies};
use super::{ENABLED, OFF, PREMIUM};
use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{Any, Ask, Is, Not};
use crate::analysis::rules::condition::Test::{OneOf, Set, True};
use crate::analysis::rules::example::registry;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Condition, Meta, Outcomes, Truth};
use crate::azure::types;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-ACR-007",
        name: "acr-premium-feature-on-lower-sku",
        severity: Severity::High,
        title: "the registry's SKU does not have what is set on it",
        why: "The provider or Azure refuses it, and the apply fails.",
        fix: "Set sku = \"Premium\", or remove the setting.",
        exceptions: "",
        bad: registry!("Standard", "\n  data_endpoint_enabled = true\n"),
        good: registry!("Premium", "\n  data_endpoint_enabled = true\n"),
        references: &["https://learn.microsoft.com/azure/container-registry/container-registry-skus"],
        ..Meta::ROW
    },
    check,
};

const BASIC: Condition = Any(&[Is("sku.name", OneOf(&["Basic"])), Is("sku.tier", OneOf(&["Basic"]))]);
const NO_EXPORT: Condition = Is("properties.policies.exportPolicy.status", OFF);
const NO_PUBLIC_ACCESS: Condition = Is("properties.publicNetworkAccess", OFF);

/// What may be set where it is not to be had: the setting, when it is used, where it may be used, and the
/// words for that.
const SETTINGS: [(&str, Condition, Condition, &str); 12] = [
    ("network_rule_set", Is("properties.networkRuleSet", Set), PREMIUM.0, NEEDS),
    ("georeplications", Ask(has_copies), PREMIUM.0, NEEDS),
    ("data_endpoint_enabled", Is("properties.dataEndpointEnabled", True), PREMIUM.0, NEEDS),
    (
        "quarantine_policy_enabled",
        Is("properties.policies.quarantinePolicy.status", ENABLED),
        PREMIUM.0,
        NEEDS,
    ),
    ("a retention policy", RETENTION, PREMIUM.0, NEEDS),
    ("export_policy_enabled = false", NO_EXPORT, PREMIUM.0, NEEDS),
    ("zone_redundancy_enabled", Is("properties.zoneRedundancy", ENABLED), PREMIUM.0, NEEDS),
    ("public_network_access_enabled = false", NO_PUBLIC_ACCESS, PREMIUM.0, NEEDS),
    ("encryption", OWN_KEY, PREMIUM.0, NEEDS),
    ("content trust", TRUST, PREMIUM.0, NEEDS),
    (
        "anonymous_pull_enabled",
        Is("properties.anonymousPullEnabled", True),
        Not(&BASIC),
        "needs the Standard or the Premium SKU",
    ),
    (
        "export_policy_enabled = false",
        NO_EXPORT,
        NO_PUBLIC_ACCESS,
        "needs public_network_access_enabled = false",
    ),
];
const NEEDS: &str = "needs the Premium SKU";

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for registry in graph.of_type(types::REGISTRY) {
        if registry.declared.is_none() {
            out.skip(registry, "Azure has taken it");
            continue;
        }
        let mut all = Truth::Yes;
        let mut wrong = Vec::new();
        let mut at = None;
        for (name, used, allowed, needs) in &SETTINGS {
            let used = used.answer(graph, registry.into());
            let fine = allowed.holds(graph, registry).or(!used.truth);
            if fine == Truth::No {
                wrong.push(format!("{name} {needs}"));
                at = at.or(used.at);
            }
            all = all.and(fine);
        }
        out.judge(registry, at, all, wrong.join("; "));
    }
}
