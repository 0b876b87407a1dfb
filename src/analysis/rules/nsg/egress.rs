//! NSG-011, NSG-013: what goes out.

use super::{DOCS, one_rule, ports, with_nodes};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::addresses::{Addresses, Ranges, TCP, protocols};
use crate::analysis::rules::graph::places::{Attachment, Tenant};
use crate::analysis::rules::graph::rule_sets::Flow;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::types;

pub(super) static ANY: Check = Check {
    meta: Meta {
        id: "TU-NSG-011",
        name: "nsg-any-egress",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "a rule allows all traffic to the Internet",
        why: "Azure's default rules allow it already; the rule only gets in the way of a Deny rule that somebody adds \
              after it.",
        fix: "Remove the rule, or deny what goes to the Internet and allow what is needed before that.",
        exceptions: "",
        bad: one_rule!("Outbound", "Allow", "*", "*", "Internet", "*"),
        good: one_rule!("Outbound", "Allow", "Tcp", "*", "Internet", "443"),
        references: &[DOCS],
        peers: &["AZU-0051"],
    },
    check: any,
};

pub(super) static LATERAL: Check = Check {
    meta: Meta {
        id: "TU-NSG-013",
        name: "nsg-lateral-movement",
        severity: Severity::Medium,
        profile: Profile::Strict,
        title: "nodes or machines may open SSH and RDP connections to the rest of the network",
        why: "Whoever takes over one of them tries the others next.",
        fix: "Deny outbound TCP 22 and 3389 to VirtualNetwork.",
        exceptions: "Subnets of jump hosts.",
        bad: one_rule!("Outbound", "Deny", "Tcp", "*", "VirtualNetwork", "22", with_nodes!()),
        good: one_rule!("Outbound", "Deny", "Tcp", "*", "VirtualNetwork", "20-4000", with_nodes!()),
        references: &[DOCS],
        peers: &["PSRule Azure.NSG.LateralTraversal"],
    },
    check: lateral,
};

fn any(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let open = |flow: &Flow| {
        flow.destinations.is_internet()
            && flow.ports.covers(&ports::all())
            && flow.protocols.covers(&protocols("*"))
    };
    for set in graph.rule_sets() {
        for rule in &set.rules {
            if rule.allow == Some(false) || rule.inbound == Some(true) {
                out.skip(rule.document, "not an outbound Allow rule");
            } else if rule.allow.is_some() && rule.inbound.is_some() && open(&rule.least) {
                let text = format!("{} allows all traffic to the Internet", rule.document.name());
                out.fail(rule.document, None, text);
            } else if open(&rule.most) {
                let why = rule.unknown.clone().unwrap_or_else(|| "part of the rule is not known".into());
                out.unknown(rule.document, why);
            } else {
                out.pass(rule.document);
            }
        }
    }
}

fn lateral(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let places = graph.places();
    for group in graph.of_type(types::NSG) {
        let mut attached = places.attached(Attachment::Group, &group.id).iter();
        let kinds = [Tenant::Nodes, Tenant::Interface, Tenant::ScaleSet];
        if !attached.any(|host| host.is(types::NIC) || places.has(&host.id, &kinds)) {
            out.skip(group, "it guards no nodes or machines of this root");
            continue;
        }
        let Some(set) = graph.rules_of(&group.id) else { continue };
        let denied = Truth::all([22, 3389].map(|port| {
            Truth::any(set.rules.iter().map(|rule| {
                let wanted = Flow {
                    sources: Addresses::named("VirtualNetwork"),
                    destinations: Addresses::named("VirtualNetwork"),
                    protocols: Ranges::of(TCP, TCP),
                    source_ports: ports::all(),
                    ports: Ranges::of(port, port),
                };
                let covers = |flow: &Flow| {
                    // Whichever hosts it is about, a rule that denies the port to the network was meant so.
                    Flow {
                        sources: Addresses::all(),
                        destinations: flow.destinations.widened_to(&wanted.destinations),
                        ..flow.clone()
                    }
                    .covers(&wanted)
                };
                let denies = rule.allow != Some(true) && rule.inbound != Some(true);
                let sure = rule.allow == Some(false) && rule.inbound == Some(false);
                match (denies && covers(&rule.most), sure && covers(&rule.least)) {
                    (_, true) => Truth::Yes,
                    (true, false) => Truth::Unknown(rule.unknown.clone().unwrap_or_default()),
                    (false, false) => Truth::No,
                }
            }))
        }));
        let denied = graph.closed_world(group, denied).unless(set.open.as_deref());
        out.judge(group, None, denied, LATERAL.meta.title);
    }
}
