//! Rules of Azure Firewalls, wherever they are written: in a policy's groups or on the firewall itself,
//! in azurerm's words or in ARM's.

use super::{Graph, Link};
use crate::analysis::rules::{Subject, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::Value;

/// What a collection of rules is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Addresses, ports and protocols.
    Network,
    /// Names of hosts.
    Application,
}

/// How the parts of a rule are called.
#[derive(Debug)]
struct Words {
    sources: &'static str,
    source_groups: &'static str,
    destinations: &'static str,
    names: &'static str,
    tags: &'static str,
    ports: &'static str,
    protocols: &'static str,
}

const IN_POLICY: Words = Words {
    sources: "source_addresses",
    source_groups: "source_ip_groups",
    destinations: "destination_addresses",
    names: "destination_fqdns",
    tags: "destination_fqdn_tags",
    ports: "destination_ports",
    protocols: "protocols",
};
const CLASSIC: Words = Words { names: "target_fqdns", tags: "fqdn_tags", ..IN_POLICY };
const CLASSIC_NETWORK: Words = IN_POLICY;
const ARM_NETWORK: Words = Words {
    sources: "sourceAddresses",
    source_groups: "sourceIpGroups",
    destinations: "destinationAddresses",
    names: "destinationFqdns",
    tags: "fqdnTags",
    ports: "destinationPorts",
    protocols: "ipProtocols",
};
const ARM_APPLICATION: Words = Words { names: "targetFqdns", ..ARM_NETWORK };
const ARM_CLASSIC: Words = Words { protocols: "protocols", ..ARM_NETWORK };
const ARM_CLASSIC_APPLICATION: Words = Words { names: "targetFqdns", ..ARM_CLASSIC };

/// Whose rules they are.
#[derive(Clone, Debug)]
pub enum Owner<'a> {
    /// A firewall or a policy of this root.
    Of(&'a Document),
    /// Not in this root, or not known, in words.
    Elsewhere(String),
}

/// A rule.
pub struct FirewallRule<'a> {
    /// What declares it.
    pub subject: Subject,
    /// Whose it is.
    pub owner: Owner<'a>,
    /// What it is about.
    pub layer: Layer,
    /// Whether it allows.
    pub allows: Truth,
    /// The rule itself; unknown when it is.
    pub value: &'a Value,
    words: &'static Words,
}

impl<'a> FirewallRule<'a> {
    fn part(&self, name: &str) -> Option<&'a Value> {
        get(self.value, name)
    }

    /// Sources: prefixes.
    pub fn sources(&self) -> Option<&'a Value> {
        self.part(self.words.sources)
    }

    /// Sources: groups of prefixes that stand elsewhere.
    pub fn source_groups(&self) -> Option<&'a Value> {
        self.part(self.words.source_groups)
    }

    /// Destinations: prefixes and service tags.
    pub fn destinations(&self) -> Option<&'a Value> {
        self.part(self.words.destinations)
    }

    /// Destinations: names of hosts.
    pub fn names(&self) -> Option<&'a Value> {
        self.part(self.words.names)
    }

    /// Destinations: tags for names of hosts.
    pub fn tags(&self) -> Option<&'a Value> {
        self.part(self.words.tags)
    }

    /// Destination ports.
    pub fn ports(&self) -> Option<&'a Value> {
        self.part(self.words.ports)
    }

    /// Protocols.
    pub fn protocols(&self) -> Option<&'a Value> {
        self.part(self.words.protocols)
    }

    /// Its name, for messages.
    pub fn name(&self) -> &'a str {
        self.part("name").and_then(Value::as_str).unwrap_or("a rule")
    }

    /// True for a rule of this firewall or policy.
    pub fn is_of(&self, document: &Document) -> bool {
        matches!(self.owner, Owner::Of(owner) if owner.id == document.id)
    }
}

/// Whether a list has a member that passes; unknown members may.
pub(in crate::analysis::rules) fn has(list: Option<&Value>, test: impl Fn(&str) -> bool) -> Truth {
    let Some(list) = list.filter(|l| !l.is_null()) else { return Truth::No };
    if let Some(unknown) = list.as_unknown() {
        return Truth::Unknown(unknown.reason.to_string());
    }
    let items = list.as_slice().unwrap_or_default();
    Truth::any(items.iter().map(|v| Truth::of(Some(v), false, |v| v.as_str().is_some_and(&test))))
}

impl<'a> Graph<'a> {
    /// The rules of all firewalls that allow or deny (not those that translate addresses).
    pub fn firewall_rules(&self) -> &[FirewallRule<'a>] {
        self.firewall_rules.get_or_init(|| self.read_firewall_rules())
    }

    fn read_firewall_rules(&self) -> Vec<FirewallRule<'a>> {
        let mut found = Vec::new();
        for group in self.instances("azurerm_firewall_policy_rule_collection_group") {
            let owner = self.owner(group.config.get("firewall_policy_id"));
            for (block, layer) in [
                ("network_rule_collection", Layer::Network),
                ("application_rule_collection", Layer::Application),
            ] {
                for collection in listed(group.config.get(block)) {
                    let action = get(collection, "action");
                    Form {
                        subject: group.into(),
                        owner: owner.clone(),
                        layer,
                        rules: "rule",
                        words: &IN_POLICY,
                    }
                    .gather(&mut found, action, collection);
                }
            }
        }
        for (type_name, layer, words) in [
            ("azurerm_firewall_network_rule_collection", Layer::Network, &CLASSIC_NETWORK),
            ("azurerm_firewall_application_rule_collection", Layer::Application, &CLASSIC),
        ] {
            for collection in self.instances(type_name) {
                let owner = self.firewall_named(collection);
                let action = collection.config.get("action");
                Form { subject: collection.into(), owner: owner.clone(), layer, rules: "rule", words }
                    .gather(&mut found, action, &collection.config);
            }
        }
        for group in self.of_type(types::FIREWALL_RULES) {
            let policy = group.id.parent().and_then(|id| self.estate.by_id(&id));
            let owner = policy.map_or_else(|| Owner::Elsewhere("its policy is not here".into()), Owner::Of);
            for collection in listed(group.get("properties.ruleCollections")) {
                for (kind, layer, words) in [
                    ("NetworkRule", Layer::Network, &ARM_NETWORK),
                    ("ApplicationRule", Layer::Application, &ARM_APPLICATION),
                ] {
                    let action = get(collection, "action.type");
                    let from = found.len();
                    Form { subject: group.into(), owner: owner.clone(), layer, rules: "rules", words }
                        .gather(&mut found, action, collection);
                    let other = |rule: &FirewallRule<'_>| {
                        let own = get(rule.value, "ruleType").and_then(Value::as_str);
                        own.is_some_and(|own| !own.eq_ignore_ascii_case(kind))
                    };
                    let kept: Vec<_> = found.drain(from..).filter(|r| !other(r)).collect();
                    found.extend(kept);
                }
            }
        }
        for firewall in self.of_type(types::FIREWALL) {
            for (list, layer, words) in [
                ("properties.networkRuleCollections", Layer::Network, &ARM_CLASSIC),
                ("properties.applicationRuleCollections", Layer::Application, &ARM_CLASSIC_APPLICATION),
            ] {
                for collection in listed(firewall.get(list)) {
                    let action = get(collection, "properties.action.type");
                    let owner = Owner::Of(firewall);
                    let rules = get(collection, "properties").unwrap_or(collection);
                    Form { subject: firewall.into(), owner: owner.clone(), layer, rules: "rules", words }
                        .gather(&mut found, action, rules);
                }
            }
        }
        found
    }

    fn owner(&self, value: Option<&Value>) -> Owner<'a> {
        match self.link(value) {
            Link::To(document) => Owner::Of(document),
            Link::Outside(what) | Link::Unknown(what) => Owner::Elsewhere(what),
            Link::None => Owner::Elsewhere("no policy is named".to_owned()),
        }
    }

    /// The firewall that a classic collection names.
    fn firewall_named(&self, collection: &Instance) -> Owner<'a> {
        let known = |name: &str| collection.config.get(name).and_then(Value::as_str);
        let Some(name) = known("azure_firewall_name") else {
            return Owner::Elsewhere("the name of the firewall is not known".to_owned());
        };
        let group = known("resource_group_name");
        let is_it = |f: &&Document| {
            f.name().eq_ignore_ascii_case(name)
                && f.id.resource_group().zip(group).is_none_or(|(a, b)| a.eq_ignore_ascii_case(b))
        };
        match self.of_type(types::FIREWALL).find(is_it) {
            Some(firewall) => Owner::Of(firewall),
            None => Owner::Elsewhere(format!("firewall {name} is not in this root")),
        }
    }
}

/// The members of a known list.
fn listed(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_slice).unwrap_or_default()
}

/// Where a collection stands and how its rules are written.
struct Form<'a> {
    subject: Subject,
    owner: Owner<'a>,
    layer: Layer,
    /// The member that has the rules.
    rules: &'static str,
    words: &'static Words,
}

impl<'a> Form<'a> {
    /// Adds the rules of a collection; a list that is not known counts as one rule that is not.
    fn gather(self, found: &mut Vec<FirewallRule<'a>>, action: Option<&Value>, collection: &'a Value) {
        let allows = Truth::is_word(action, "Allow", false);
        let list = get(collection, self.rules);
        let unknown = list.filter(|l| l.is_unknown());
        for value in listed(list).iter().chain(unknown) {
            let Form { subject, owner, layer, words, .. } = &self;
            let (subject, owner, allows) = (subject.clone(), owner.clone(), allows.clone());
            found.push(FirewallRule { subject, owner, layer: *layer, allows, value, words });
        }
    }
}
