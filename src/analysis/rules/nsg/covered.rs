//! NSG-019, NSG-020: rules that never match, or that change nothing.

use super::DOCS;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::rule_sets::{RuleSet, SecurityRule};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};

/// Priorities of Azure's own rules begin here.
const DEFAULT_RULES: i64 = 65_000;

pub(super) static SHADOWED: Check = Check {
    meta: Meta {
        id: "TU-NSG-019",
        name: "nsg-shadowed-rule",
        severity: Severity::Low,
        profile: Profile::Default,
        title: "the rule can never match: earlier rules decide all of it",
        why: "Whoever wrote it believes that it does something.",
        fix: "Delete it, or move it before the rules that cover it.",
        exceptions: "",
        bad: pair!("Deny", "Allow"),
        good: pair!("Deny", "Allow", "8443"),
        references: &[DOCS],
        peers: &[],
    },
    check: |graph, out| check(graph, out, true),
};

pub(super) static REDUNDANT: Check = Check {
    meta: Meta {
        id: "TU-NSG-020",
        name: "nsg-redundant-rule",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "earlier rules already do all that the rule does",
        why: "It has to be read and kept, and changes nothing.",
        fix: "Delete it: the earlier rules stay in force.",
        exceptions: "",
        bad: pair!("Allow", "Allow"),
        good: pair!("Allow", "Allow", "8443"),
        references: &[DOCS],
        peers: &[],
    },
    check: |graph, out| check(graph, out, false),
};

/// Two rules on a port each: the actions, and the port of the second.
macro_rules! pair {
    ($first:literal, $second:literal) => {
        pair!($first, $second, "443")
    };
    ($first:literal, $second:literal, $port:literal) => {
        concat!(
            super::one_rule!("Inbound", $first, "Tcp", "VirtualNetwork", "*", "443"),
            r#"
resource "azurerm_network_security_rule" "second" {
  name                        = "second"
  resource_group_name         = "rg-example"
  network_security_group_name = azurerm_network_security_group.example.name
  priority                    = 200
  direction                   = "Inbound"
  access                      = ""#,
            $second,
            r#""
  protocol                    = "Tcp"
  source_address_prefix       = "VirtualNetwork"
  source_port_range           = "*"
  destination_address_prefix  = "*"
  destination_port_range      = ""#,
            $port,
            "\"\n}\n"
        )
    };
}
use pair;

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>, by_other_action: bool) {
    for set in graph.rule_sets() {
        for (rule, decided) in set.rules.iter().zip(set.decided()) {
            if rule.priority.is_none() || rule.inbound.is_none() || rule.allow.is_none() {
                let why = rule.unknown.clone().unwrap_or_else(|| "part of the rule is not known".into());
                out.unknown(rule.document, why);
                continue;
            }
            judge(set, rule, *decided, by_other_action, out);
        }
    }
}

fn judge<'a>(
    set: &RuleSet<'a>,
    rule: &SecurityRule<'a>,
    decided: bool,
    by_other_action: bool,
    out: &mut Outcomes<'_>,
) {
    let final_deny = rule.allow == Some(false) && rule.most.is_everything();
    if final_deny || rule.most.is_empty() || rule.priority >= Some(DEFAULT_RULES) {
        out.pass(rule.document);
        return;
    }
    let action = if by_other_action { None } else { rule.allow };
    let earlier = || set.earlier(rule, action);
    let other_action = || {
        let mut others = set.earlier(rule, rule.allow.map(|allow| !allow));
        others.find(|e| e.least.meets(&rule.most))
    };
    let same_action = || rule.most.is_covered(earlier().map(|e| &*e.least));
    // What earlier rules of any action do not decide, those of one do not.
    let first = match (decided, by_other_action) {
        (false, _) => None,
        (true, true) => other_action(),
        (true, false) if same_action() => earlier().next(),
        (true, false) => None,
    };
    if let Some(first) = first {
        let (name, other) = (rule.document.name(), first.document.name());
        let text = match (by_other_action, earlier().nth(1).is_none()) {
            (true, true) => format!("{name} can never match: {other} decides all of it"),
            (true, false) => format!("{name} can never match: {other} and others decide all of it"),
            (false, _) => format!("{name} changes nothing: {other} does the same before it"),
        };
        let block = first.document.declared.as_ref().map(|d| d.block);
        let outcome = out.fail(rule.document, None, text);
        outcome.because(block, "this rule comes first");
        // A Deny behind an Allow is told by the rule about protections that are not in force.
        if by_other_action && rule.allow == Some(false) {
            outcome.told_by = Some(super::shadowed::RULE.meta.id);
        }
        return;
    }
    let unknown = || earlier().find_map(|e| e.unknown.clone()).or_else(|| rule.unknown.clone());
    let may_be = || rule.least.is_covered(earlier().map(|e| &*e.most));
    match if set.is_known() { None } else { unknown() } {
        // Of what a rule matches nothing may be certain; it is what an earlier one may match, then.
        Some(why) if rule.least.is_empty() && earlier().next().is_some() => out.unknown(rule.document, why),
        Some(why) if !rule.least.is_empty() && may_be() => out.unknown(rule.document, why),
        _ => out.pass(rule.document),
    };
}
