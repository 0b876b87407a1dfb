//! Ordered rule sets of network security groups, and what of a rule is in force.
//!
//! Azure takes the first rule that matches, by priority. Of an Allow rule only that part is in force
//! that no earlier Deny rule matches. Sets are exact: singular and plural attributes are one set,
//! `*` is everything, service tags and application security groups cover only themselves. What is
//! not known is kept as bounds: `least` is matched for certain, `most` at the utmost.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use super::Graph;
use super::addresses::{Addresses, Ranges, ports, protocols};
use super::boxes::{Bounds, Boxes};
use crate::analysis::rules::Truth;
use crate::azure::estate::{Document, get};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

/// Most pieces that a rule is cut into by earlier ones; a rule cut into more counts as in force.
const MAX_PIECES: usize = 64;

/// The rules of one group, by priority; those of unknown priority last.
pub struct RuleSet<'a> {
    /// The group's document, unless it belongs to another root.
    pub group: Option<&'a Document>,
    /// Its rules, without Azure's default rules.
    pub rules: Vec<SecurityRule<'a>>,
    index: OnceCell<Index>,
}

/// What sets of thousands of rules are asked again and again.
struct Index {
    /// The boxes of the rules.
    boxes: Boxes,
    /// Every rule is wholly known.
    known: bool,
}

/// One rule.
pub struct SecurityRule<'a> {
    /// Its document.
    pub document: &'a Document,
    /// 100 (first) to 4096; `None` when unknown.
    pub priority: Option<i64>,
    /// Allow, or `None` when unknown.
    pub allow: Option<bool>,
    /// Inbound, or `None` when unknown.
    pub inbound: Option<bool>,
    /// What it matches for certain.
    pub least: Flow,
    /// What it matches at the utmost.
    pub most: Flow,
    /// The first unknown of the rule, in words.
    pub unknown: Option<String>,
    /// Around all that it matches at the utmost.
    bounds: Bounds,
}

/// The box around a flow.
fn bounds(flow: &Flow) -> Bounds {
    Bounds([flow.ports.bounds(), flow.sources.bounds(), flow.destinations.bounds()])
}

impl SecurityRule<'_> {
    /// False when the other certainly matches something that this one does not; cheap.
    pub fn may_cover(&self, other: &SecurityRule<'_>) -> bool {
        self.bounds.may_cover(&other.bounds)
    }

    /// True when all of it is known: then it matches at the utmost what it matches for certain.
    fn is_known(&self) -> bool {
        self.unknown.is_none() && self.priority.is_some() && self.allow.is_some() && self.inbound.is_some()
    }

    /// True when its sources may be others than those that are known.
    pub fn sources_unknown(&self) -> bool {
        self.least.sources != self.most.sources
    }

    /// The value that says whom the rule lets in: the text a person edits to narrow it.
    pub fn source(&self) -> Option<&Value> {
        let one = self.document.get("properties.sourceAddressPrefix");
        one.or_else(|| self.document.items("properties.sourceAddressPrefixes").first())
    }
}

/// A set of flows: the product of its parts.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Sources.
    pub sources: Addresses,
    /// Destinations.
    pub destinations: Addresses,
    /// Protocol numbers.
    pub protocols: Ranges,
    /// Source ports.
    pub source_ports: Ranges,
    /// Destination ports.
    pub ports: Ranges,
}

impl Flow {
    /// True when nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
            || self.destinations.is_empty()
            || self.protocols.is_empty()
            || self.source_ports.is_empty()
            || self.ports.is_empty()
    }

    /// What is in both.
    pub fn and(&self, other: &Flow) -> Flow {
        Flow {
            sources: self.sources.and(&other.sources),
            destinations: self.destinations.and(&other.destinations),
            protocols: self.protocols.and(&other.protocols),
            source_ports: self.source_ports.and(&other.source_ports),
            ports: self.ports.and(&other.ports),
        }
    }

    /// Adds what is in this one only, in disjoint pieces.
    fn cut(self, other: &Flow, pieces: &mut Vec<Flow>) {
        if !self.meets(other) {
            pieces.push(self);
            return;
        }
        let mut rest = self;
        macro_rules! cut {
            ($part:ident) => {
                let outside = rest.$part.minus(&other.$part);
                if !outside.is_empty() {
                    pieces.push(Flow { $part: outside, ..rest.clone() });
                }
                rest.$part = rest.$part.and(&other.$part);
            };
        }
        cut!(ports);
        cut!(sources);
        cut!(destinations);
        cut!(protocols);
        cut!(source_ports);
    }

    /// What is left of it when others are taken away.
    pub fn without<'f>(&self, others: impl IntoIterator<Item = &'f Flow>) -> Vec<Flow> {
        let (mut left, mut pieces) = (vec![self.clone()], Vec::new());
        left.retain(|f| !f.is_empty());
        for other in others {
            if left.is_empty() || left.len() > MAX_PIECES {
                break;
            }
            left.drain(..).for_each(|flow| flow.cut(other, &mut pieces));
            std::mem::swap(&mut left, &mut pieces);
        }
        left
    }

    /// True when all of the other is in it.
    pub fn covers(&self, other: &Flow) -> bool {
        other.is_empty()
            || self.ports.covers(&other.ports)
                && self.protocols.covers(&other.protocols)
                && self.source_ports.covers(&other.source_ports)
                && self.sources.covers(&other.sources)
                && self.destinations.covers(&other.destinations)
    }

    /// True when something is in both.
    pub fn meets(&self, other: &Flow) -> bool {
        self.ports.meets(&other.ports)
            && self.protocols.meets(&other.protocols)
            && self.source_ports.meets(&other.source_ports)
            && self.sources.meets(&other.sources)
            && self.destinations.meets(&other.destinations)
    }

    /// Nothing.
    pub fn none() -> Flow {
        Flow {
            sources: Addresses::none(),
            destinations: Addresses::none(),
            protocols: Ranges::default(),
            source_ports: Ranges::default(),
            ports: Ranges::default(),
        }
    }

    /// True for everything from everywhere.
    pub fn is_everything(&self) -> bool {
        self.sources.is_all()
            && self.destinations.is_all()
            && self.protocols.covers(&protocols("*"))
            && self.ports.covers(&ports("*"))
    }
}

/// What the Internet reaches through a set.
pub struct Reach {
    /// Flows let in for certain.
    pub surely: Vec<Flow>,
    /// Flows let in at the utmost.
    pub perhaps: Vec<Flow>,
    /// The unknown that makes the two differ, in words.
    pub unknown: Option<String>,
}

/// What of a rule is in force.
pub struct Force<'r> {
    /// Flows let in for certain.
    pub surely: Vec<Flow>,
    /// Flows let in at the utmost.
    pub perhaps: Vec<Flow>,
    /// The unknown that makes the two differ, in words.
    pub unknown: Option<String>,
    /// An earlier Deny rule that takes away all there was, when one does.
    pub shadow: Option<&'r Document>,
}

impl<'a> RuleSet<'a> {
    fn new(group: Option<&'a Document>) -> RuleSet<'a> {
        RuleSet { group, rules: Vec::new(), index: OnceCell::new() }
    }

    /// The part of an Allow rule that lies in `region` and that no earlier Deny rule takes away.
    /// `region` is applied to the rule's own match, least and most.
    pub fn force(&self, rule: &SecurityRule<'a>, region: impl Fn(&Flow) -> Flow) -> Force<'a> {
        let none = |unknown| Force { surely: Vec::new(), perhaps: Vec::new(), unknown, shadow: None };
        let allow = rule.allow != Some(false) && rule.inbound != Some(false);
        if !allow {
            return none(rule.unknown.clone());
        }
        let most = region(&rule.most);
        if most.is_empty() {
            return none(rule.unknown.clone());
        }
        let reach = bounds(&most);
        let earlier = || {
            let others = self.before(rule, reach).filter(|r| !std::ptr::eq(r.document, rule.document));
            others.filter(|r| r.allow != Some(true) && r.inbound != Some(false))
        };
        let known = self.is_known();
        let sure = |r: &&SecurityRule<'a>| {
            r.allow == Some(false)
                && r.inbound == Some(true)
                && r.priority.is_some()
                && rule.priority.is_some()
        };
        let perhaps = most.without(earlier().filter(sure).map(|r| &r.least));
        // What is known throughout is the same at the utmost.
        let surely = if known {
            perhaps.clone()
        } else if rule.allow == Some(true) && rule.inbound == Some(true) {
            region(&rule.least).without(earlier().map(|r| &r.most))
        } else {
            Vec::new()
        };
        let others = || if known { None } else { earlier().find_map(|r| r.unknown.clone()) };
        let unknown = rule.unknown.clone().or_else(others);
        let shadow = perhaps
            .is_empty()
            .then(|| earlier().filter(sure).find(|r| r.least.meets(&most)).map(|r| r.document))
            .flatten();
        Force { surely, perhaps, unknown, shadow }
    }

    /// The rules that may come before a rule and match something in a box, in their order: those of lower
    /// priority numbers, and those of which the number is not known; of a rule without a known number all.
    fn before(&self, rule: &SecurityRule<'a>, reach: Bounds) -> impl Iterator<Item = &SecurityRule<'a>> {
        let known = self.rules.partition_point(|r| r.priority.is_some());
        let earlier = match rule.priority {
            None => known,
            Some(_) => self.rules.partition_point(|r| r.priority.is_some() && r.priority < rule.priority),
        };
        self.meeting(reach, 0..earlier).chain(self.meeting(reach, known..self.rules.len()))
    }

    /// The rules of a stretch that may match something in a box, in their order.
    fn meeting(&self, reach: Bounds, stretch: Range<usize>) -> impl Iterator<Item = &SecurityRule<'a>> {
        self.index().boxes.meeting(reach, stretch).filter_map(|at| self.rules.get(at))
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index {
            boxes: Boxes::new(self.rules.iter().map(|r| r.bounds).collect()),
            known: self.rules.iter().all(SecurityRule::is_known),
        })
    }

    /// The rules that may come before a rule and match something of it.
    pub fn rivals(&self, rule: &SecurityRule<'a>) -> impl Iterator<Item = &SecurityRule<'a>> {
        self.before(rule, rule.bounds)
    }

    /// True when every rule is wholly known.
    pub fn is_known(&self) -> bool {
        self.index().known
    }

    /// Earlier rules of the same direction that match something of a rule, all of them known.
    pub fn earlier(&self, rule: &SecurityRule<'a>) -> impl Iterator<Item = &SecurityRule<'a>> {
        let (inbound, priority) = (rule.inbound, rule.priority);
        self.rivals(rule)
            .take_while(move |r| r.priority.is_some() && r.priority < priority)
            .filter(move |r| r.inbound.is_some() && r.inbound == inbound && r.allow.is_some())
    }

    /// What the Internet reaches on some ports, through all rules together.
    pub fn reach(&self, region: impl Fn(&Flow) -> Flow) -> Reach {
        let mut reach = Reach { surely: Vec::new(), perhaps: Vec::new(), unknown: None };
        for rule in &self.rules {
            let force = self.force(rule, &region);
            if force.perhaps.is_empty() {
                continue;
            }
            reach.surely.extend(force.surely);
            reach.perhaps.extend(force.perhaps);
            reach.unknown = reach.unknown.or(force.unknown);
        }
        reach
    }

    /// Whether all of a flow is let in (or out) by these rules; `otherwise` for what none of them matches.
    pub fn admits(&self, wanted: &Flow, inbound: bool, otherwise: bool) -> Truth {
        // Once as the unknown rules would have it at best, once as they would at worst.
        match (self.decide(wanted, inbound, otherwise, true), self.decide(wanted, inbound, otherwise, false))
        {
            (false, _) => Truth::No,
            (true, true) => Truth::Yes,
            (true, false) => {
                let unknown = self.rules.iter().find_map(|r| r.unknown.clone());
                Truth::Unknown(unknown.unwrap_or_else(|| "part of a rule is not known".to_owned()))
            }
        }
    }

    fn decide(&self, wanted: &Flow, inbound: bool, otherwise: bool, hopeful: bool) -> bool {
        let mut left = vec![wanted.clone()];
        let at_random = |r: &&SecurityRule<'a>| r.priority.is_none() && r.allow != Some(!hopeful);
        let first = self.rules.iter().filter(at_random);
        let ordered = self.rules.iter().filter(|r| r.priority.is_some());
        for rule in first.chain(ordered) {
            if left.is_empty() {
                return true;
            }
            if rule.inbound.is_some_and(|i| i != inbound) {
                continue;
            }
            let allow = rule.allow.unwrap_or(hopeful);
            let certain = rule.allow.is_some() && rule.inbound.is_some();
            // At best an allow matches all that it may; at worst only what it must. A deny the other way.
            if !certain && allow != hopeful {
                continue;
            }
            let matched = if allow == hopeful { &rule.most } else { &rule.least };
            let matched = Flow { sources: matched.sources.widened_to(&wanted.sources), ..matched.clone() };
            if !allow && left.iter().any(|f| !f.and(&matched).is_empty()) {
                return false;
            }
            if allow {
                left = left.iter().flat_map(|f| f.without([&matched])).collect();
            }
        }
        left.is_empty() || otherwise
    }
}

/// The rule sets of an estate, and where that of a group is.
#[derive(Default)]
pub(super) struct RuleSets<'a> {
    sets: Vec<RuleSet<'a>>,
    by_group: HashMap<String, usize>,
}

impl<'a> RuleSets<'a> {
    /// All of them.
    pub(super) fn all(&self) -> &[RuleSet<'a>] {
        &self.sets
    }

    /// That of a group.
    pub(super) fn of(&self, group: &ResourceId) -> Option<&RuleSet<'a>> {
        self.by_group.get(&group.key()).and_then(|at| self.sets.get(*at))
    }
}

/// All rule sets of an estate.
pub(super) fn read<'a>(graph: &Graph<'a>) -> RuleSets<'a> {
    let mut found = RuleSets::default();
    for group in graph.of_type(types::NSG) {
        found.by_group.insert(group.id.key(), found.sets.len());
        found.sets.push(RuleSet::new(Some(group)));
    }
    for document in graph.of_type(types::NSG_RULE) {
        let group = document.id.parent().unwrap_or_else(|| ResourceId::new(""));
        let sets = &mut found.sets;
        let at = *found.by_group.entry(group.key()).or_insert_with(|| {
            sets.push(RuleSet::new(None));
            sets.len() - 1
        });
        sets[at].rules.push(rule(document));
    }
    for set in &mut found.sets {
        set.rules.sort_by_key(|r| r.priority.unwrap_or(i64::MAX));
    }
    found
}

/// Where a rule says from where, or to where.
struct Side {
    prefix: &'static str,
    prefixes: &'static str,
    groups: &'static str,
}

const SOURCE: Side = Side {
    prefix: "properties.sourceAddressPrefix",
    prefixes: "properties.sourceAddressPrefixes",
    groups: "properties.sourceApplicationSecurityGroups",
};
const DESTINATION: Side = Side {
    prefix: "properties.destinationAddressPrefix",
    prefixes: "properties.destinationAddressPrefixes",
    groups: "properties.destinationApplicationSecurityGroups",
};

/// Collects the unknowns of a rule while its parts are read.
struct Reader<'a> {
    document: &'a Document,
    unknown: Option<String>,
}

impl Reader<'_> {
    fn note(&mut self, value: &Value) -> bool {
        match value.as_unknown() {
            Some(unknown) => {
                self.unknown.get_or_insert_with(|| unknown.reason.to_string());
                true
            }
            None => false,
        }
    }

    /// A word that is one of two; `None` when unknown.
    fn choice(&mut self, path: &str, yes: &str) -> Option<bool> {
        match self.document.get(path) {
            Some(v) if self.note(v) => None,
            v => Some(v.and_then(Value::as_str).is_some_and(|s| s.eq_ignore_ascii_case(yes))),
        }
    }

    /// The texts at some paths, singular and plural, and whether there may be more.
    fn texts(&mut self, paths: &[&str]) -> (Vec<String>, bool) {
        let mut texts = Vec::new();
        let mut more = false;
        for path in paths {
            let Some(value) = self.document.get(path) else { continue };
            if self.note(value) {
                more = true;
                continue;
            }
            let items = value.as_slice().unwrap_or(std::slice::from_ref(value));
            for item in items {
                let item = get(item, "id").unwrap_or(item);
                if self.note(item) {
                    more = true;
                } else if let Some(text) = item.as_str().filter(|t| !t.is_empty()) {
                    texts.push(text.to_owned());
                }
            }
        }
        (texts, more)
    }

    fn addresses(&mut self, side: &Side) -> (Addresses, Addresses) {
        let (texts, more) = self.texts(&[side.prefix, side.prefixes]);
        let (names, more_names) = self.texts(&[side.groups]);
        let known = texts.iter().map(|t| Addresses::of_prefix(t));
        let least = known
            .chain(names.iter().map(|n| Addresses::named(n)))
            .fold(Addresses::none(), |all, a| all.or(&a));
        // A group that is not known by name is none of the Internet's addresses all the same.
        let most = match (more, more_names) {
            (true, _) => Addresses::all(),
            (false, true) => least.or(&Addresses::named("<unknown application security group>")),
            _ => least.clone(),
        };
        (least, most)
    }

    fn ranges(&mut self, singular: &str, plural: &str, read: fn(&str) -> Ranges) -> (Ranges, Ranges) {
        let (texts, more) = self.texts(&[singular, plural]);
        let least = texts.iter().fold(Ranges::default(), |all, t| all.or(&read(t)));
        let most = if more { read("*") } else { least.clone() };
        (least, most)
    }
}

fn rule(document: &Document) -> SecurityRule<'_> {
    let mut reader = Reader { document, unknown: None };
    let priority = document.int("properties.priority");
    if let Some(value) = document.get("properties.priority") {
        reader.note(value);
    }
    let allow = reader.choice("properties.access", "Allow");
    let inbound = reader.choice("properties.direction", "Inbound");
    let (sources, most_sources) = reader.addresses(&SOURCE);
    let (destinations, most_destinations) = reader.addresses(&DESTINATION);
    let (protocol, most_protocol) = reader.ranges("properties.protocol", "properties.protocol", protocols);
    let (from, most_from) = reader.ranges("properties.sourcePortRange", "properties.sourcePortRanges", ports);
    let (to, most_to) =
        reader.ranges("properties.destinationPortRange", "properties.destinationPortRanges", ports);
    // An argument left out (a test's shorthand, an azapi body) restricts nothing.
    let any = |ranges: Ranges, read: fn(&str) -> Ranges, paths: &[&str]| {
        let absent = paths.iter().all(|p| document.get(p).is_none());
        if absent { read("*") } else { ranges }
    };
    let anywhere = [DESTINATION.prefix, DESTINATION.prefixes, DESTINATION.groups];
    let anywhere = anywhere.iter().all(|p| document.get(p).is_none());
    let flow = |sources, destinations, protocols, source_ports: Ranges, ports_: Ranges| Flow {
        sources,
        destinations: if anywhere { Addresses::all() } else { destinations },
        protocols,
        source_ports: any(
            source_ports,
            ports,
            &["properties.sourcePortRange", "properties.sourcePortRanges"],
        ),
        ports: ports_,
    };
    let most = flow(most_sources, most_destinations, most_protocol, most_from, most_to);
    SecurityRule {
        document,
        priority,
        allow,
        inbound,
        least: flow(sources, destinations, protocol, from, to),
        bounds: bounds(&most),
        most,
        unknown: reader.unknown,
    }
}

#[cfg(test)]
mod tests;
