//! Rules about one attribute of a firewall or its policy.

use super::{firewall, policy};
use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{Absent, Any, Ask, Is};
use crate::analysis::rules::condition::Test::{Filled, OneOf, Set, Written};
use crate::analysis::rules::condition::Thing;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::in_zoned_region;
use crate::analysis::rules::{Attribute, Condition, Meta, Of, Profile, Truth};
use crate::azure::types;

const POLICY: &str = "properties.firewallPolicy.id";
const IDPS: &str = "properties.intrusionDetection.mode";
const ZONED: (Condition, &str) = (Ask(zoned), "its region is not known to have zones");

fn zoned<'a>(_: &Graph<'a>, thing: Thing<'a>) -> Truth {
    thing.document.map_or(Truth::No, in_zoned_region)
}

/// Whether a firewall has rules of its own, in the classic form.
fn has_classic_rules<'a>(graph: &Graph<'a>, thing: Thing<'a>) -> Truth {
    let rules = graph.firewall_rules();
    thing.document.is_some_and(|firewall| rules.iter().any(|rule| rule.is_of(firewall))).into()
}

pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-FWL-001",
            name: "fw-no-policy",
            severity: Severity::Medium,
            title: "the firewall has no policy",
            why: "It has no rules, or classic ones, which know neither inheritance nor TLS inspection nor intrusion \
                  prevention.",
            fix: "Set firewall_policy_id to an azurerm_firewall_policy.",
            bad: firewall!(""),
            good: concat!(
                firewall!("\n  firewall_policy_id = azurerm_firewall_policy.example.id\n"),
                "\n",
                policy!("")
            ),
            references: &["https://learn.microsoft.com/azure/firewall-manager/policy-overview"],
            peers: &["CKV_AZURE_219"],
            ..Meta::ROW
        },
        of: Of::Arm(types::FIREWALL),
        must: Is(POLICY, Written),
        graded: &[(Ask(has_classic_rules), Severity::Low)],
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-FWL-002",
            name: "fw-threat-intel-not-deny",
            severity: Severity::Medium,
            profile: Profile::Strict,
            title: "traffic to and from known malicious hosts is only logged",
            why: "The firewall knows the address and lets the connection through.",
            fix: "Set threat_intelligence_mode = \"Deny\" on the policy (threat_intel_mode on a firewall without one).",
            bad: policy!(""),
            good: policy!("  threat_intelligence_mode = \"Deny\"\n"),
            references: &["https://learn.microsoft.com/azure/firewall/threat-intel"],
            peers: &["CKV_AZURE_216", "PSRule Azure.Firewall.Mode", "PSRule Azure.Firewall.PolicyMode"],
            ..Meta::ROW
        },
        of: Of::Types(&[types::FIREWALL, types::FIREWALL_POLICY]),
        when: &[(Absent(POLICY), "its policy decides")],
        must: Is("properties.threatIntelMode", OneOf(&["Deny"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-FWL-003",
            name: "fw-idps-not-deny",
            severity: Severity::Medium,
            profile: Profile::Strict,
            title: "intrusion detection of the Premium firewall does not block",
            why: "Known exploits are recognised, logged and let through.",
            fix: "Set intrusion_detection { mode = \"Deny\" }.",
            exceptions: "The weeks in which its signatures are tuned.",
            bad: policy!("  sku = \"Premium\"\n"),
            good: policy!("  sku = \"Premium\"\n\n  intrusion_detection {\n    mode = \"Deny\"\n  }\n"),
            references: &["https://learn.microsoft.com/azure/firewall/premium-features"],
            peers: &["CKV_AZURE_220"],
            ..Meta::ROW
        },
        of: Of::Arm(types::FIREWALL_POLICY),
        when: &[(
            Any(&[Is("properties.sku.tier", OneOf(&["Premium"])), Is(IDPS, Set)]),
            "only the Premium tier has intrusion detection",
        )],
        must: Is(IDPS, OneOf(&["Deny"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-FWL-004",
            name: "fw-no-zones",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the firewall names no zones",
            why: "All traffic through it stops when the zone that it stands in fails.",
            fix: "Set zones = [\"1\", \"2\", \"3\"]. The firewall is replaced.",
            bad: firewall!(""),
            good: firewall!("\n  zones = [\"1\", \"2\", \"3\"]\n"),
            references: &["https://learn.microsoft.com/azure/reliability/reliability-firewall"],
            peers: &["PSRule Azure.Firewall.AvailabilityZone"],
            ..Meta::ROW
        },
        of: Of::Arm(types::FIREWALL),
        when: &[ZONED],
        must: Is("zones", Filled),
        ..Attribute::ROW
    },
];
