//! CHG-004: more can reach a network, a vault, a registry or an API server than before.

use std::collections::{BTreeSet, HashMap};

use crate::analysis::changes::ResourceChange;
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{changed, nsg};
use crate::analysis::rules::graph::addresses::{Addresses, Ranges, range};
use crate::analysis::rules::graph::before::{Before, Pair};
use crate::analysis::rules::graph::rule_sets::{Flow, RuleSet};
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::nsg::exposure::named;
use crate::analysis::rules::nsg::ports::guarded;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-CHG-004",
        name: "opens-network",
        severity: Severity::High,
        title: "more can reach it after this change than before",
        why: "What an edit of one rule opens shows only in all rules together: a Deny that goes, or that comes later \
              than before, opens what an Allow below it always said.",
        fix: "Take back what is not meant, or name the sources and ports that are.",
        exceptions: "A service that is meant to be offered.",
        bad: changed!(
            nsg!(
                r#"
  security_rule {
    name                       = "deny-databases"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "Internet"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "5432"
  }

  security_rule {
    name                       = "allow-services"
    priority                   = 200
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_ranges    = ["443", "5432"]
  }
"#
            ),
            nsg!(
                r#"
  security_rule {
    name                       = "deny-databases"
    priority                   = 300
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "Internet"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "5432"
  }

  security_rule {
    name                       = "allow-services"
    priority                   = 200
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_ranges    = ["443", "5432"]
  }
"#
            )
        ),
        good: changed!(
            nsg!(
                r#"
  security_rule {
    name                       = "allow-services"
    priority                   = 200
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_ranges    = ["443", "5432"]
  }
"#
            ),
            nsg!(
                r#"
  security_rule {
    name                       = "allow-services"
    priority                   = 200
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_ranges    = ["443"]
  }
"#
            )
        ),
        references: &[
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
        ],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(before) = graph.before() else { return };
    groups(graph, before, out);
    attachments(graph, before, out);
    services(graph, out);
}

/// What is let in: for certain, and at the utmost.
struct Let {
    surely: Vec<Flow>,
    perhaps: Vec<Flow>,
    unknown: Option<String>,
}

impl Let {
    /// What a set of rules lets in, without Azure's own rules, which are the same everywhere.
    fn by(set: &RuleSet<'_>) -> Let {
        let mut all = Let { surely: Vec::new(), perhaps: Vec::new(), unknown: None };
        for rule in &set.rules {
            let force = set.force(rule, Flow::clone);
            all.surely.extend(force.surely);
            all.perhaps.extend(force.perhaps);
            all.unknown = all.unknown.or(force.unknown);
        }
        all
    }

    fn everything() -> Let {
        Let { surely: vec![Flow::everything()], perhaps: vec![Flow::everything()], unknown: None }
    }

    fn unknown(why: String) -> Let {
        Let { surely: Vec::new(), perhaps: vec![Flow::everything()], unknown: Some(why) }
    }
}

/// What Azure lets in by itself.
fn usual() -> [Flow; 2] {
    ["VirtualNetwork", "AzureLoadBalancer"]
        .map(|tag| Flow { sources: Addresses::of_prefix(tag), ..Flow::everything() })
}

/// Flows from the whole Internet among these.
fn from_internet(flows: &[Flow]) -> Vec<Flow> {
    let narrowed = flows.iter().map(|f| Flow { sources: f.sources.internet(), ..f.clone() });
    narrowed.filter(|f| !f.is_empty()).collect()
}

fn left<'f>(these: &'f [Flow], those: &'f [Flow]) -> Vec<Flow> {
    these.iter().flat_map(|f| f.without(those)).collect()
}

/// How much more is let in; nothing when there is no more of it for certain.
fn growth(graph: &Graph<'_>, now: &[Flow], then: &Let) -> Option<(Severity, String)> {
    let opened = left(&from_internet(now), &from_internet(&then.perhaps));
    if !opened.is_empty() {
        let ports = Ranges::union_of(opened.iter().flat_map(|f| f.ports.iter()));
        let grave = ports.and(&guarded(graph.parameters));
        let (severity, told) =
            if grave.is_empty() { (Severity::High, ports) } else { (Severity::Critical, grave) };
        return Some((severity, format!("the Internet reaches {}", named(&told))));
    }
    let added = left(now, &then.perhaps);
    let added = left(&added, &usual());
    let ports = Ranges::union_of(added.iter().flat_map(|f| f.ports.iter()));
    (!added.is_empty()).then(|| (Severity::Low, format!("more sources or destinations on {}", named(&ports))))
}

/// Groups of which a rule changes.
fn groups<'a>(graph: &Graph<'a>, before: &Before<'a>, out: &mut Outcomes<'_>) {
    let touched = touched(graph, before);
    let sets = |g: &Graph<'a>| -> HashMap<String, Let> {
        let sets = g.rule_sets().iter().filter_map(|s| Some((s.group?.id.key(), Let::by(s))));
        sets.collect()
    };
    let then = if touched.is_empty() { HashMap::new() } else { sets(&before.graph) };
    for set in graph.rule_sets() {
        let Some(group) = set.group else { continue };
        let Some(was) = before.document(group) else {
            out.skip(group, "it is new: its own rules judge it");
            continue;
        };
        if !touched.contains(&group.id.key()) {
            out.pass(group);
            continue;
        }
        let Some(then) = then.get(&was.id.key()) else { continue };
        let mut told = false;
        for rule in &set.rules {
            let force = set.force(rule, Flow::clone);
            if let Some((severity, text)) = growth(graph, &force.surely, then) {
                let text = format!("{} after this change: {}", text, rule.document.name());
                let changed = before.change(&rule.document.label()).and_then(|c| place(c, rule.document));
                out.fail(rule.document, rule.source(), text).severity(severity).at(changed);
                told = true;
            }
        }
        if told {
            continue;
        }
        let now = Let::by(set);
        let perhaps = left(&left(&now.perhaps, &then.surely), &usual());
        match now.unknown.or_else(|| then.unknown.clone()).filter(|_| !perhaps.is_empty()) {
            Some(why) => out.unknown(group, why),
            None => out.pass(group),
        };
    }
}

/// The text of a rule that changes: of a rule of its own, any attribute; of an inline one, nothing better
/// than the rule itself is known.
fn place(change: &ResourceChange, rule: &Document) -> Option<crate::terraform::source::Span> {
    let own = rule.declared.as_ref().is_some_and(|d| d.inline.is_empty());
    change.attributes.iter().filter(|_| own).find_map(|a| a.place.span)
}

/// The ids of groups that a change touches, themselves or a rule of theirs.
fn touched(graph: &Graph<'_>, before: &Before<'_>) -> BTreeSet<String> {
    let changed: BTreeSet<&str> = before.changes.iter().map(|c| &*c.address).collect();
    let mut found = BTreeSet::new();
    for estate in [graph.estate, before.graph.estate] {
        for document in estate.iter().filter(|d| d.is(types::NSG) || d.is(types::NSG_RULE)) {
            if !changed.contains(&*document.label()) {
                continue;
            }
            let group =
                if document.is(types::NSG) { Some(document.id.clone()) } else { document.id.parent() };
            found.extend(group.map(|id| id.key()));
        }
    }
    found
}

const GROUP: &str = "properties.networkSecurityGroup.id";

/// Subnets and network interfaces that get another group, or lose theirs.
fn attachments<'a>(graph: &Graph<'a>, before: &Before<'a>, out: &mut Outcomes<'_>) {
    let sides = [types::SUBNET, "Microsoft.Network/networkInterfaces"];
    for pair in sides.iter().flat_map(|t| graph.pairs(t)) {
        let (was, is) = pair.at(GROUP);
        if key(was) == key(is) {
            continue;
        }
        let then = behind(&before.graph, was);
        let now = behind(graph, is);
        match growth(graph, &now.surely, &then) {
            Some((severity, text)) => {
                let text = format!("{text} after this change: its network security group is another or gone");
                out.fail(pair.is, is, text).severity(severity);
            }
            None => match now.unknown.or(then.unknown) {
                Some(why) => drop(out.unknown(pair.is, why)),
                None => drop(out.pass(pair.is)),
            },
        }
    }
}

/// What identifies a reference: an id, or the reason why it is not known.
fn key(value: Option<&Value>) -> Option<String> {
    let value = value?;
    Some(match value.as_unknown() {
        Some(unknown) => unknown.reason.to_string(),
        None => value.as_str().unwrap_or_default().to_ascii_lowercase(),
    })
}

/// What the group at the end of a reference lets in.
fn behind(graph: &Graph<'_>, value: Option<&Value>) -> Let {
    match graph.link(value) {
        Link::None => Let::everything(),
        Link::To(group) => {
            let of = |s: &&RuleSet<'_>| s.group.is_some_and(|g| g.id.key() == group.id.key());
            graph.rule_sets().iter().find(of).map_or_else(Let::everything, Let::by)
        }
        Link::Outside(why) | Link::Unknown(why) => Let::unknown(format!("the rules of {why} are not known")),
    }
}

/// Who is answered: for certain, and at the utmost.
struct Answered {
    least: Addresses,
    most: Addresses,
    unknown: Option<String>,
}

fn services(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for (arm_type, read) in [
        (types::VAULT, vault as fn(&Document) -> Answered),
        (types::REGISTRY, registry),
        (types::CLUSTER, cluster),
    ] {
        for pair in graph.pairs(arm_type) {
            service(graph, out, pair, &read(pair.was), &read(pair.is));
        }
    }
}

fn service(graph: &Graph<'_>, out: &mut Outcomes<'_>, pair: Pair<'_>, then: &Answered, now: &Answered) {
    let opened = now.least.is_internet() && !then.most.is_internet();
    let (added, perhaps) = (now.least.minus(&then.most), now.most.minus(&then.least));
    if opened || !added.is_empty() {
        let (severity, text) = if opened {
            (Severity::High, "it answers the whole Internet after this change")
        } else {
            (Severity::Low, "it answers more addresses or subnets after this change")
        };
        let words = ["network", "public", "ip_ranges", "private_cluster", "body"];
        let change = graph.before().and_then(|b| b.change(&pair.is.label()));
        let mut attributes = change.into_iter().flat_map(|c| &c.attributes);
        let at = attributes.find(|a| words.iter().any(|w| a.attribute.contains(w)));
        out.fail(pair.is, None, text).severity(severity).at(at.and_then(|a| a.place.span));
        return;
    }
    match now.unknown.clone().or_else(|| then.unknown.clone()).filter(|_| !perhaps.is_empty()) {
        Some(why) => out.unknown(pair.is, why),
        None => out.pass(pair.is),
    };
}

/// A service that is closed, open, or open to a list.
fn answered<'v>(closed: Truth, restricted: Truth, listed: impl Iterator<Item = &'v Value>) -> Answered {
    let all = |unknown| Answered { least: Addresses::none(), most: Addresses::all(), unknown };
    match (closed, restricted) {
        (Truth::Yes, _) => Answered { least: Addresses::none(), most: Addresses::none(), unknown: None },
        (Truth::No, Truth::No) => Answered { least: Addresses::all(), ..all(None) },
        (Truth::Unknown(why), _) | (_, Truth::Unknown(why)) => all(Some(why)),
        (Truth::No, Truth::Yes) => {
            let mut least = Addresses::none();
            for item in listed {
                match (item.as_unknown(), item.as_str()) {
                    (Some(unknown), _) => {
                        let why = unknown.reason.to_string();
                        return Answered { least, most: Addresses::all(), unknown: Some(why) };
                    }
                    (None, Some(text)) if range(text).is_some() => {
                        least = least.or(&Addresses::of_prefix(text))
                    }
                    (None, Some(text)) => least = least.or(&Addresses::named(text)),
                    (None, None) => {}
                }
            }
            Answered { most: least.clone(), least, unknown: None }
        }
    }
}

fn off(document: &Document) -> Truth {
    Truth::of(document.get("properties.publicNetworkAccess"), false, |v| is_word(v, "Disabled"))
}

/// The members of lists at some paths, each at a path of its own; an unknown list stands for its members.
fn listed<'d>(document: &'d Document, lists: &[(&str, &str)]) -> Vec<&'d Value> {
    let mut found = Vec::new();
    for (list, member) in lists {
        match document.get(list) {
            Some(value) if value.is_unknown() => found.push(value),
            _ => found.extend(document.items(list).iter().map(|i| get(i, member).unwrap_or(i))),
        }
    }
    found
}

fn vault(document: &Document) -> Answered {
    let restricted = Truth::is_word(document.get("properties.networkAcls.defaultAction"), "Deny", false);
    let lists =
        [("properties.networkAcls.ipRules", "value"), ("properties.networkAcls.virtualNetworkRules", "id")];
    answered(off(document), restricted, listed(document, &lists).into_iter())
}

fn registry(document: &Document) -> Answered {
    let restricted = Truth::is_word(document.get("properties.networkRuleSet.defaultAction"), "Deny", false);
    let lists = [("properties.networkRuleSet.ipRules", "value")];
    answered(off(document), restricted, listed(document, &lists).into_iter())
}

fn cluster(document: &Document) -> Answered {
    const RANGES: &str = "properties.apiServerAccessProfile.authorizedIPRanges";
    let private = flag(document.get("properties.apiServerAccessProfile.enablePrivateCluster"), false);
    let ranges = document.get(RANGES);
    let restricted = crate::analysis::rules::graph::text::has_members(ranges);
    answered(private.or(off(document)), restricted, listed(document, &[(RANGES, "")]).into_iter())
}
