//! Ordered rule sets of network security groups, and what of a rule is in force.
//!
//! Azure takes the first rule that matches, by priority. Of an Allow rule only that part is in force
//! that no earlier Deny rule matches. Sets are exact: singular and plural attributes are one set,
//! `*` is everything, service tags and application security groups cover only themselves. What is
//! not known is kept as bounds: `least` is matched for certain, `most` at the utmost.

mod flow;
mod read;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::Graph;
use super::boxes::{Bounds, Boxes, Class};
use crate::analysis::rules::Truth;
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;
pub(in crate::analysis::rules) use flow::Flow;

/// The rules of one group, by priority; those of unknown priority last.
pub struct RuleSet<'a> {
    /// The group's document, unless it belongs to another root.
    pub group: Option<&'a Document>,
    /// Its rules, without Azure's default rules.
    pub rules: Vec<SecurityRule<'a>>,
    /// Why it may have more rules, which are not known: a `dynamic` block over something unknown. They may
    /// let in anything; what the known rules let in stays let in.
    pub open: Option<String>,
    index: OnceCell<Index>,
    decided: OnceCell<Vec<bool>>,
}

/// What sets of thousands of rules are asked again and again.
struct Index {
    /// The boxes of the rules.
    boxes: Boxes,
    /// Every rule is wholly known.
    known: bool,
}

/// True for rules of the same direction, and of known action.
fn same_direction(inbound: Option<bool>) -> impl Fn(Class) -> bool {
    move |(direction, allow)| inbound.is_some() && direction == inbound && allow.is_some()
}

/// True for rules that may deny something inbound.
fn may_deny((inbound, allow): Class) -> bool {
    inbound != Some(false) && allow != Some(true)
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
    pub least: Arc<Flow>,
    /// What it matches at the utmost.
    pub most: Arc<Flow>,
    /// The first unknown of the rule, in words.
    pub unknown: Option<String>,
    /// Around all that it matches at the utmost.
    bounds: Bounds,
}

impl SecurityRule<'_> {
    /// False when the other certainly matches something that this one does not; cheap.
    pub fn may_cover(&self, other: &SecurityRule<'_>) -> bool {
        self.bounds.may_cover(&other.bounds)
    }

    /// Its direction and action.
    fn class(&self) -> Class {
        (self.inbound, self.allow)
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
pub struct Force {
    /// Flows let in for certain.
    pub surely: Vec<Flow>,
    /// Flows let in at the utmost.
    pub perhaps: Vec<Flow>,
    /// The unknown that makes the two differ, in words.
    pub unknown: Option<String>,
}

impl<'a> RuleSet<'a> {
    fn new(group: Option<&'a Document>) -> RuleSet<'a> {
        RuleSet {
            group,
            rules: Vec::new(),
            open: group.and_then(read::open),
            index: OnceCell::new(),
            decided: OnceCell::new(),
        }
    }

    /// The part of an Allow rule that lies in `region` and that no earlier Deny rule takes away.
    /// `region` is applied to the rule's own match, least and most.
    pub fn force(&self, rule: &SecurityRule<'a>, region: impl Fn(&Flow) -> Flow) -> Force {
        let none = |unknown| Force { surely: Vec::new(), perhaps: Vec::new(), unknown };
        let allow = rule.allow != Some(false) && rule.inbound != Some(false);
        if !allow {
            return none(rule.unknown.clone());
        }
        let most = region(&rule.most);
        if most.is_empty() {
            return none(rule.unknown.clone());
        }
        let reach = most.bounds();
        let earlier =
            || self.before(rule, reach, may_deny).filter(|r| !std::ptr::eq(r.document, rule.document));
        let known = self.is_known();
        let perhaps = most.without(self.denials(rule, reach).map(|r| &*r.least));
        // What is known throughout is the same at the utmost.
        let surely = if known {
            perhaps.clone()
        } else if rule.allow == Some(true) && rule.inbound == Some(true) {
            region(&rule.least).without(earlier().map(|r| &*r.most))
        } else {
            Vec::new()
        };
        let others = || if known { None } else { earlier().find_map(|r| r.unknown.clone()) };
        let unknown = rule.unknown.clone().or_else(others);
        Force { surely, perhaps, unknown }
    }

    /// The first earlier Deny rule that takes away something of what an Allow rule matches in `region`.
    pub fn shadow(&self, rule: &SecurityRule<'a>, region: impl Fn(&Flow) -> Flow) -> Option<&'a Document> {
        let most = region(&rule.most);
        let first = self.denials(rule, most.bounds()).find(|r| r.least.meets(&most));
        first.map(|r| r.document)
    }

    /// The rules that certainly come before one and certainly deny something inbound in a box, in their order.
    fn denials(&self, rule: &SecurityRule<'a>, reach: Bounds) -> impl Iterator<Item = &SecurityRule<'a>> {
        let until = if rule.priority.is_some() { self.earlier_than(rule) } else { 0 };
        self.meeting(reach, 0..until, |class| class == (Some(true), Some(false)))
    }

    /// The rules of some kinds that may come before a rule and match something in a box, in their order: those of
    /// lower priority numbers, and those of which the number is not known; of a rule without a known number all.
    fn before(
        &self,
        rule: &SecurityRule<'a>,
        reach: Bounds,
        wanted: impl Fn(Class) -> bool + Copy,
    ) -> impl Iterator<Item = &SecurityRule<'a>> {
        let known = self.rules.partition_point(|r| r.priority.is_some());
        let unplaced =
            (known < self.rules.len()).then(|| self.meeting(reach, known..self.rules.len(), wanted));
        self.meeting(reach, 0..self.earlier_than(rule), wanted).chain(unplaced.into_iter().flatten())
    }

    /// How many rules with a known number certainly come before one, or may where its own is not known.
    fn earlier_than(&self, rule: &SecurityRule<'a>) -> usize {
        let before = |r: &SecurityRule<'a>| rule.priority.is_none() || r.priority < rule.priority;
        self.rules.partition_point(|r| r.priority.is_some() && before(r))
    }

    /// The rules of a stretch and some kinds that may match something in a box, in their order.
    fn meeting(
        &self,
        reach: Bounds,
        stretch: Range<usize>,
        wanted: impl Fn(Class) -> bool,
    ) -> impl Iterator<Item = &SecurityRule<'a>> {
        self.index().boxes.meeting(reach, stretch, wanted).filter_map(|at| self.rules.get(at))
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index {
            boxes: Boxes::new(self.rules.iter().map(|r| (r.class(), r.bounds))),
            known: self.rules.iter().all(SecurityRule::is_known),
        })
    }

    /// The rules that may allow something of what a Deny rule denies before it does.
    pub fn rivals(&self, deny: &SecurityRule<'a>) -> impl Iterator<Item = &SecurityRule<'a>> {
        let direction = deny.inbound;
        self.before(deny, deny.bounds, move |(inbound, allow)| {
            allow != Some(false) && (inbound.is_none() || inbound == direction)
        })
    }

    /// True when every rule is wholly known.
    pub fn is_known(&self) -> bool {
        self.index().known
    }

    /// Earlier rules of the same direction that match something of a rule, all of them known; those of one
    /// action where it is named.
    pub fn earlier(
        &self,
        rule: &SecurityRule<'a>,
        action: Option<bool>,
    ) -> impl Iterator<Item = &SecurityRule<'a>> {
        let of_direction = same_direction(rule.inbound);
        let wanted = move |class: Class| of_direction(class) && (action.is_none() || class.1 == action);
        let until = if rule.priority.is_some() { self.earlier_than(rule) } else { 0 };
        self.meeting(rule.bounds, 0..until, wanted)
    }

    /// Whether earlier rules decide all of each rule, as [`RuleSet::earlier`] has them.
    pub fn decided(&self) -> &[bool] {
        self.decided.get_or_init(|| {
            let one =
                |rule: &SecurityRule<'a>| rule.most.is_covered(self.earlier(rule, None).map(|e| &*e.least));
            self.rules.iter().map(one).collect()
        })
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
        if let Some(why) = &self.open {
            reach.perhaps.extend(Some(region(&Flow::everything())).filter(|f| !f.is_empty()));
            reach.unknown.get_or_insert_with(|| why.clone());
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
                let unknown = self.rules.iter().find_map(|r| r.unknown.clone()).or_else(|| self.open.clone());
                Truth::Unknown(unknown.unwrap_or_else(|| "part of a rule is not known".to_owned()))
            }
        }
    }

    fn decide(&self, wanted: &Flow, inbound: bool, otherwise: bool, hopeful: bool) -> bool {
        if hopeful && self.open.is_some() {
            return true;
        }
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
            let matched: &Flow = if allow == hopeful { &rule.most } else { &rule.least };
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
        sets[at].rules.push(read::rule(document));
    }
    for set in &mut found.sets {
        set.rules.sort_by_key(|r| r.priority.unwrap_or(i64::MAX));
    }
    found
}

#[cfg(test)]
mod tests;
