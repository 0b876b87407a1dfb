//! NSG-025: protocols without ports are no open ports.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::{DOCS, one_rule};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::addresses::Ranges;
use crate::analysis::rules::{Check, Meta, Outcomes};

/// Protocols without ports: ICMP, ESP and AH.
const PORTLESS: [u128; 3] = [1, 50, 51];
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
    // The rule that calls an address an open port, where one does.
    let open: OnceCell<HashMap<&str, &'static str>> = OnceCell::new();
    let read = || {
        let about_ports = |rule: &str| {
            let number = rule.strip_prefix("TU-NSG-").and_then(|n| n.parse::<u32>().ok());
            number.is_some_and(|n| n <= LAST)
        };
        let told = graph.verdicts().outcomes.iter().rev();
        told.filter(|o| o.is_failure() && about_ports(o.rule)).map(|o| (&*o.address, o.rule)).collect()
    };
    for rule in graph.rule_sets().iter().flat_map(|set| &set.rules) {
        let portless = PORTLESS.iter().any(|p| rule.most.protocols == Ranges::of(*p, *p));
        if !portless || rule.inbound != Some(true) {
            continue;
        }
        let inline = rule.document.declared.as_ref().is_some_and(|d| !d.inline.is_empty());
        let told = open.get_or_init(read).get(&**rule.document.shared_label()).filter(|_| !inline);
        match told {
            Some(other) => out.fail(rule.document, None, format!("{other} calls it an open port")),
            None => out.pass(rule.document),
        };
    }
}
