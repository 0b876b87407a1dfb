//! X-026: the whole way from the Internet to what runs, for each public address in use.

use super::open_backend::balanced;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::addresses::Ranges;
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::rule_sets::Flow;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::nsg::exposure::named;
use crate::analysis::rules::{Check, Meta, Outcome, Outcomes, Profile};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

/// Rules whose failure makes a way one that should be closed.
const CLOSED_BY: [&str; 2] = ["TU-NSG-021", "TU-X-024"];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-026",
        name: "exposure-path",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "a way leads from the Internet to a guarded port of a machine or node",
        why: "Address, frontend, security groups and subnet are each told on their own elsewhere; here is the way as a \
              whole, with the ports that are open on it. A way on which nothing is wrong is told in the note of a pass.",
        fix: "Close the port in the security group that the way names, or take the public address away.",
        exceptions: "",
        bad: balanced!(
            r#"
resource "azurerm_network_security_group" "machines" {
  name                = "nsg-machines"
  location            = "westeurope"
  resource_group_name = "rg-example"

  security_rule {
    name                       = "all"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "Internet"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_subnet_network_security_group_association" "machines" {
  subnet_id                 = azurerm_subnet.machines.id
  network_security_group_id = azurerm_network_security_group.machines.id
}

resource "azurerm_network_interface_security_group_association" "machine" {
  network_interface_id      = azurerm_network_interface.machine.id
  network_security_group_id = azurerm_network_security_group.machines.id
}

resource "azurerm_lb_nat_rule" "ssh" {
  name                           = "ssh"
  resource_group_name            = "rg-example"
  loadbalancer_id                = azurerm_lb.example.id
  frontend_ip_configuration_name = "public"
  protocol                       = "Tcp"
  frontend_port                  = 2222
  backend_port                   = 22
}

resource "azurerm_network_interface_nat_rule_association" "machine" {
  network_interface_id  = azurerm_network_interface.machine.id
  ip_configuration_name = "ipconfig"
  nat_rule_id           = azurerm_lb_nat_rule.ssh.id
}
"#
        ),
        good: balanced!(""),
        references: &[
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
        ],
        ..Meta::ROW
    },
    check,
};

/// A way from a public address.
struct Way {
    /// What it passes, in words.
    text: String,
    /// Addresses of what it passes that other rules judge.
    passes: Vec<String>,
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let failed = |o: &&Outcome| CLOSED_BY.contains(&o.rule) && o.is_failure();
    let said = graph.verdicts();
    let failed: Vec<&Outcome> = said.outcomes.iter().chain(&said.beside).filter(failed).collect();
    // Of a prefix nodes take their addresses.
    for address in graph.of_type(types::PUBLIC_IP).chain(graph.of_type(types::PUBLIC_IP_PREFIX)) {
        let ways = ways(graph, address);
        if ways.is_empty() {
            out.skip(address, "nothing of this root uses it to let something in");
            continue;
        }
        let all: Vec<&str> = ways.iter().map(|w| &*w.text).collect();
        let wrong = ways.iter().find_map(|way| {
            let outcome = failed.iter().find(|o| way.passes.iter().any(|a| **a == *o.address))?;
            Some((way, *outcome))
        });
        let outcome = match wrong {
            None => out.pass(address),
            Some((way, found)) => {
                let text = format!("{}: {}", way.text, found.verdict.text());
                out.fail(address, None, text).because(found.span, "what lets it through")
            }
        };
        outcome.note(all.join("; "));
    }
}

/// The ways that begin at a public address.
fn ways(graph: &Graph<'_>, address: &Document) -> Vec<Way> {
    let is_it = |value: Option<&Value>| graph.id(value).as_ref() == Some(&address.id);
    let mut found = Vec::new();
    let frontends = |d: &Document, list: &str| {
        d.items(list).iter().any(|f| is_it(get(f, "properties.publicIPAddress.id")))
    };
    for interface in graph.of_type(types::NIC) {
        if frontends(interface, "properties.ipConfigurations") {
            found.push(to_interface(graph, address.name(), interface));
        }
    }
    for balancer in graph.of_type(types::LOAD_BALANCER) {
        if !frontends(balancer, "properties.frontendIPConfigurations") {
            continue;
        }
        let start = format!("{} → load balancer {}", address.name(), balancer.name());
        for backend in graph.behind_balancer(balancer) {
            found.push(match backend.interface {
                Some(interface) => to_interface(graph, &start, interface),
                None => into_subnet(graph, format!("{start} → {}", backend.name), &backend.subnet),
            });
        }
    }
    for gateway in graph.of_type(types::APPLICATION_GATEWAY) {
        if !frontends(gateway, "properties.frontendIPConfigurations") {
            continue;
        }
        let waf = gateway.str("properties.sku.tier").is_some_and(|t| t.to_ascii_uppercase().contains("WAF"));
        let kind = if waf { "with" } else { "without" };
        let start =
            format!("{} → application gateway {} ({kind} a firewall)", address.name(), gateway.name());
        let behind = graph.behind_gateway(gateway);
        if behind.is_empty() {
            found.push(Way { text: start.clone(), passes: Vec::new() });
        }
        for backend in behind {
            found.push(into_subnet(graph, format!("{start} → {}", backend.name), &backend.subnet));
        }
    }
    for firewall in graph.of_type(types::FIREWALL) {
        if frontends(firewall, "properties.ipConfigurations") {
            let text = format!("{} → firewall {}", address.name(), firewall.name());
            found.push(Way { text, passes: Vec::new() });
        }
    }
    for pool in graph.all_pools().filter(|p| is_it(p.document.get("properties.nodePublicIPPrefixID"))) {
        let subnet = graph.link(pool.document.get("properties.vnetSubnetID"));
        found.push(into_subnet(
            graph,
            format!("{} → nodes {}", address.name(), pool.document.name()),
            &subnet,
        ));
    }
    found
}

fn to_interface<'a>(graph: &Graph<'a>, start: &str, interface: &'a Document) -> Way {
    let mut configurations = interface.items("properties.ipConfigurations").iter();
    let subnet = graph.link(configurations.find_map(|c| get(c, "properties.subnet.id")));
    let own = guard(graph, &graph.link(graph.attached(interface, Attachment::Group)));
    let mut way = into_subnet(graph, format!("{start} → {} ({own})", interface.name()), &subnet);
    way.passes.push(interface.label());
    way
}

fn into_subnet(graph: &Graph<'_>, start: String, subnet: &Link<'_>) -> Way {
    match subnet {
        Link::To(subnet) => {
            let group = guard(graph, &graph.link(graph.attached(subnet, Attachment::Group)));
            Way {
                text: format!("{start} → subnet {} ({group})", subnet.name()),
                passes: vec![subnet.label()],
            }
        }
        Link::Outside(what) | Link::Unknown(what) => {
            Way { text: format!("{start} → a subnet: {what}"), passes: Vec::new() }
        }
        Link::None => Way { text: start, passes: Vec::new() },
    }
}

/// What a security group lets in from the Internet, in words.
fn guard(graph: &Graph<'_>, group: &Link<'_>) -> String {
    let group = match group {
        Link::To(group) => group,
        Link::None => return "no group".to_owned(),
        Link::Outside(what) | Link::Unknown(what) => return format!("a group: {what}"),
    };
    let region = |flow: &Flow| Flow { sources: flow.sources.internet(), ..flow.clone() };
    let reach = graph.rules_of(&group.id).map(|set| set.reach(region));
    let open = reach.map(|r| Ranges::union_of(r.surely.iter().flat_map(|f| f.ports.iter())));
    match open {
        Some(open) if !open.is_empty() => format!("{} lets in {}", group.name(), named(&open)),
        _ => format!("{} lets nothing in", group.name()),
    }
}
