//! NSG-014 to NSG-017: groups that guard nothing, and rules that get in each other's way.

use std::collections::HashMap;

use super::{DOCS, one_rule, with_nodes};
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, nsg};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

pub(super) static UNASSOCIATED: Check = Check {
    meta: Meta {
        id: "TU-NSG-014",
        name: "nsg-unassociated",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the security group is attached to nothing",
        why: "Its rules look like protection and do nothing.",
        fix: "Associate it with a subnet, or delete it.",
        exceptions: "Groups that another root module associates.",
        bad: nsg!(""),
        good: one_rule!("Inbound", "Allow", "Tcp", "Internet", "*", "443", with_nodes!()),
        references: &[DOCS],
        peers: &["PSRule Azure.NSG.Associated"],
    },
    check: unassociated,
};

pub(super) static OF_AKS: Check = Check {
    meta: Meta {
        id: "TU-NSG-015",
        name: "nsg-custom-rules-on-aks-managed",
        severity: Severity::Low,
        profile: Profile::Default,
        title: "a rule is added to the security group that AKS manages",
        why: "AKS writes that group by itself and may remove the rule at any time.",
        fix: "Put the rule into a group of your own on the subnet of the nodes.",
        exceptions: "",
        bad: concat!(
            cluster!(),
            "\n",
            managed_rule!("azurerm_kubernetes_cluster.example.node_resource_group")
        ),
        good: concat!(cluster!(), "\n", managed_rule!("\"rg-example\"")),
        references: &["https://learn.microsoft.com/azure/aks/support-policies"],
        peers: &["PSRule Azure.NSG.AKSRules"],
    },
    check: of_aks,
};

macro_rules! managed_rule {
    ($group:literal) => {
        concat!(
            r#"resource "azurerm_network_security_rule" "example" {
  name                        = "allow-web"
  resource_group_name         = "#,
            $group,
            r#"
  network_security_group_name = "nsg-nodes"
  priority                    = 200
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_address_prefix       = "203.0.113.0/24"
  source_port_range           = "*"
  destination_address_prefix  = "*"
  destination_port_range      = "443"
}
"#
        )
    };
}
use managed_rule;

pub(super) static BOTH_STYLES: Check = Check {
    meta: Meta {
        id: "TU-NSG-016",
        name: "nsg-inline-and-separate",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the group has rules of its own and rules that are resources",
        why: "Each apply removes the rules of the other style: a hole in the firewall that comes and goes.",
        fix: "Keep one style: security_rule blocks, or azurerm_network_security_rule resources.",
        exceptions: "",
        bad: concat!(one_rule!("Inbound", "Allow", "Tcp", "203.0.113.0/24", "*", "443"), separate!("200")),
        good: concat!(nsg!(""), separate!("200")),
        references: &[
            "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/network_security_group",
        ],
        peers: &[],
    },
    check: both_styles,
};

pub(super) static DUPLICATE: Check = Check {
    meta: Meta {
        id: "TU-NSG-017",
        name: "nsg-duplicate-priority",
        severity: Severity::High,
        profile: Profile::Default,
        title: "two rules of a group have the same priority in one direction, or the same name",
        why: "Azure refuses the second of them: the apply fails halfway.",
        fix: "Give each rule a priority and a name of its own.",
        exceptions: "",
        bad: concat!(nsg!(""), separate!("200"), separate!("200", "other")),
        good: concat!(nsg!(""), separate!("200"), separate!("210", "other")),
        references: &[DOCS],
        peers: &[],
    },
    check: duplicate,
};

macro_rules! separate {
    ($priority:literal) => {
        separate!($priority, "allow-web")
    };
    ($priority:literal, $name:literal) => {
        concat!(
            "\nresource \"azurerm_network_security_rule\" \"",
            $name,
            "\" {\n  name                        = \"",
            $name,
            r#""
  resource_group_name         = "rg-example"
  network_security_group_name = azurerm_network_security_group.example.name
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_address_prefix       = "203.0.113.0/24"
  source_port_range           = "*"
  destination_address_prefix  = "*"
  destination_port_range      = "443"
  priority                    = "#,
            $priority,
            "\n}\n"
        )
    };
}
use separate;

fn unassociated(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for group in graph.of_type(types::NSG) {
        let mut attached = graph.places().is_attached(Attachment::Group, &group.id);
        if group.declared.is_none() {
            let listed = ["properties.subnets", "properties.networkInterfaces"];
            attached = attached.or(listed.iter().any(|path| !group.items(path).is_empty()).into());
        }
        out.judge(group, None, graph.closed_world(group, attached), UNASSOCIATED.meta.title);
    }
}

/// The group that AKS makes for nodes: `aks-agentpool-12345678-nsg`.
fn is_managed_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("aks-agentpool-") && name.ends_with("-nsg")
}

fn of_aks(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let managed: Vec<String> = graph
        .of_type(types::CLUSTER)
        .filter_map(|c| c.str("properties.nodeResourceGroup"))
        .map(str::to_ascii_lowercase)
        .collect();
    for rule in graph.of_type(types::NSG_RULE) {
        let Some(declared) = rule.declared.as_ref().filter(|d| d.inline.is_empty()) else {
            out.skip(rule, "it is no resource of its own");
            continue;
        };
        let by_name = rule.id.segment("networkSecurityGroups").is_some_and(is_managed_name);
        let group = declared.instance.config.get("resource_group_name");
        let by_group = match group.and_then(Value::as_unknown).map(|u| &u.reason) {
            Some(Reason::Computed { address, path, .. }) => {
                let of = graph.estate.by_address(&address.to_string());
                &**path == "node_resource_group" && of.is_some_and(|d| d.is(types::CLUSTER))
            }
            _ => rule.id.resource_group().is_some_and(|g| managed.contains(&g.to_ascii_lowercase())),
        };
        out.judge(rule, group, (!by_name && !by_group).into(), OF_AKS.meta.title);
    }
}

/// True when the resource leaves changes of an argument alone.
pub(in crate::analysis::rules) fn ignores(document: &Document, argument: &str) -> bool {
    document.declared.as_ref().is_some_and(|d| {
        let lifecycle = &d.instance.lifecycle;
        lifecycle.ignore_all || lifecycle.ignore_changes.iter().any(|p| &**p == argument)
    })
}

fn both_styles(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for set in graph.rule_sets() {
        let Some(group) = set.group else { continue };
        let inline = |d: &Document| d.declared.as_ref().is_some_and(|d| !d.inline.is_empty());
        let own = set.rules.iter().find(|r| inline(r.document));
        let separate = set.rules.iter().find(|r| r.document.declared.is_some() && !inline(r.document));
        match (own, separate) {
            (Some(_), Some(separate)) if !ignores(group, "security_rule") => {
                let text = format!("{} has security_rule blocks and separate rules", group.name());
                let block = separate.document.declared.as_ref().map(|d| d.block);
                out.fail(group, None, text).because(block, "a rule that is a resource");
            }
            (own, separate) if !ignores(group, "security_rule") => {
                let inside = Truth::from(own.is_some()).unless(set.open.as_deref());
                let beside = Truth::from(separate.is_some()).unless(graph.stray(types::NSG_RULE));
                out.judge(group, None, !inside.and(beside), "");
            }
            _ => drop(out.pass(group)),
        }
    }
}

fn duplicate(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for set in graph.rule_sets() {
        let mut by_priority: HashMap<(bool, i64), &Document> = HashMap::new();
        let mut by_name: HashMap<String, &Document> = HashMap::new();
        for rule in &set.rules {
            let document = rule.document;
            let same_priority = rule
                .inbound
                .zip(rule.priority)
                .and_then(|key| by_priority.insert(key, document).map(|other| (key.1, other)));
            let name = document.get("name").and_then(Value::as_str).map(str::to_ascii_lowercase);
            let same_name = name.and_then(|name| by_name.insert(name, document));
            let found = match (same_priority, same_name) {
                (Some((priority, other)), _) => Some((format!("priority {priority}"), other)),
                (None, Some(other)) => Some(("the name".to_owned(), other)),
                (None, None) => None,
            };
            match found {
                Some((what, other)) => {
                    let text = format!("{} and {} share {what}", document.name(), other.name());
                    let block = other.declared.as_ref().map(|d| d.block);
                    out.fail(document, document.get("properties.priority"), text)
                        .because(block, "the other rule");
                }
                None if rule.priority.is_none() || rule.inbound.is_none() => {
                    let why = rule.unknown.clone().unwrap_or_else(|| "part of the rule is not known".into());
                    out.unknown(document, why);
                }
                None => drop(out.pass(document)),
            }
        }
    }
}
