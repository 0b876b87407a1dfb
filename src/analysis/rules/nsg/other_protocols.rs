//! NSG-025: protocols without ports are no open ports.

use super::{DOCS, one_rule};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes};

/// Protocols without ports.
const PORTLESS: [&str; 3] = ["Icmp", "Esp", "Ah"];
/// The last of the rules about ports that the Internet reaches.
const LAST: u32 = 9;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-NSG-025",
        name: "nsg-icmp-not-a-port-hole",
        severity: Severity::Info,
        title: "a rule for ICMP, ESP or AH alone opens no port, whatever ports it names",
        why: "Other tools tell a rule that lets pings in as open SSH. Here such a rule passes the rules NSG-001 to NSG-009, and \
              this entry says so of each.",
        fix: "Nothing is to be done.",
        bad: one_rule!("Inbound", "Allow", "Icmp", "*", "*", "*"),
        good: one_rule!("Inbound", "Allow", "Tcp", "10.0.0.0/8", "*", "443"),
        references: &[DOCS],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for rule in graph.rule_sets().iter().flat_map(|set| &set.rules) {
        let protocol = rule.document.str("properties.protocol").unwrap_or_default();
        if !PORTLESS.iter().any(|p| p.eq_ignore_ascii_case(protocol)) || rule.inbound != Some(true) {
            continue;
        }
        let address = rule.document.label();
        let inline = rule.document.declared.as_ref().is_some_and(|d| !d.inline.is_empty());
        let told = graph.outcomes().iter().find(|o| {
            let number = o.rule.strip_prefix("TU-NSG-").and_then(|n| n.parse::<u32>().ok());
            number.is_some_and(|n| n <= LAST) && o.is_failure() && !inline && o.address == address
        });
        match told {
            Some(other) => out.fail(rule.document, None, format!("{} calls it an open port", other.rule)),
            None => out.pass(rule.document),
        };
    }
}
