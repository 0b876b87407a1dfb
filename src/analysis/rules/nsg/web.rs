//! NSG-004 to NSG-006: HTTP, HTTPS and UDP from the Internet.

use super::exposure::{Wrong, judge, named, port_open};
use super::ports::{self, ALL_PORTS, AMPLIFIERS};
use super::{DOCS, one_rule, with_nodes};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::addresses::{Ranges, UDP as UDP_NUMBER};
use crate::analysis::rules::graph::places::{Attachment, Tenant};
use crate::analysis::rules::graph::rule_sets::RuleSet;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::azure::types;

pub(super) static HTTP: Check = Check {
    meta: Meta {
        id: "TU-NSG-004",
        name: "nsg-http-from-internet",
        severity: Severity::Medium,
        profile: Profile::Strict,
        title: "HTTP (port 80) is open to the Internet",
        why: "What is sent there travels in clear text.",
        fix: "Close port 80, or let only a gateway that redirects to HTTPS have it.",
        exceptions: "Port 80 that only redirects, or answers the challenges of a certificate authority.",
        bad: one_rule!("Inbound", "Allow", "Tcp", "Internet", "*", "80"),
        good: one_rule!("Inbound", "Allow", "Tcp", "Internet", "*", "443"),
        references: &["CIS Azure 6.0 7.4", DOCS],
        peers: &["CKV_AZURE_160"],
    },
    check: |graph, out| port_open(graph, out, 80, "HTTP", Severity::Medium),
};

pub(super) static HTTPS: Check = Check {
    meta: Meta {
        id: "TU-NSG-005",
        name: "nsg-https-from-internet",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "HTTPS (port 443) of nodes or machines is open to the Internet",
        why: "Requests reach them past any web application firewall.",
        fix: "Let only the subnet of an application gateway, or AzureFrontDoor.Backend, reach port 443.",
        exceptions: "Ingress controllers that are meant to face the Internet.",
        bad: one_rule!("Inbound", "Allow", "Tcp", "Internet", "*", "443", with_nodes!()),
        good: one_rule!("Inbound", "Allow", "Tcp", "AzureFrontDoor.Backend", "*", "443", with_nodes!()),
        references: &["CIS Azure 6.0 7.4"],
        ..Meta::ROW
    },
    check: https,
};

pub(super) static UDP: Check = Check {
    meta: Meta {
        id: "TU-NSG-006",
        name: "nsg-udp-from-internet",
        severity: Severity::High,
        profile: Profile::Default,
        title: "UDP is open to the Internet",
        why: "UDP services answer forged senders: they are used to flood others, and are found by scanners.",
        fix: "Name the sources, or remove the rule.",
        exceptions: "Services that are meant to speak UDP with everybody, such as media or QUIC.",
        bad: one_rule!("Inbound", "Allow", "Udp", "Internet", "*", "161"),
        good: one_rule!("Inbound", "Allow", "Udp", "203.0.113.0/24", "*", "161"),
        references: &["CIS Azure 6.0 7.3", DOCS],
        peers: &["CKV_AZURE_77"],
    },
    check: udp,
};

/// Tenants to which the Internet should come through something else.
const SERVERS: [Tenant; 3] = [Tenant::Nodes, Tenant::Interface, Tenant::ScaleSet];

fn https(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let tcp = super::exposure::tcp();
    judge(graph, out, &tcp, &Ranges::of(443, 443), 1, |set, rule, _| {
        guards_servers(graph, set).then(|| Wrong {
            text: format!(
                "{} opens HTTPS (port 443) of nodes or machines to the Internet",
                rule.document.name()
            ),
            severity: Severity::Info,
            told_by: None,
        })
    });
}

/// True when the group is attached to nodes or machines, or to a subnet of them.
fn guards_servers(graph: &Graph<'_>, set: &RuleSet<'_>) -> bool {
    let Some(group) = set.group else { return false };
    let places = graph.places();
    let mut attached = places.attached(Attachment::Group, &group.id).iter();
    attached.any(|host| host.is(types::NIC) || places.has(&host.id, &SERVERS))
}

fn udp(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let one = Ranges::of(UDP_NUMBER, UDP_NUMBER);
    let amplifiers = ports::set(&[AMPLIFIERS]);
    judge(graph, out, &one, &ports::all(), 1, |_, rule, open| {
        // All protocols: an opening of some UDP service is meant only where its port is named.
        let every_protocol = rule.least.protocols.count() > 1;
        if every_protocol && (rule.least.ports.count() >= ALL_PORTS || open.and(&amplifiers).is_empty()) {
            return None;
        }
        let grave = !open.and(&amplifiers).is_empty();
        let what = if open.count() >= ALL_PORTS { "all ports".to_owned() } else { named(open) };
        Some(Wrong {
            text: format!("{} opens UDP {what} to the Internet", rule.document.name()),
            severity: if grave { Severity::High } else { Severity::Medium },
            told_by: None,
        })
    });
}
