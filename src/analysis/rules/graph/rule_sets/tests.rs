//! The quick walk over a set beside the plain one: rule by rule, packet by packet.

use proptest::prelude::*;

use super::flow::MAX_PIECES;
use super::*;
use crate::analysis::rules::graph::addresses::{Addresses, Ranges, ports, protocols};

/// Hosts and a service tag, as a rule names them.
const PLACES: [&str; 4] = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "Storage"];
const PROTOCOLS: [&str; 2] = ["Tcp", "Udp"];
const PORTS: u32 = 4;

/// Which of the places, protocols and ports a flow has, as bits.
#[derive(Clone, Copy, Debug)]
struct Bits {
    sources: u32,
    destinations: u32,
    protocols: u32,
    ports: u32,
}

impl Bits {
    fn with(self, more: Bits) -> Bits {
        Bits {
            sources: self.sources | more.sources,
            destinations: self.destinations | more.destinations,
            protocols: self.protocols | more.protocols,
            ports: self.ports | more.ports,
        }
    }

    fn flow(self) -> Flow {
        let places = |bits: u32| {
            let named = PLACES.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
            named.fold(Addresses::none(), |all, (_, place)| all.or(&Addresses::of_prefix(place)))
        };
        let numbers = |bits: u32| {
            let set = (0..PORTS).filter(|n| bits >> n & 1 == 1);
            Ranges::union_of(set.map(|n| (n.into(), n.into())))
        };
        let named = PROTOCOLS.iter().enumerate().filter(|(at, _)| self.protocols >> at & 1 == 1);
        Flow {
            sources: places(self.sources),
            destinations: places(self.destinations),
            protocols: named.fold(Ranges::default(), |all, (_, name)| all.or(&protocols(name))),
            source_ports: ports("*"),
            ports: numbers(self.ports),
        }
    }
}

/// Every packet by itself.
fn packets() -> Vec<Flow> {
    let mut all = Vec::new();
    for source in 0..PLACES.len() {
        for destination in 0..PLACES.len() {
            for protocol in 0..PROTOCOLS.len() {
                for port in 0..PORTS {
                    let [sources, destinations, protocols] = [source, destination, protocol].map(|n| 1 << n);
                    all.push(Bits { sources, destinations, protocols, ports: 1 << port }.flow());
                }
            }
        }
    }
    all
}

/// A rule before it has a document.
type Drawn = (Option<i64>, Option<bool>, Option<bool>, Bits, Option<Bits>);

fn bits() -> impl Strategy<Value = Bits> {
    // All, most often, as in real sets; else some.
    let some = |all: u32| prop_oneof![Just(all), 0..=all];
    (some(15), some(15), some(3), some(15)).prop_map(|(sources, destinations, protocols, ports)| Bits {
        sources,
        destinations,
        protocols,
        ports,
    })
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let known = |one: bool| prop_oneof![8 => Just(Some(one)), 6 => Just(Some(!one)), 1 => Just(None)];
    let priority = prop_oneof![9 => (100..106_i64).prop_map(Some), 1 => Just(None)];
    let more = prop_oneof![4 => Just(None), 1 => bits().prop_map(Some)];
    (priority, known(false), known(true), bits(), more)
}

fn set<'a>(documents: &'a [Document], drawn: &[Drawn]) -> RuleSet<'a> {
    let mut set = RuleSet::new(None);
    for (document, (priority, allow, inbound, least, more)) in documents.iter().zip(drawn) {
        let most = Arc::new(more.map_or(*least, |more| least.with(more)).flow());
        let known = more.is_none() && priority.is_some() && allow.is_some() && inbound.is_some();
        set.rules.push(SecurityRule {
            document,
            priority: *priority,
            allow: *allow,
            inbound: *inbound,
            least: Arc::new(least.flow()),
            bounds: most.bounds(),
            most,
            unknown: (!known).then(|| "var.x".to_owned()),
        });
    }
    set.rules.sort_by_key(|r| r.priority.unwrap_or(i64::MAX));
    set
}

fn documents(count: usize) -> Vec<Document> {
    let document = |at| Document::new(ResourceId::new(format!("/r{at}")), String::new(), Value::null(), None);
    (0..count).map(document).collect()
}

/// True for a rule that may come before another.
fn precedes(one: &SecurityRule<'_>, other: &SecurityRule<'_>) -> bool {
    !std::ptr::eq(one, other) && one.priority.zip(other.priority).is_none_or(|(a, b)| a < b)
}

proptest! {
    #[test]
    fn what_is_in_force_is_what_a_walk_packet_by_packet_finds(
        drawn in prop::collection::vec(drawn(), 1..7),
    ) {
        let documents = documents(drawn.len());
        let set = set(&documents, &drawn);
        let packets = packets();
        for rule in &set.rules {
            let force = set.force(rule, Flow::clone);
            // A rule that is cut into more pieces counts as in force.
            if force.surely.len() > MAX_PIECES || force.perhaps.len() > MAX_PIECES {
                continue;
            }
            let earlier = || set.rules.iter().filter(|r| precedes(r, rule));
            let denies = |r: &SecurityRule<'_>| r.allow == Some(false) && r.inbound == Some(true);
            let may_deny = |r: &SecurityRule<'_>| r.allow != Some(true) && r.inbound != Some(false);
            let placed = |r: &SecurityRule<'_>| r.priority.is_some() && rule.priority.is_some();
            let denied = earlier().filter(|r| denies(r) && placed(r)).find(|r| r.least.meets(&rule.most));
            let shadow = set.shadow(rule, Flow::clone);
            prop_assert_eq!(shadow.map(|d| &d.id), denied.map(|r| &r.document.id));
            for packet in &packets {
                let among = |flows: &[Flow]| flows.iter().any(|f| f.meets(packet));
                let surely = rule.allow == Some(true)
                    && rule.inbound == Some(true)
                    && rule.least.meets(packet)
                    && !earlier().any(|r| may_deny(r) && r.most.meets(packet));
                prop_assert_eq!(among(&force.surely), surely);
                let perhaps = rule.allow != Some(false)
                    && rule.inbound != Some(false)
                    && rule.most.meets(packet)
                    && !earlier().any(|r| denies(r) && placed(r) && r.least.meets(packet));
                prop_assert_eq!(among(&force.perhaps), perhaps);
            }
        }
    }

    #[test]
    fn a_flow_is_covered_when_every_packet_of_it_is(one in bits(), others in prop::collection::vec(bits(), 0..8)) {
        let flow = one.flow();
        let others: Vec<Flow> = others.into_iter().map(Bits::flow).collect();
        let packets = packets();
        let mut own = packets.iter().filter(|p| flow.meets(p));
        let covered = own.all(|p| others.iter().any(|o| o.meets(p)));
        prop_assert_eq!(flow.is_covered(&others), covered);
    }

    #[test]
    fn rivals_and_earlier_rules_are_those_of_a_walk_over_all(
        drawn in prop::collection::vec(drawn(), 1..60),
    ) {
        let documents = documents(drawn.len());
        let set = set(&documents, &drawn);
        for rule in &set.rules {
            let same = |found: Vec<&SecurityRule<'_>>, walked: Vec<&SecurityRule<'_>>| {
                found.len() == walked.len() && found.iter().zip(&walked).all(|(a, b)| std::ptr::eq(*a, *b))
            };
            // The box of a rule may be wider than the rule: what it adds has nothing in common with it.
            let meets = |r: &&SecurityRule<'_>| r.most.meets(&rule.most);
            let known = |r: &&SecurityRule<'_>| r.inbound.is_some() && r.inbound == rule.inbound && r.allow.is_some();
            let before = |r: &&SecurityRule<'_>| precedes(r, rule);
            let may_allow = |r: &&SecurityRule<'_>| {
                r.allow != Some(false) && (r.inbound.is_none() || r.inbound == rule.inbound)
            };
            let rivals = set.rivals(rule).filter(meets).filter(|r| !std::ptr::eq(*r, rule)).collect();
            prop_assert!(same(rivals, set.rules.iter().filter(before).filter(may_allow).filter(meets).collect()));
            let placed = |r: &&SecurityRule<'_>| r.priority.is_some() && r.priority < rule.priority;
            for action in [None, Some(true), Some(false)] {
                let of_action = |r: &&SecurityRule<'_>| action.is_none() || r.allow == action;
                let earlier = set.earlier(rule, action).filter(meets).collect();
                let walked = set.rules.iter().filter(placed).filter(known).filter(of_action).filter(meets);
                prop_assert!(same(earlier, walked.collect()));
            }
        }
    }

    #[test]
    fn a_rule_is_decided_when_every_packet_of_it_is(drawn in prop::collection::vec(drawn(), 1..12)) {
        let documents = documents(drawn.len());
        let set = set(&documents, &drawn);
        let packets = packets();
        for (rule, decided) in set.rules.iter().zip(set.decided()) {
            let earlier: Vec<_> = set.earlier(rule, None).collect();
            let mut own = packets.iter().filter(|p| rule.most.meets(p));
            prop_assert_eq!(*decided, own.all(|p| earlier.iter().any(|r| r.least.meets(p))));
        }
    }

    #[test]
    fn flows_obey_the_laws_of_sets(one in bits(), other in bits()) {
        let [a, b] = [one, other].map(Bits::flow);
        let packets = packets();
        let within = |flow: &Flow| packets.iter().filter(|p| flow.meets(p)).count();
        let both = packets.iter().filter(|p| a.meets(p) && b.meets(p)).count();
        prop_assert_eq!(a.meets(&b), both > 0);
        prop_assert_eq!(within(&a.and(&b)), both);
        prop_assert_eq!(a.covers(&b), both == within(&b));
        let left: usize = a.without([&b]).iter().map(within).sum();
        prop_assert_eq!(left, within(&a) - both);
    }
}
