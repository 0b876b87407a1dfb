//! NSG-018: a Deny rule that never applies.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::nsg;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::addresses::{Ranges, ports};
use crate::analysis::rules::graph::rule_sets::{Flow, RuleSet, SecurityRule};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-NSG-018",
        name: "nsg-allow-shadows-deny",
        severity: Severity::High,
        profile: Profile::Default,
        title: "an earlier Allow rule matches first, so the Deny rule never applies",
        why: "Everyone sees the protection in review, but it is not in force: Azure takes the first rule that matches.",
        fix: "Give the Deny rule the lower priority number, or narrow the Allow rule.",
        exceptions: "",
        bad: nsg!(
            r#"
  security_rule {
    name                       = "allow-office"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = "10.0.0.0/8"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }

  security_rule {
    name                       = "deny-guests"
    priority                   = 200
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "10.9.0.0/16"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
"#
        ),
        good: nsg!(
            r#"
  security_rule {
    name                       = "deny-guests"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "10.9.0.0/16"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }

  security_rule {
    name                       = "allow-office"
    priority                   = 200
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = "10.0.0.0/8"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
"#
        ),
        references: &[
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
        ],
        peers: &[],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    // What an earlier Allow rule should not open to the Internet.
    let management = super::ports::set(&[super::ports::MANAGEMENT_PORTS]);
    let guarded = management.or(&super::ports::sensitive(graph.parameters));
    for set in graph.rule_sets() {
        for deny in set.rules.iter().filter(|r| r.allow != Some(true)) {
            if deny.allow.is_none() || deny.inbound.is_none() || deny.priority.is_none() {
                let why = deny.unknown.clone().unwrap_or_else(|| "part of the rule is not known".into());
                out.unknown(deny.document, why);
                continue;
            }
            if deny.most.is_everything() {
                out.skip(deny.document, "a final Deny of everything is meant to come last");
                continue;
            }
            judge(deny, set, &guarded, out);
        }
    }
}

fn judge<'a>(deny: &SecurityRule<'a>, set: &RuleSet<'a>, guarded: &Ranges, out: &mut Outcomes<'_>) {
    let earlier = || set.rivals(deny);
    let certain =
        |r: &&SecurityRule<'_>| r.allow == Some(true) && r.inbound.is_some() && r.priority.is_some();
    let name = || deny.document.name();
    let block = |r: &SecurityRule<'_>| r.document.declared.as_ref().map(|d| d.block);
    let covers = |r: &&SecurityRule<'_>| r.may_cover(deny) && r.least.covers(&deny.most);
    if let Some(allow) = earlier().filter(certain).find(|r| covers(r) && !deny.most.is_empty()) {
        let text = format!(
            "{} never applies: {} with priority {} matches all of it first",
            name(),
            allow.document.name(),
            allow.priority.unwrap_or_default()
        );
        out.fail(deny.document, None, text).because(block(allow), "this rule comes first");
        return;
    }
    // A Deny of all ports is a final one of its kind; one of harmless ports guards nothing.
    let guards = deny.least.ports.meets(guarded) && !deny.least.ports.covers(&ports("*"));
    let exposes = |r: &&SecurityRule<'_>| exposes(&r.least, &deny.least, guarded);
    let partly = if guards { earlier().filter(certain).find(exposes) } else { None };
    if let Some(allow) = partly {
        let text =
            format!("{} applies only in part: {} lets the Internet in first", name(), allow.document.name());
        out.fail(deny.document, None, text)
            .severity(Severity::Medium)
            .because(block(allow), "this rule comes first");
        return;
    }
    let unsure = || earlier().find(|r| r.most.covers(&deny.least) && !deny.least.is_empty());
    match (!set.is_known()).then(unsure).flatten() {
        Some(allow) if allow.unknown.is_some() || deny.unknown.is_some() => {
            let why = allow.unknown.clone().or_else(|| deny.unknown.clone());
            out.unknown(deny.document, why.unwrap_or_default())
        }
        _ => out.pass(deny.document),
    };
}

/// True when an Allow rule lets the Internet in on one of some ports that the other denies.
fn exposes(allow: &Flow, deny: &Flow, guarded: &Ranges) -> bool {
    allow.sources.is_internet()
        && allow.ports.meets(guarded)
        && Flow { sources: allow.sources.internet(), ports: allow.ports.and(guarded), ..allow.clone() }
            .meets(deny)
}
