//! FWL-008: nodes behind a firewall that does not let them reach what AKS needs.

use super::{firewall, policy};
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::network;
use crate::analysis::rules::graph::addresses::{Ranges, ports, range};
use crate::analysis::rules::graph::firewalls::{FirewallRule, Layer, has};
use crate::analysis::rules::graph::routes::{prefixes, routed_clusters};
use crate::analysis::rules::graph::text::has_members;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::Document;

/// The tag of names that stands for all that nodes need.
const TAG: &str = "AzureKubernetesService";
/// What nodes need at the least, by name: one of each group.
const NEEDED: [&[&str]; 6] = [
    &["mcr.microsoft.com"],
    &["*.data.mcr.microsoft.com"],
    &["management.azure.com"],
    &["login.microsoftonline.com"],
    &["packages.microsoft.com"],
    &["acs-mirror.azureedge.net", "packages.aks.azure.com"],
];
/// How far policies may inherit.
const MAX_BASES: usize = 4;

pub(super) static GAP: Check = Check {
    meta: Meta {
        id: "TU-FWL-008",
        name: "fw-aks-egress-gap",
        severity: Severity::High,
        title: "nodes go out through a firewall that does not allow what AKS needs",
        why: "Nodes cannot pull system images or reach Azure: they never become ready, and the cluster is not made.",
        fix: "Allow fqdn_tags = [\"AzureKubernetesService\"] (destination_fqdn_tags in a policy) for the subnets of the \
              nodes.",
        bad: behind!(
            "    rule {\n      name              = \"web\"\n      source_addresses  = [\"10.0.0.0/16\"]\n      destination_fqdns = [\"example.com\"]\n\n      protocols {\n        type = \"Https\"\n        port = 443\n      }\n    }\n"
        ),
        good: behind!(
            "    rule {\n      name                  = \"aks\"\n      source_addresses      = [\"10.0.0.0/16\"]\n      destination_fqdn_tags = [\"AzureKubernetesService\"]\n\n      protocols {\n        type = \"Https\"\n        port = 443\n      }\n    }\n"
        ),
        references: &["https://learn.microsoft.com/azure/aks/outbound-rules-control-egress"],
        ..Meta::ROW
    },
    check,
};

macro_rules! behind {
    ($rules:literal) => {
        concat!(
            network!(),
            firewall!("\n  firewall_policy_id = azurerm_firewall_policy.example.id\n"),
            "\n",
            policy!(""),
            r#"
resource "azurerm_firewall_policy_rule_collection_group" "example" {
  name               = "rcg-example"
  firewall_policy_id = azurerm_firewall_policy.example.id
  priority           = 500

  application_rule_collection {
    name     = "out"
    priority = 100
    action   = "Allow"

"#,
            $rules,
            r#"  }
}

resource "azurerm_route_table" "nodes" {
  name                = "rt-nodes"
  location            = "westeurope"
  resource_group_name = "rg-example"

  route {
    name                   = "default"
    address_prefix         = "0.0.0.0/0"
    next_hop_type          = "VirtualAppliance"
    next_hop_in_ip_address = azurerm_firewall.example.ip_configuration[0].private_ip_address
  }
}

resource "azurerm_subnet_route_table_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  route_table_id = azurerm_route_table.nodes.id
}

"#,
            crate::analysis::rules::example::cluster!(
                r#"
  network_profile {
    network_plugin = "azure"
    outbound_type  = "userDefinedRouting"
  }
"#,
                "    vnet_subnet_id = azurerm_subnet.nodes.id\n"
            )
        )
    };
}
use behind;

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let rules = graph.firewall_rules();
    for cluster in routed_clusters(graph, out) {
        let mut judged = false;
        for pool in graph.pools(cluster) {
            let Link::To(subnet) = graph.link(pool.document.get("properties.vnetSubnetID")) else { continue };
            let Some(firewall) = graph.firewall_of(subnet) else { continue };
            judged = true;
            let owners = match owners(graph, firewall) {
                Ok(owners) => owners,
                Err(why) => {
                    out.unknown(cluster, format!("the rules of firewall {}: {why}", firewall.name()));
                    continue;
                }
            };
            let of: Vec<&FirewallRule<'_>> =
                rules.iter().filter(|r| owners.iter().any(|o| r.is_of(o))).collect();
            let allowed = allowed(&of, subnet);
            let fine = owners.iter().fold(allowed, |found, owner| graph.closed_world(owner, found));
            let fine = fine.unless(stray(graph).as_deref());
            let text = format!("firewall {} does not let the nodes reach what AKS needs", firewall.name());
            let outcome = out.judge(cluster, None, fine, text);
            outcome.because(firewall.declared.as_ref().map(|d| d.block), "the firewall");
        }
        if !judged {
            out.skip(cluster, "its egress does not go through a firewall of this root");
        }
    }
}

/// Why rules may be of any policy: a group of them does not know its own.
fn stray(graph: &Graph<'_>) -> Option<String> {
    let mut groups = graph.instances("azurerm_firewall_policy_rule_collection_group");
    groups.find_map(|group| match graph.link(group.config.get("firewall_policy_id")) {
        Link::Unknown(why) => Some(format!("{}: {why}", group.address)),
        _ => None,
    })
}

/// Whose rules a firewall obeys: its own, or those of its policy and of the policies above.
fn owners<'a>(graph: &Graph<'a>, firewall: &'a Document) -> Result<Vec<&'a Document>, String> {
    let mut found = Vec::new();
    let mut next = firewall.get("properties.firewallPolicy.id");
    for _ in 0..MAX_BASES {
        match graph.link(next) {
            Link::To(policy) => {
                found.push(policy);
                next = policy.get("properties.basePolicy.id");
            }
            Link::Outside(what) | Link::Unknown(what) => return Err(what),
            Link::None => break,
        }
    }
    Ok(if found.is_empty() { vec![firewall] } else { found })
}

/// Whether rules allow a subnet what its nodes need.
fn allowed(rules: &[&FirewallRule<'_>], subnet: &Document) -> Truth {
    let for_subnet: Vec<(&FirewallRule<'_>, Truth)> = rules
        .iter()
        .map(|r| (*r, r.allows.clone().and(from(r, subnet))))
        .filter(|(_, truth)| *truth != Truth::No)
        .collect();
    let any = |test: &dyn Fn(&FirewallRule<'_>) -> Truth| {
        Truth::any(for_subnet.iter().map(|(rule, applies)| applies.clone().and(test(rule))))
    };
    let by_tag = any(&|rule| match rule.layer {
        Layer::Application => has(rule.tags(), |t| t.eq_ignore_ascii_case(TAG)),
        Layer::Network => Truth::No,
    });
    let named = |name: &str| any(&|rule| has(rule.names(), |pattern| matches(pattern, name)));
    let by_name = Truth::all(NEEDED.iter().map(|group| Truth::any(group.iter().map(|name| named(name)))));
    let everywhere = any(&|rule| match rule.layer {
        Layer::Network => {
            let open = has(rule.ports(), |p| ports(p).covers(&Ranges::of(443, 443)));
            has(rule.destinations(), |d| d == "*" || d == "0.0.0.0/0").and(open)
        }
        Layer::Application => Truth::No,
    });
    by_tag.or(by_name).or(everywhere)
}

/// Whether a rule is about a subnet.
fn from(rule: &FirewallRule<'_>, subnet: &Document) -> Truth {
    if let Some(unknown) = rule.value.as_unknown() {
        return Truth::Unknown(unknown.reason.to_string());
    }
    let own = prefixes(subnet).filter_map(range).map(|(a, b, _)| Ranges::of(a, b));
    let own: Vec<Ranges> = own.collect();
    let open = own.is_empty().then_some("the addresses of the subnet are not known");
    let covers = |source: &str| {
        source == "*"
            || range(source).is_some_and(|(a, b, _)| {
                !own.is_empty() && own.iter().all(|own| Ranges::of(a, b).covers(own))
            })
    };
    let grouped = match has_members(rule.source_groups()) {
        Truth::Yes => Truth::Unknown("the addresses of an IP group are not known".to_owned()),
        other => other,
    };
    has(rule.sources(), covers).or(grouped).unless(open)
}

/// True for a name that a rule's pattern matches: `*.example.com`.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => name.to_ascii_lowercase().ends_with(&end.to_ascii_lowercase()),
        None => pattern.eq_ignore_ascii_case(name),
    }
}
