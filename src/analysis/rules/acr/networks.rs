//! ACR-003 and 005: who reaches the registry.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::registry;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::graph::{Graph, addresses};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

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
        peers: &["PSRule Azure.ACR.Firewall"],
    },
    check,
};

pub(super) static TOO_BROAD: Check = Check {
    meta: Meta {
        id: "TU-ACR-005",
        name: "acr-ip-rule-too-broad",
        severity: Severity::High,
        title: "the registry's firewall lets in the Internet, or a large part of it",
        why: "A rule that denies by default looks closed in review, but everyone may call.",
        fix: "List only the egress addresses of offices, pipelines and clusters in ip_rule.",
        bad: registry!(
            "Premium",
            r#"
  network_rule_set {
    default_action = "Deny"

    ip_rule {
      action   = "Allow"
      ip_range = "0.0.0.0/0"
    }
  }
"#
        ),
        good: registry!(
            "Premium",
            r#"
  network_rule_set {
    default_action = "Deny"

    ip_rule {
      action   = "Allow"
      ip_range = "203.0.113.0/24"
    }
  }
"#
        ),
        references: &[
            "https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks",
        ],
        ..Meta::ROW
    },
    check: too_broad,
};

fn too_broad(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for registry in graph.of_type(types::REGISTRY) {
        judge_ranges(graph, out, registry, "properties.networkRuleSet.ipRules");
    }
}

/// Judges the addresses that a firewall lets in, by the list of its rules.
pub(in crate::analysis::rules) fn judge_ranges(
    graph: &Graph<'_>,
    out: &mut Outcomes<'_>,
    document: &Document,
    path: &str,
) {
    let rules = document.get(path);
    let ranges: Vec<&Value> = document.items(path).iter().map(|r| get(r, "value").unwrap_or(r)).collect();
    let unknown = || rules.into_iter().chain(ranges.iter().copied()).find_map(Value::as_unknown);
    if let Some((at, what)) = addresses::too_broad(&ranges, graph.parameters.broad()) {
        out.fail(document, at.or(rules), format!("the firewall lets in too much: {what}"));
    } else if let Some(unknown) = unknown() {
        out.unknown(document, unknown.reason.to_string());
    } else if ranges.is_empty() {
        out.skip(document, "no addresses are let in by rule");
    } else {
        out.pass(document);
    }
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for registry in graph.of_type(types::REGISTRY) {
        let at = registry.get(ACTION).or(registry.get(ACCESS));
        // A name that is none of Azure's SKUs (SEC-023) says nothing of what the registry can do.
        let sku = ["sku.name", "sku.tier"].iter().find_map(|path| registry.get(path));
        let small = sku.is_some_and(|sku| SMALL.iter().any(|name| is_word(sku, name)));
        let wrong = if small {
            format!("{}, and its SKU cannot be closed: only Premium can", RULE.meta.title)
        } else {
            RULE.meta.title.to_owned()
        };
        let outcome = out.judge(registry, at, is_closed(registry), wrong);
        if small {
            outcome.severity(Severity::Low);
        }
    }
}

/// SKUs without a firewall.
const SMALL: [&str; 3] = ["Basic", "Standard", "Classic"];
const ACCESS: &str = "properties.publicNetworkAccess";
const ACTION: &str = "properties.networkRuleSet.defaultAction";

/// Whether a registry does not answer every network.
pub(in crate::analysis::rules) fn is_closed(registry: &Document) -> Truth {
    let off = Truth::of(registry.get(ACCESS), false, |v| is_word(v, "Disabled"));
    off.or(Truth::is_word(registry.get(ACTION), "Deny", false))
}
