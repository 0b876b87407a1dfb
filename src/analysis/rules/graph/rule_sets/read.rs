//! Security rules, read from their documents.

use std::sync::Arc;

use super::{Flow, SecurityRule};
use crate::analysis::rules::graph::addresses::{Addresses, Ranges, ports, protocols};
use crate::azure::estate::{Document, get};
use crate::terraform::value::Value;

/// What a rule says under `properties`, by the names of ARM.
const NAMES: [&str; 14] = [
    "priority",
    "access",
    "direction",
    "protocol",
    "sourceAddressPrefix",
    "sourceAddressPrefixes",
    "sourceApplicationSecurityGroups",
    "destinationAddressPrefix",
    "destinationAddressPrefixes",
    "destinationApplicationSecurityGroups",
    "sourcePortRange",
    "sourcePortRanges",
    "destinationPortRange",
    "destinationPortRanges",
];

/// Why a group may have more rules than those that are known: its list of rules, or a member of it, is not.
pub(super) fn open(group: &Document) -> Option<String> {
    let blocks = group.declared.as_ref().and_then(|d| d.instance.config.get("security_rule"));
    let lists = [blocks, group.get("properties.securityRules")].into_iter().flatten();
    let members = lists.flat_map(|list| std::iter::once(list).chain(list.as_slice().unwrap_or_default()));
    members.filter_map(Value::as_unknown).map(|u| u.reason.to_string()).next()
}

/// Collects the unknowns of a rule while its parts are read.
struct Reader<'a> {
    /// By the place of their name in [`NAMES`].
    values: [Option<&'a Value>; NAMES.len()],
    unknown: Option<String>,
}

impl<'a> Reader<'a> {
    fn new(document: &'a Document) -> Reader<'a> {
        let mut values = [None; NAMES.len()];
        match document.get("properties") {
            Some(all) if all.is_unknown() => values = [Some(all); NAMES.len()],
            all => {
                for (name, value) in all.and_then(Value::as_map).into_iter().flatten() {
                    // The first of several spellings, as everywhere, unless one is the usual.
                    let at = NAMES.iter().position(|n| n.eq_ignore_ascii_case(name));
                    if let Some(at) = at.filter(|at| values[*at].is_none() || NAMES[*at] == &**name) {
                        values[at] = Some(value).filter(|v| !v.is_null());
                    }
                }
            }
        }
        Reader { values, unknown: None }
    }

    fn note(&mut self, value: &Value) -> bool {
        match value.as_unknown() {
            Some(unknown) => {
                self.unknown.get_or_insert_with(|| unknown.reason.to_string());
                true
            }
            None => false,
        }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.values[NAMES.iter().position(|n| *n == name)?]
    }

    /// A word that is one of two; `None` when unknown.
    fn choice(&mut self, name: &str, yes: &str) -> Option<bool> {
        match self.get(name) {
            Some(v) if self.note(v) => None,
            v => Some(v.and_then(Value::as_str).is_some_and(|s| s.eq_ignore_ascii_case(yes))),
        }
    }

    /// The texts of some values, singular and plural, and whether there may be more.
    fn texts(&mut self, names: &[&str]) -> (Vec<&'a str>, bool) {
        let mut texts = Vec::new();
        let mut more = false;
        for name in names {
            let Some(value) = self.get(name) else { continue };
            if self.note(value) {
                more = true;
                continue;
            }
            let items = value.as_slice().unwrap_or(std::slice::from_ref(value));
            for item in items {
                let item = get(item, "id").unwrap_or(item);
                if self.note(item) {
                    more = true;
                } else {
                    texts.extend(item.as_str().filter(|t| !t.is_empty()));
                }
            }
        }
        (texts, more)
    }

    /// Addresses on one side, for certain; and at the utmost, where that is more.
    fn addresses(&mut self, prefixes: [&str; 2], groups: &str) -> (Addresses, Option<Addresses>) {
        let (texts, more) = self.texts(&prefixes);
        let (names, more_names) = self.texts(&[groups]);
        let known = texts.into_iter().map(Addresses::of_prefix);
        let all = known.chain(names.into_iter().map(Addresses::named)).reduce(|all, a| all.or(&a));
        let least = all.unwrap_or_else(Addresses::none);
        // A group that is not known by name is none of the Internet's addresses all the same.
        let most = match (more, more_names) {
            (true, _) => Some(Addresses::all()),
            (false, true) => Some(least.or(&Addresses::named("<unknown application security group>"))),
            _ => None,
        };
        (least, most)
    }

    /// Ports or protocols, in the same way.
    fn ranges(&mut self, names: &[&str], read: fn(&str) -> Ranges) -> (Ranges, Option<Ranges>) {
        let (texts, more) = self.texts(names);
        let all = texts.into_iter().map(read).reduce(|all, r| all.or(&r));
        (all.unwrap_or_default(), more.then(|| read("*")))
    }

    fn has_one(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.get(name).is_some())
    }
}

/// The rule of a document.
pub(super) fn rule(document: &Document) -> SecurityRule<'_> {
    let mut reader = Reader::new(document);
    let priority = reader.get("priority");
    if let Some(value) = priority {
        reader.note(value);
    }
    let allow = reader.choice("access", "Allow");
    let inbound = reader.choice("direction", "Inbound");
    let (sources, most_sources) =
        reader.addresses(["sourceAddressPrefix", "sourceAddressPrefixes"], "sourceApplicationSecurityGroups");
    let to = ["destinationAddressPrefix", "destinationAddressPrefixes"];
    let groups = "destinationApplicationSecurityGroups";
    let (mut destinations, mut most_destinations) = reader.addresses(to, groups);
    let (protocols, most_protocols) = reader.ranges(&["protocol"], protocols);
    let from = ["sourcePortRange", "sourcePortRanges"];
    let (mut source_ports, mut most_source_ports) = reader.ranges(&from, ports);
    let (to_ports, most_to_ports) = reader.ranges(&["destinationPortRange", "destinationPortRanges"], ports);
    // An argument left out (a test's shorthand, an azapi body) restricts nothing.
    if !reader.has_one(&to) && !reader.has_one(&[groups]) {
        (destinations, most_destinations) = (Addresses::all(), None);
    }
    if !reader.has_one(&from) {
        (source_ports, most_source_ports) = (ports("*"), None);
    }
    let least = Arc::new(Flow { sources, destinations, protocols, source_ports, ports: to_ports });
    let same = most_sources.is_none()
        && most_destinations.is_none()
        && most_protocols.is_none()
        && most_source_ports.is_none()
        && most_to_ports.is_none();
    let most = if same {
        least.clone()
    } else {
        Arc::new(Flow {
            sources: most_sources.unwrap_or_else(|| least.sources.clone()),
            destinations: most_destinations.unwrap_or_else(|| least.destinations.clone()),
            protocols: most_protocols.unwrap_or_else(|| least.protocols.clone()),
            source_ports: most_source_ports.unwrap_or_else(|| least.source_ports.clone()),
            ports: most_to_ports.unwrap_or_else(|| least.ports.clone()),
        })
    };
    let priority = priority.and_then(Value::as_i64);
    SecurityRule {
        document,
        priority,
        allow,
        inbound,
        bounds: most.bounds(),
        least,
        most,
        unknown: reader.unknown,
    }
}
