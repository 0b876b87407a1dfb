//! NSG-012, NSG-022: a Deny that takes too much, and one that is missing.

use super::{DOCS, one_rule, ports, with_nodes};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::addresses::{Addresses, Ranges};
use crate::analysis::rules::graph::places::{Attachment, Tenant};
use crate::analysis::rules::graph::rule_sets::{Flow, RuleSet, SecurityRule};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;

/// Tenants that are probed by Azure's load balancer.
const PROBED: [Tenant; 4] =
    [Tenant::Nodes, Tenant::ScaleSet, Tenant::LoadBalancer, Tenant::ApplicationGateway];
const BALANCER: &str = "AzureLoadBalancer";

pub(super) static PLATFORM: Check = Check {
    meta: Meta {
        id: "TU-NSG-012",
        name: "nsg-deny-all-breaks-platform",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "a rule that denies everything comes before what Azure's health probes need",
        why: "The load balancer finds every backend unhealthy and sends no traffic.",
        fix: "Allow the source AzureLoadBalancer with a lower priority number than the rule that denies everything.",
        exceptions: "",
        bad: one_rule!("Inbound", "Deny", "*", "*", "*", "*", with_nodes!()),
        good: concat!(
            one_rule!("Inbound", "Allow", "*", "AzureLoadBalancer", "*", "*", with_nodes!()),
            r#"
resource "azurerm_network_security_rule" "deny" {
  name                        = "deny-all"
  resource_group_name         = "rg-example"
  network_security_group_name = azurerm_network_security_group.example.name
  priority                    = 4096
  direction                   = "Inbound"
  access                      = "Deny"
  protocol                    = "*"
  source_address_prefix       = "*"
  source_port_range           = "*"
  destination_address_prefix  = "*"
  destination_port_range      = "*"
}
"#
        ),
        references: &[DOCS],
        peers: &["PSRule Azure.NSG.DenyAllInbound"],
    },
    check: platform,
};

pub(super) static WIDE_NETWORK: Check = Check {
    meta: Meta {
        id: "TU-NSG-022",
        name: "nsg-virtualnetwork-tag-wide",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "peered and connected networks reach everything in the subnet",
        why: "The default rule for VirtualNetwork admits peers, networks behind gateways and, with a route for \
              0.0.0.0/0, far more than the own network.",
        fix: "Allow what is needed, then deny the source VirtualNetwork.",
        exceptions: "",
        bad: peered!("Allow", "Tcp", "443"),
        good: peered!("Deny", "*", "*"),
        references: &["https://learn.microsoft.com/azure/virtual-network/service-tags-overview"],
        peers: &[],
    },
    check: wide_network,
};

macro_rules! peered {
    ($access:literal, $protocol:literal, $ports:literal) => {
        concat!(
            one_rule!("Inbound", $access, $protocol, "VirtualNetwork", "*", $ports, with_nodes!()),
            r#"
resource "azurerm_virtual_network_peering" "hub" {
  name                      = "to-hub"
  resource_group_name       = "rg-example"
  virtual_network_name      = azurerm_virtual_network.example.name
  remote_virtual_network_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-hub"
}
"#
        )
    };
}
use peered;

fn platform(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for set in graph.rule_sets() {
        let (mut probed_here, mut balanced) = (None, None);
        for (at, rule) in set.rules.iter().enumerate() {
            let certain = rule.allow == Some(false) && rule.inbound == Some(true) && catches_all(&rule.least);
            let possible = rule.allow != Some(true) && rule.inbound != Some(false) && catches_all(&rule.most);
            if !possible {
                out.skip(rule.document, "not a Deny of everything inbound");
                continue;
            }
            let probed = probed_here.get_or_insert_with(|| probed(graph, set.group));
            if *probed == Truth::No {
                out.skip(rule.document, "nothing behind it is probed by a load balancer");
                continue;
            }
            let admitted = balanced.get_or_insert_with(|| Balanced::of(set)).before(set, at);
            let text = format!("{} denies Azure's health probes", rule.document.name());
            let admitted = admitted.unless(graph.stray(types::NSG_RULE));
            // What may be a Deny of everything may deny the probes.
            let open = || rule.unknown.as_deref().unwrap_or("part of the rule is not known");
            let admitted = if certain { admitted } else { admitted.unless(Some(open())) };
            let outcome = out.judge(rule.document, None, admitted, text);
            if let Truth::Unknown(why) = probed {
                outcome.severity(Severity::Low).note(why.clone());
            }
        }
    }
}

/// Whether the inbound Allow rules of a set let Azure's load balancer in, first to last.
struct Balanced {
    /// Of the rules up to each one.
    until: Vec<Truth>,
    /// Of those whose priority is not known: they may come before any other.
    unplaced: Truth,
}

impl Balanced {
    fn of(set: &RuleSet<'_>) -> Balanced {
        let wanted = Addresses::named(BALANCER);
        let lets = |flow: &Flow| flow.sources.widened_to(&wanted).covers(&wanted);
        let admits = |rule: &SecurityRule<'_>| {
            if rule.allow == Some(false) || rule.inbound == Some(false) {
                return Truth::No;
            }
            match (lets(&rule.most), rule.allow == Some(true) && lets(&rule.least)) {
                (_, true) => Truth::Yes,
                (true, false) => Truth::Unknown(rule.unknown.clone().unwrap_or_default()),
                (false, false) => Truth::No,
            }
        };
        let (placed, unplaced): (Vec<_>, Vec<_>) = set.rules.iter().partition(|r| r.priority.is_some());
        let until = placed.iter().scan(Truth::No, |so_far, rule| {
            *so_far = so_far.clone().or(admits(rule));
            Some(so_far.clone())
        });
        let unplaced = Truth::any(unplaced.iter().map(|r| admits(r)));
        Balanced { until: until.collect(), unplaced: unplaced.unless(set.open.as_deref()) }
    }

    /// Whether the rules let it in that come before one.
    fn before(&self, set: &RuleSet<'_>, at: usize) -> Truth {
        let priority = set.rules.get(at).and_then(|r| r.priority);
        let earlier = match priority {
            Some(_) => set.rules.partition_point(|r| r.priority.is_some() && r.priority < priority),
            None => self.until.len(),
        };
        let known = earlier.checked_sub(1).and_then(|last| self.until.get(last)).cloned();
        known.unwrap_or(Truth::No).or(self.unplaced.clone())
    }
}

/// True for everything from everywhere on all ports.
fn catches_all(flow: &Flow) -> bool {
    let everything = Addresses::of_prefix("0.0.0.0/0");
    flow.sources.v4.covers(&everything.v4)
        && flow.destinations.v4.covers(&everything.v4)
        && flow.ports.covers(&ports::all())
        && flow.protocols.covers(&Ranges::of(0, 255))
}

/// Whether something behind a group is probed.
fn probed(graph: &Graph<'_>, group: Option<&Document>) -> Truth {
    let Some(group) = group else {
        return Truth::Unknown("what the group guards is not known".to_owned());
    };
    let places = graph.places();
    let hosts = places.attached(Attachment::Group, &group.id);
    if hosts.iter().any(|host| places.has(&host.id, &PROBED)) {
        return Truth::Yes;
    }
    let backends = graph.instances("azurerm_network_interface_backend_address_pool_association");
    let interfaces: Vec<_> =
        backends.filter_map(|b| graph.id(b.config.get("network_interface_id"))).collect();
    let balanced = |host: &&Document| {
        interfaces.contains(&host.id)
            || places.all_of(&host.id, Tenant::Interface).any(|nic| interfaces.contains(&nic.id))
    };
    if hosts.iter().any(balanced) {
        return Truth::Yes;
    }
    if hosts.is_empty() {
        return Truth::Unknown("what the group guards is not in this root".to_owned());
    }
    Truth::No
}

fn wide_network(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let places = graph.places();
    for group in graph.of_type(types::NSG) {
        let hosts = places.attached(Attachment::Group, &group.id).iter();
        let guarded = |host: &&&Document| places.has(&host.id, &[Tenant::Nodes, Tenant::PrivateEndpoint]);
        let connected = |host: &&Document| {
            let network = host.id.parent();
            network.is_some_and(|n| !graph.peers(&n).is_empty() || graph.has_gateway(&n))
        };
        if !hosts.filter(guarded).any(connected) {
            out.skip(group, "no subnet of nodes or private endpoints in a connected network has it");
            continue;
        }
        let Some(set) = graph.rules_of(&group.id) else { continue };
        let tag = Addresses::named("VirtualNetwork");
        let denied = Truth::any(set.rules.iter().map(|rule| {
            let from_network = |flow: &Flow| !flow.sources.widened_to(&tag).and(&tag).is_empty();
            let may = rule.allow != Some(true) && rule.inbound != Some(false) && from_network(&rule.most);
            let does = rule.allow == Some(false) && rule.inbound == Some(true) && from_network(&rule.least);
            match (may, does) {
                (_, true) => Truth::Yes,
                (true, false) => Truth::Unknown(rule.unknown.clone().unwrap_or_default()),
                (false, false) => Truth::No,
            }
        }));
        let denied = graph.closed_world(group, denied).unless(set.open.as_deref());
        out.judge(group, None, denied, WIDE_NETWORK.meta.title);
    }
}
