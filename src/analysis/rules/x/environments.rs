//! X-042: production and another environment, joined without a limit.

use crate::analysis::rules::graph::addresses::Addresses;
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::rule_sets::Flow;
use crate::analysis::rules::graph::{Graph, Link, environment};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

/// Two peered networks, of production and of development: what guards production.
macro_rules! peered {
    ($access:literal) => {
        concat!(
            r#"resource "azurerm_virtual_network" "production" {
  name                = "vnet-prod"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.0.0.0/16"]
  tags                = { environment = "production" }
}

resource "azurerm_virtual_network" "development" {
  name                = "vnet-dev"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.8.0.0/16"]
  tags                = { environment = "dev" }
}

resource "azurerm_virtual_network_peering" "example" {
  name                      = "to-dev"
  resource_group_name       = "rg-example"
  virtual_network_name      = azurerm_virtual_network.production.name
  remote_virtual_network_id = azurerm_virtual_network.development.id
}

resource "azurerm_subnet" "production" {
  name                 = "snet-apps"
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.production.name
  address_prefixes     = ["10.0.0.0/22"]
}

resource "azurerm_subnet_network_security_group_association" "production" {
  subnet_id                 = azurerm_subnet.production.id
  network_security_group_id = azurerm_network_security_group.example.id
}

"#,
            crate::analysis::rules::nsg::one_rule!("Inbound", $access, "*", "10.8.0.0/16", "*", "*")
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-042",
        name: "deny-and-peering-gap",
        profile: Profile::Strict,
        title: "production is peered with another environment, and no rule limits what comes from there",
        why: "What is tried out in development, and whoever gets in there, reaches production on every port.",
        fix: "Deny the other network's addresses in the security groups of production, after what is meant, or remove \
              the peering.",
        exceptions: "Networks between which a firewall stands.",
        bad: peered!("Allow"),
        good: peered!("Deny"),
        references: &["https://learn.microsoft.com/azure/virtual-network/virtual-network-peering-overview"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for peering in graph.of_type(types::PEERING) {
        let here = peering.id.parent().and_then(|id| graph.estate.by_id(&id));
        let there = graph.estate.by_ref(peering.get("properties.remoteVirtualNetwork.id"));
        let (Some(here), Some(there)) = (here, there) else {
            out.skip(peering, "one of the networks is not in this root");
            continue;
        };
        let production = match (environment(here), environment(there)) {
            (Some(true), Some(false)) => here,
            (Some(false), Some(true)) => there,
            _ => {
                out.skip(peering, "tags and names do not say that one is production and the other is not");
                continue;
            }
        };
        let other = if production.id == here.id { there } else { here };
        let limited = graph.closed_world(production, limits(graph, production, other));
        let limited = limited.unless(open(graph, production, other).as_deref());
        let text = format!(
            "{} is joined with {}, and no security group of {} limits what comes from there",
            production.name(),
            other.name(),
            production.name()
        );
        out.judge(peering, None, limited, text);
    }
}

/// Why a rule may limit what comes from another network, though none that is known does.
fn open(graph: &Graph<'_>, production: &Document, other: &Document) -> Option<String> {
    let space = other.get("properties.addressSpace.addressPrefixes").and_then(Value::as_unknown);
    let groups = graph.children(&production.id, types::SUBNET).find_map(|subnet| {
        match graph.link(graph.attached(subnet, Attachment::Group)) {
            Link::To(group) => graph.rules_of(&group.id)?.open.clone(),
            Link::Unknown(why) => Some(why),
            _ => None,
        }
    });
    let strays = [types::SUBNET, types::NSG_RULE].iter().find_map(|t| graph.stray(t));
    space.map(|u| u.reason.to_string()).or(groups).or_else(|| strays.map(str::to_owned))
}

/// Whether a security group of a network denies something of another network.
fn limits(graph: &Graph<'_>, production: &Document, other: &Document) -> Truth {
    let spaces = other.items("properties.addressSpace.addressPrefixes").iter().filter_map(Value::as_str);
    let tag = Addresses::named("VirtualNetwork");
    let from = spaces.fold(tag.clone(), |all, p| all.or(&Addresses::of_prefix(p)));
    let guards = graph.of_type(types::NSG).filter(|group| {
        let hosts = graph.places().attached(Attachment::Group, &group.id);
        hosts.iter().any(|h| h.id.parent().as_ref() == Some(&production.id))
    });
    let rules = guards.filter_map(|group| graph.rules_of(&group.id)).flat_map(|set| &set.rules);
    Truth::any(rules.map(|rule| {
        let meets = |flow: &Flow| !flow.sources.widened_to(&tag).and(&from).is_empty();
        let may = rule.allow != Some(true) && rule.inbound != Some(false) && meets(&rule.most);
        let does = rule.allow == Some(false) && rule.inbound == Some(true) && meets(&rule.least);
        match (may, does) {
            (_, true) => Truth::Yes,
            (true, false) => Truth::Unknown(rule.unknown.clone().unwrap_or_default()),
            (false, false) => Truth::No,
        }
    }))
}
