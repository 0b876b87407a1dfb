//! security groups on the subnets of nodes: what they stop, and what they let in.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::addresses::{Addresses, PUBLIC_V4, Ranges, TCP, UDP};
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::pools::Pool;
use crate::analysis::rules::graph::routes::prefixes;
use crate::analysis::rules::graph::rule_sets::{Flow, RuleSet, SecurityRule};
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::nsg::exposure::named;
use crate::analysis::rules::nsg::{one_rule, with_nodes};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::Document;
use crate::terraform::value::Value;

/// The tag of a network and what is connected with it.
const NETWORK: &str = "virtualnetwork";

pub(super) static BLOCKED: Check = Check {
    meta: Meta {
        id: "TU-X-023",
        name: "aks-nsg-blocks-required",
        severity: Severity::High,
        title: "the security group of a node subnet stops what AKS needs",
        why: "Nodes do not reach each other, the API server or names: they become NotReady, and Azure supports no \
              cluster whose own traffic is filtered.",
        fix: "Allow VirtualNetwork and AzureLoadBalancer inbound, and TCP 443 and UDP 53 outbound, with lower priority \
              numbers than the rule that denies.",
        exceptions: "",
        bad: one_rule!("Outbound", "Deny", "Tcp", "*", "Internet", "443", with_nodes!()),
        good: one_rule!("Outbound", "Deny", "Tcp", "*", "Internet", "25", with_nodes!()),
        references: &["https://learn.microsoft.com/azure/aks/outbound-rules-control-egress"],
        ..Meta::ROW
    },
    check: blocked,
};

pub(super) static OPEN: Check = Check {
    meta: Meta {
        id: "TU-X-024",
        name: "aks-subnet-open-to-internet",
        severity: Severity::High,
        title: "the Internet may reach nodes on other ports than 80 and 443",
        why: "Node ports and the kubelet are exposed as soon as a node or a load balancer has a public address.",
        fix: "Remove the rule: load balancers open what services publish by themselves.",
        exceptions: "",
        bad: one_rule!("Inbound", "Allow", "Tcp", "Internet", "*", "8000-8100", with_nodes!()),
        good: one_rule!("Inbound", "Allow", "Tcp", "Internet", "*", "443", with_nodes!()),
        references: &["https://learn.microsoft.com/azure/aks/concepts-network"],
        ..Meta::ROW
    },
    check: open,
};

/// The subnets of nodes of this root with their group, each once, and the pools in them.
fn node_subnets<'a>(graph: &Graph<'a>) -> Vec<(&'a Document, Link<'a>, Vec<Pool<'a>>)> {
    let mut found: Vec<(&Document, Link<'a>, Vec<Pool<'a>>)> = Vec::new();
    for pool in graph.all_pools() {
        let Link::To(subnet) = graph.link(pool.document.get("properties.vnetSubnetID")) else { continue };
        match found.iter_mut().find(|(s, ..)| s.id == subnet.id) {
            Some((_, _, pools)) => pools.push(pool),
            None => {
                let group = graph.link(graph.attached(subnet, Attachment::Group));
                found.push((subnet, group, vec![pool]));
            }
        }
    }
    found
}

fn blocked(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for (subnet, group, _) in node_subnets(graph) {
        let group = match group {
            Link::To(group) => group,
            Link::None => {
                out.skip(subnet, "it has no security group");
                continue;
            }
            Link::Outside(what) | Link::Unknown(what) => {
                out.unknown(subnet, format!("its security group: {what}"));
                continue;
            }
        };
        let Some(set) = graph.rules_of(&group.id) else {
            out.pass(subnet);
            continue;
        };
        for need in needs(graph, subnet) {
            match stopped(set, &need) {
                Some((rule, Truth::Yes)) => {
                    let text = format!("{} stops {}, which nodes need", rule.document.name(), need.what);
                    let outcome = out.fail(subnet, None, text);
                    let place = rule.document.declared.as_ref().map(|d| d.block);
                    outcome.at(place).because(subnet.declared.as_ref().map(|d| d.block), "the subnet");
                }
                Some((rule, _)) => {
                    let why = rule.unknown.clone();
                    out.unknown(subnet, why.unwrap_or_else(|| "part of a rule is not known".to_owned()));
                }
                None => drop(out.judge(subnet, None, !Truth::No.unless(set.open.as_deref()), "")),
            }
        }
    }
}

/// Traffic that nodes need.
struct Need {
    what: String,
    inbound: bool,
    flow: Flow,
    /// The addresses that the tag VirtualNetwork has for certain.
    network: Addresses,
}

fn needs(graph: &Graph<'_>, subnet: &Document) -> Vec<Need> {
    let of = |text: &str| Addresses::of_prefix(text);
    let own = prefixes(subnet).fold(Addresses::none(), |all, p| all.or(&of(p)));
    let network = subnet.id.parent().and_then(|id| graph.estate.by_id(&id));
    let spaces = network.into_iter().flat_map(|n| n.items("properties.addressSpace.addressPrefixes"));
    let spaces = spaces.filter_map(Value::as_str).fold(own.clone(), |all, p| all.or(&of(p)));
    let any = || Ranges::of(0, 65535);
    let flow = |sources: Addresses, destinations: Addresses, protocol: Ranges, ports: Ranges| Flow {
        sources,
        destinations,
        protocols: protocol,
        source_ports: any(),
        ports,
    };
    let all = || Ranges::of(0, 255);
    let inbound = |what: &str, sources: Addresses| Need {
        what: what.to_owned(),
        inbound: true,
        flow: flow(sources, own.clone(), all(), any()),
        network: Addresses::of_v4(spaces.v4.clone()),
    };
    let outbound = |what: &str, to: Addresses, protocol: u128, port: u128| Need {
        what: what.to_owned(),
        inbound: false,
        flow: flow(own.clone(), to, Ranges::of(protocol, protocol), Ranges::of(port, port)),
        network: Addresses::of_v4(spaces.v4.clone()),
    };
    if own.is_empty() {
        return Vec::new();
    }
    let public = Addresses::of_v4(PUBLIC_V4.clone());
    let everywhere = of("0.0.0.0/0");
    vec![
        inbound("what nodes send each other", own.clone()),
        inbound("the load balancer's probes", Addresses::named("AzureLoadBalancer")),
        outbound("HTTPS to the API server and the registries (TCP 443)", public, TCP, 443),
        outbound("the resolution of names (UDP 53)", everywhere, UDP, 53),
    ]
}

impl Need {
    /// A flow of a rule, with the addresses of the network where its tag is named.
    fn seen(&self, flow: &Flow) -> Flow {
        let widened = |side: &Addresses, wanted: &Addresses| {
            let side = side.widened_to(wanted);
            if side.names_one(|n| n == NETWORK) { side.or(&self.network) } else { side }
        };
        Flow {
            sources: widened(&flow.sources, &self.flow.sources),
            destinations: widened(&flow.destinations, &self.flow.destinations),
            ..flow.clone()
        }
    }

    /// True when a flow of an earlier Allow lets some of it through: by an address, or by a tag that stands
    /// for public addresses.
    fn is_met_by(&self, flow: &Flow) -> bool {
        let tag = |side: &Addresses| side.names_one(|n| n != NETWORK && n != "azureloadbalancer");
        let meets = !self.seen(flow).and(&self.flow).is_empty();
        let by_tag = !self.inbound
            && tag(&flow.destinations)
            && !flow.ports.and(&self.flow.ports).is_empty()
            && !flow.protocols.and(&self.flow.protocols).is_empty();
        meets || by_tag
    }
}

/// The first rule that denies all of what is needed before anything allows some of it, and whether it
/// does so for certain.
fn stopped<'s, 'a>(set: &'s RuleSet<'a>, need: &Need) -> Option<(&'s SecurityRule<'a>, Truth)> {
    for rule in &set.rules {
        let direction = rule.inbound.is_none_or(|inbound| inbound == need.inbound);
        if !direction {
            continue;
        }
        let known = rule.allow.is_some() && rule.inbound.is_some() && rule.priority.is_some();
        if rule.allow != Some(false) && need.is_met_by(&rule.most) {
            let surely = known && need.is_met_by(&rule.least);
            return (!surely && later_denies(set, need)).then_some((rule, unknown(rule)));
        }
        if rule.allow != Some(true) && need.seen(&rule.most).covers(&need.flow) {
            let surely = known && need.seen(&rule.least).covers(&need.flow);
            return Some((rule, if surely { Truth::Yes } else { unknown(rule) }));
        }
    }
    None
}

/// True when some rule would deny what is needed.
fn later_denies(set: &RuleSet<'_>, need: &Need) -> bool {
    set.rules.iter().any(|r| r.allow != Some(true) && need.seen(&r.most).covers(&need.flow))
}

fn unknown(rule: &SecurityRule<'_>) -> Truth {
    Truth::Unknown(rule.unknown.clone().unwrap_or_default())
}

fn open(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let published = Ranges::union_of([(80, 80), (443, 443)]);
    let other = Ranges::of(1, 65535).minus(&published);
    let protocols = Ranges::union_of([(TCP, TCP), (UDP, UDP)]);
    let region = |flow: &Flow| Flow {
        sources: flow.sources.internet(),
        protocols: flow.protocols.and(&protocols),
        ports: flow.ports.and(&other),
        ..flow.clone()
    };
    for (subnet, group, pools) in node_subnets(graph) {
        let group = match group {
            Link::To(group) => group,
            Link::None => {
                out.skip(subnet, "it has no security group");
                continue;
            }
            Link::Outside(what) | Link::Unknown(what) => {
                out.unknown(subnet, format!("its security group: {what}"));
                continue;
            }
        };
        let mut all_well = true;
        let set = graph.rules_of(&group.id);
        for rule in set.into_iter().flat_map(|set| set.rules.iter().map(move |rule| (set, rule))) {
            let force = rule.0.force(rule.1, region);
            let ports = Ranges::union_of(force.surely.iter().flat_map(|f| f.ports.iter()));
            if !ports.is_empty() {
                let name = rule.1.document.name();
                let text = format!("{name} lets the Internet reach nodes on {}", named(&ports));
                let outcome = out.fail(subnet, rule.1.source(), text);
                if graph.is_published(&pools) == Truth::Yes {
                    outcome.severity(Severity::Critical);
                }
                outcome.because(subnet.declared.as_ref().map(|d| d.block), "the subnet of the nodes");
            } else if !force.perhaps.is_empty() {
                out.unknown(subnet, force.unknown.unwrap_or_default());
            } else {
                continue;
            }
            all_well = false;
        }
        if all_well {
            let open = set.and_then(|set| set.open.as_deref());
            out.judge(subnet, None, !Truth::No.unless(open), "");
        }
    }
}

impl<'a> Graph<'a> {
    /// Whether nodes have public addresses, or a service of the root makes a public load balancer for them.
    fn is_published(&self, pools: &[Pool<'a>]) -> Truth {
        let by_itself = pools.iter().map(|p| flag(p.document.get("properties.enableNodePublicIP"), false));
        let clusters = pools.iter().filter_map(|p| p.cluster);
        let services = clusters.flat_map(|c| self.public_services(c)).map(|(_, public)| public);
        Truth::any(by_itself.chain(services))
    }
}
