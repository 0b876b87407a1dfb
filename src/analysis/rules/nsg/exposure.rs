//! NSG-001, 002, 003, 007 and 008: ports that the Internet reaches.

use super::ports::{self, ALL_PORTS, CONTROL_PORTS, DOUBTFUL_PORTS, NODE_PORTS};
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::nsg;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::addresses::{Ranges, TCP, UDP};
use crate::analysis::rules::graph::rule_sets::{Flow, RuleSet, SecurityRule};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};

pub(super) static ANY: Check = Check {
    meta: Meta {
        id: "TU-NSG-001",
        name: "nsg-any-inbound-from-internet",
        severity: Severity::Critical,
        profile: Profile::Default,
        title: "every port is open to the Internet",
        why: "Everything behind this security group is exposed, also what is started there tomorrow.",
        fix: "Name the sources and the ports that are meant.",
        exceptions: "",
        bad: nsg!(
            r#"
  security_rule {
    name                       = "allow-all"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
"#
        ),
        good: nsg!(
            r#"
  security_rule {
    name                       = "allow-https"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "443"
  }
"#
        ),
        references: &[
            "CIS Azure 6.0 7.1",
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
        ],
        peers: &["AZU-0047", "PSRule Azure.NSG.AnyInboundSource", "Terrascan AC_AZURE_0357"],
    },
    check: any,
};

pub(super) static SSH: Check = Check {
    meta: Meta {
        id: "TU-NSG-002",
        name: "nsg-ssh-from-internet",
        severity: Severity::Critical,
        profile: Profile::Default,
        title: "SSH (port 22) is open to the Internet",
        why: "Port 22 of every public address is tried within minutes, and again with each leaked key or new \
              vulnerability.",
        fix: "Set source_address_prefix to an administrators' range, or use Azure Bastion.",
        exceptions: "",
        bad: nsg!(
            r#"
  security_rule {
    name                       = "allow-ssh"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "Internet"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "22"
  }
"#
        ),
        good: nsg!(
            r#"
  security_rule {
    name                       = "allow-ssh"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "203.0.113.0/24"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "22"
  }
"#
        ),
        references: &[
            "CIS Azure 6.0 7.2",
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
        ],
        peers: &[
            "CKV_AZURE_10",
            "AZU-0050",
            "KICS ssh_is_exposed_to_the_internet",
            "Terrascan AC_AZURE_0285",
        ],
    },
    check: ssh,
};

pub(super) static RDP: Check = Check {
    meta: Meta {
        id: "TU-NSG-003",
        name: "nsg-rdp-from-internet",
        severity: Severity::Critical,
        profile: Profile::Default,
        title: "RDP (port 3389) is open to the Internet",
        why: "It is the usual way in for ransomware.",
        fix: "Set source_address_prefix to an administrators' range, or use Azure Bastion.",
        exceptions: "",
        bad: nsg!(
            r#"
  security_rule {
    name                       = "allow-rdp"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "0.0.0.0/0"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_ranges    = ["443", "3380-3390"]
  }
"#
        ),
        good: nsg!(
            r#"
  security_rule {
    name                       = "deny-rdp"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "Internet"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "3389"
  }

  security_rule {
    name                       = "allow-web"
    priority                   = 200
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "0.0.0.0/0"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_ranges    = ["443", "3380-3390"]
  }
"#
        ),
        references: &[
            "CIS Azure 6.0 7.1",
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
        ],
        peers: &["CKV_AZURE_9", "AZU-0048", "KICS rdp_is_exposed_to_the_internet", "Terrascan AC_AZURE_0342"],
    },
    check: rdp,
};

pub(super) static SENSITIVE: Check = Check {
    meta: Meta {
        id: "TU-NSG-007",
        name: "nsg-sensitive-port-from-internet",
        severity: Severity::High,
        profile: Profile::Default,
        title: "a management or data port is open to the Internet",
        why: "Databases, caches and administrators' pages are found and tried by scanners, and many have no password \
              of their own.",
        fix: "Name the sources, or reach the service over a private endpoint.",
        exceptions: "",
        bad: nsg!(
            r#"
  security_rule {
    name                       = "allow-postgres"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "5432"
  }
"#
        ),
        good: nsg!(
            r#"
  security_rule {
    name                       = "allow-postgres"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "VirtualNetwork"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "5432"
  }
"#
        ),
        references: &[
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
        ],
        peers: &["AZU-0074", "KICS sensitive_port_is_exposed_to_entire_network", "Terrascan AC_AZURE_0270"],
    },
    check: sensitive,
};

pub(super) static KUBERNETES: Check = Check {
    meta: Meta {
        id: "TU-NSG-008",
        name: "nsg-kubernetes-ports-from-internet",
        severity: Severity::Critical,
        profile: Profile::Default,
        title: "Kubernetes ports are open to the Internet",
        why: "Who reaches the kubelet or etcd owns the cluster; node ports bypass the ingress and its firewall.",
        fix: "Remove the rule: load balancers open what services need by themselves.",
        exceptions: "",
        bad: nsg!(
            r#"
  security_rule {
    name                       = "allow-kubelet"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "Internet"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "10250"
  }
"#
        ),
        good: nsg!(
            r#"
  security_rule {
    name                       = "allow-kubelet"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "10.0.0.0/8"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "10250"
  }
"#
        ),
        references: &[
            "CIS AKS 1.7 3.2",
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
        ],
        peers: &[],
    },
    check: kubernetes,
};

/// What an Allow rule lets in from the Internet on some ports.
pub(super) fn inbound(flow: &Flow, protocols: &Ranges, ports: &Ranges) -> Flow {
    if !flow.ports.meets(ports) || !flow.protocols.meets(protocols) || !flow.sources.is_internet() {
        return Flow::none();
    }
    Flow {
        sources: flow.sources.internet(),
        protocols: flow.protocols.and(protocols),
        ports: flow.ports.and(ports),
        ..flow.clone()
    }
}

pub(super) fn tcp() -> Ranges {
    Ranges::of(TCP, TCP)
}

pub(super) fn ports_of(flows: &[Flow]) -> Ranges {
    Ranges::union_of(flows.iter().flat_map(|f| f.ports.iter()))
}

/// Whether NSG-001 fires on a rule.
fn any_port(set: &RuleSet<'_>, rule: &SecurityRule<'_>) -> bool {
    let force = set.force(rule, |f| inbound(f, &tcp(), &ports::all()));
    ports_of(&force.surely).count() >= ALL_PORTS
}

/// Every rule that lets something in; of the others, and of groups without rules, it is said why they are not judged.
fn each_inbound_allow<'a>(
    graph: &'a Graph<'_>,
    out: &mut Outcomes<'_>,
    mut each: impl FnMut(&'a RuleSet<'_>, &'a SecurityRule<'_>, &mut Outcomes<'_>),
) {
    for set in graph.rule_sets() {
        match (set.group, &set.open) {
            (Some(group), Some(why)) => {
                out.unknown(group, format!("its rules: {why}"));
            }
            (Some(group), None) if set.rules.is_empty() => {
                out.skip(group, "it has no rules in this root");
            }
            _ => {}
        }
        for rule in &set.rules {
            if rule.allow == Some(false) || rule.inbound == Some(false) {
                out.skip(rule.document, "not an inbound Allow rule");
                continue;
            }
            each(set, rule, out);
        }
    }
}

/// Judges every rule of an estate: `wanted` are the ports, `enough` how many of them are too many.
pub(super) fn judge(
    graph: &Graph<'_>,
    out: &mut Outcomes<'_>,
    protocols: &Ranges,
    wanted: &Ranges,
    enough: u128,
    wrong: impl Fn(&RuleSet<'_>, &SecurityRule<'_>, &Ranges) -> Option<Wrong>,
) {
    each_inbound_allow(graph, out, |set, rule, out| {
        let region = |flow: &Flow| inbound(flow, protocols, wanted);
        // Too few ports are none that are told, whatever is in force.
        if !out.keeps_passes() && region(&rule.most).ports.count() < enough {
            out.pass(rule.document);
            return;
        }
        let force = set.force(rule, region);
        let open = ports_of(&force.surely);
        let perhaps = ports_of(&force.perhaps);
        let found = (open.count() >= enough).then(|| wrong(set, rule, &open)).flatten();
        if let Some(found) = found {
            let outcome = out.fail(rule.document, rule.source(), found.text);
            outcome.severity(found.severity);
            outcome.told_by = found.told_by;
        } else if perhaps.count() >= enough && open.count() < enough {
            let why = force.unknown.unwrap_or_else(|| "part of the rule is not known".into());
            out.unknown(rule.document, why);
        } else {
            let shut = out.keeps_passes() && force.perhaps.is_empty();
            let shadow = if shut { set.shadow(rule, region) } else { None };
            let outcome = out.pass(rule.document);
            if let Some(shadow) = shadow {
                outcome.note(format!("shadowed by {}", shadow.name()));
            }
        }
    });
}

/// Judges every rule by the part of it that lies in a region and is in force: `wrong` says what is, after
/// the name of the rule.
pub(super) fn judge_all(
    graph: &Graph<'_>,
    out: &mut Outcomes<'_>,
    region: impl Fn(&Flow) -> Flow,
    wrong: impl Fn(&[Flow]) -> Option<String>,
) {
    each_inbound_allow(graph, out, |set, rule, out| {
        let force = set.force(rule, &region);
        if let Some(text) = wrong(&force.surely) {
            out.fail(rule.document, rule.source(), format!("{} {text}", rule.document.name()));
        } else if wrong(&force.perhaps).is_some() || rule.sources_unknown() {
            let why = force.unknown.unwrap_or_else(|| "part of the rule is not known".into());
            out.unknown(rule.document, why);
        } else {
            out.pass(rule.document);
        }
    });
}

/// What a rule does wrong.
pub(super) struct Wrong {
    pub(super) text: String,
    pub(super) severity: Severity,
    pub(super) told_by: Option<&'static str>,
}

fn any(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    judge(graph, out, &tcp(), &ports::all(), ALL_PORTS, |_, rule, _| {
        let text = format!("{} lets the Internet in on every port", rule.document.name());
        Some(Wrong { text, severity: Severity::Critical, told_by: None })
    });
}

fn ssh(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    one_port(graph, out, 22, "SSH");
}

fn rdp(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    one_port(graph, out, 3389, "RDP");
}

fn one_port(graph: &Graph<'_>, out: &mut Outcomes<'_>, port: u128, what: &str) {
    port_open(graph, out, port, what, Severity::Critical);
}

/// Judges one port of TCP; a rule that opens all ports is another rule's to tell.
pub(super) fn port_open(
    graph: &Graph<'_>,
    out: &mut Outcomes<'_>,
    port: u128,
    what: &str,
    severity: Severity,
) {
    judge(graph, out, &tcp(), &Ranges::of(port, port), 1, |set, rule, _| {
        let text = format!("{} opens {what} (port {port}) to the Internet", rule.document.name());
        let told_by = any_port(set, rule).then_some(ANY.meta.id);
        Some(Wrong { text, severity, told_by })
    });
}

/// Judges lists of ports, the graver first; a rule that opens all ports is another rule's.
fn lists(graph: &Graph<'_>, out: &mut Outcomes<'_>, graver: (Ranges, Severity), milder: (Ranges, Severity)) {
    let (grave, mild) = (graver.0, milder.0);
    let protocols = tcp().or(&Ranges::of(UDP, UDP));
    judge(graph, out, &protocols, &grave.or(&mild), 1, |_, rule, open| {
        if rule.least.ports.count() >= ALL_PORTS {
            return None;
        }
        let (open, severity) = if open.and(&grave).is_empty() {
            (open.and(&mild), milder.1)
        } else {
            (open.and(&grave), graver.1)
        };
        let text = format!("{} opens {} to the Internet", rule.document.name(), named(&open));
        Some(Wrong { text, severity, told_by: None })
    });
}

/// `port 22` or `ports 20-21, 23 and 4 more`.
pub(in crate::analysis::rules) fn named(ports: &Ranges) -> String {
    const SHOWN: usize = 4;
    let one = |(first, last): (u128, u128)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    let all: Vec<String> = ports.iter().map(one).collect();
    let word = if ports.count() == 1 { "port" } else { "ports" };
    let rest = all.len().saturating_sub(SHOWN);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{word} {}{more}", all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", "))
}

fn sensitive(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let sensitive = ports::sensitive(graph.parameters);
    lists(graph, out, (sensitive, Severity::High), (ports::set(&[DOUBTFUL_PORTS]), Severity::Low));
}

fn kubernetes(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let (control, nodes) = (ports::set(&[CONTROL_PORTS]), ports::set(&[NODE_PORTS]));
    lists(graph, out, (control, Severity::Critical), (nodes, Severity::High));
}
