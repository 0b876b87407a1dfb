//! CHG-006, 007 and 017: upgrades of clusters and pools.

use super::{plain, pools};
use crate::analysis::changes::{Action, ResourceChange};
use crate::analysis::finding::Severity;
use crate::analysis::kubernetes::{ends, minor};
use crate::analysis::network::estate::Verdict as Fit;
use crate::analysis::rules::example::{changed, cluster};
use crate::analysis::rules::graph::before::{Before, Pair};
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::graph::{Graph, date};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::azure::estate::Document;
use crate::azure::types;

pub(super) static JUMP: Check = Check {
    meta: Meta {
        id: "TU-CHG-006",
        name: "version-jump",
        severity: Severity::High,
        title: "the Kubernetes version skips a minor or goes down",
        why: "AKS refuses both, in the middle of an apply.",
        fix: "Go up one minor at a time, with an apply for each.",
        exceptions: "",
        bad: changed!(
            cluster!("  kubernetes_version = \"1.34\"\n"),
            cluster!("  kubernetes_version = \"1.36\"\n")
        ),
        good: changed!(
            cluster!("  kubernetes_version = \"1.35\"\n"),
            cluster!("  kubernetes_version = \"1.36\"\n")
        ),
        references: &["https://learn.microsoft.com/azure/aks/upgrade-aks-cluster"],
        ..Meta::ROW
    },
    check: jump,
};

macro_rules! in_subnet {
    ($prefix:literal, $version:literal) => {
        concat!(
            r#"resource "azurerm_virtual_network" "example" {
  name                = "vnet-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.example.name
  address_prefixes     = [""#,
            $prefix,
            r#""]
}

resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"
  kubernetes_version  = ""#,
            $version,
            r#""

  default_node_pool {
    name           = "system"
    vm_size        = "Standard_D4s_v5"
    node_count     = 3
    max_pods       = 50
    vnet_subnet_id = azurerm_subnet.nodes.id
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin = "azure"
  }
}
"#
        )
    };
}

pub(super) static ROOM: Check = Check {
    meta: Meta {
        id: "TU-CHG-007",
        name: "upgrade-without-room",
        severity: Severity::High,
        title: "the upgrade has no addresses for the nodes that it adds",
        why: "An upgrade adds nodes before it drains others; when the subnet is full it stops half-way.",
        fix: "Give the pool a larger subnet, or upgrade with max_unavailable and no surge.",
        exceptions: "",
        bad: changed!(in_subnet!("10.0.0.0/26", "1.35"), in_subnet!("10.0.0.0/26", "1.36")),
        good: changed!(in_subnet!("10.0.0.0/23", "1.35"), in_subnet!("10.0.0.0/23", "1.36")),
        references: &["https://learn.microsoft.com/azure/aks/upgrade-aks-cluster"],
        ..Meta::ROW
    },
    check: room,
};

pub(super) static FREEZE: Check = Check {
    meta: Meta {
        id: "TU-CHG-017",
        name: "apply-in-freeze",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the upgrade would run in a time that is kept free of them",
        why: "The window was agreed with those who use the cluster; an apply does not ask for it.",
        fix: "Apply it in the maintenance window.",
        exceptions: "An urgent fix.",
        bad: changed!(
            cluster!("  kubernetes_version = \"1.35\"\n"),
            cluster!(
                "  kubernetes_version = \"1.36\"\n  maintenance_window {\n    not_allowed {\n      start = \"2026-11-01T00:00:00Z\"\n      end   = \"2027-01-10T00:00:00Z\"\n    }\n  }\n"
            )
        ),
        good: changed!(
            cluster!("  kubernetes_version = \"1.35\"\n"),
            cluster!(
                "  kubernetes_version = \"1.36\"\n  maintenance_window {\n    not_allowed {\n      start = \"2025-11-01T00:00:00Z\"\n      end   = \"2026-01-10T00:00:00Z\"\n    }\n  }\n"
            )
        ),
        references: &["https://learn.microsoft.com/azure/aks/planned-maintenance"],
        ..Meta::ROW
    },
    check: freeze,
};

const VERSION: &str = "properties.kubernetesVersion";

fn jump(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(before) = graph.before() else { return };
    for pair in graph.pairs(types::CLUSTER) {
        // What an upgrade channel did by itself is no change of the code.
        if before.graph.evaluation.is_none()
            && before.change(&pair.is.label()).is_none_or(|c| !sets_version(c))
        {
            out.pass(pair.is);
            continue;
        }
        let words = [pair.was, pair.is].map(|d| {
            let value = d.get(VERSION).or_else(|| d.get("properties.currentKubernetesVersion"));
            match value.and_then(|v| v.as_unknown()) {
                Some(unknown) => Err(unknown.reason.to_string()),
                None => Ok(value.and_then(|v| v.as_str())),
            }
        });
        let (was, is) = match words {
            [Err(why), _] | [_, Err(why)] => {
                out.unknown(pair.is, why);
                continue;
            }
            [_, Ok(None)] => {
                out.skip(pair.is, "the code does not choose the version");
                continue;
            }
            [Ok(None), Ok(Some(_))] => {
                out.unknown(
                    pair.is,
                    "the version before is not known: neither a state nor what is live tells it",
                );
                continue;
            }
            [Ok(Some(was)), Ok(Some(is))] => (was, is),
        };
        let at = pair.is.get(VERSION);
        let (Some(from), Some(to)) = (parts(was), parts(is)) else {
            out.unknown(pair.is, "a version is none that can be read");
            continue;
        };
        if is_below(&to, &from) {
            out.fail(pair.is, at, format!("the version goes down from {was} to {is}"));
        } else if to.1 > from.1 + 1 && !long_term(&pair, from.1, to.1) {
            out.fail(pair.is, at, format!("the version skips a minor from {was} to {is}"));
        } else {
            out.pass(pair.is);
        }
    }
}

/// True for a change that sets the cluster's version.
fn sets_version(change: &ResourceChange) -> bool {
    change.attributes.iter().any(|a| a.attribute == "kubernetes_version" || a.attribute.starts_with("body"))
}

/// Major, minor, and the patch where one is written.
fn parts(version: &str) -> Option<(u32, u32, Option<u32>)> {
    let mut parts = version.split('.').map(|p| p.parse::<u32>());
    let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
    Some((major, minor, parts.next().and_then(Result::ok)))
}

/// A version without a patch means any.
fn is_below(to: &(u32, u32, Option<u32>), from: &(u32, u32, Option<u32>)) -> bool {
    match ((to.0, to.1).cmp(&(from.0, from.1)), to.2, from.2) {
        (std::cmp::Ordering::Equal, Some(to), Some(from)) => to < from,
        (order, ..) => order.is_lt(),
    }
}

/// Both run with long-term support, and the calendar has it for both minors.
fn long_term(pair: &Pair<'_>, from: u32, to: u32) -> bool {
    let plan =
        |d: &Document| d.get("properties.supportPlan").is_some_and(|p| is_word(p, "AKSLongTermSupport"));
    let has = |minor: u32| ends(minor).is_some_and(|(_, long)| long.is_some());
    plan(pair.was) && plan(pair.is) && has(from) && has(to)
}

/// Attributes that a drain of nodes follows.
const UPGRADES: [&str; 4] = ["kubernetes_version", "orchestrator_version", "os_sku", "vm_size"];

/// What of a change upgrades or rotates nodes.
pub(super) fn upgrade(change: &ResourceChange) -> Option<&crate::analysis::changes::AttributeChange> {
    if !change.type_name.starts_with("azurerm_kubernetes_cluster") || change.action != Action::Change {
        return None;
    }
    let is_one = |path: &str| {
        let path = plain(path);
        UPGRADES.contains(&path.strip_prefix("default_node_pool.").unwrap_or(&path))
    };
    let found = change.attributes.iter().find(|a| is_one(&a.attribute) && a.before.is_some());
    found.or_else(|| pools::rotating(change).first().copied())
}

/// The upgrade that a pool goes through: its own, or that of its cluster's block.
fn upgrade_of<'c>(before: &'c Before<'_>, document: &Document) -> Option<&'c ResourceChange> {
    before.change(&document.label()).filter(|c| upgrade(c).is_some())
}

fn room(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(before) = graph.before() else { return };
    for pool in graph.all_pools() {
        let Some(change) = upgrade_of(before, pool.document) else { continue };
        let at = upgrade(change).and_then(|a| a.place.span);
        let subnets = ["properties.vnetSubnetID", "properties.podSubnetID"].map(|p| pool.document.get(p));
        let ids = subnets.iter().flatten().filter_map(|v| graph.id(Some(v))).map(|id| id.key());
        let ids: Vec<String> = ids.collect();
        let reports = graph.network().subnets.iter().filter(|s| ids.contains(&s.id.to_ascii_lowercase()));
        let mut told = false;
        for subnet in reports {
            told = true;
            let name = &subnet.name;
            match subnet.verdict {
                Fit::Fits => drop(out.pass(pool.document)),
                Fit::Unknown => drop(out.unknown(pool.document, subnet.consequence.clone())),
                Fit::TooSmall => {
                    let text = format!("{name} has no addresses left for the nodes that the upgrade adds");
                    out.fail(pool.document, None, text).at(at);
                }
            }
        }
        match subnets.iter().flatten().next() {
            _ if told => {}
            Some(_) => drop(out.unknown(pool.document, "the subnet of the pool is not in this root")),
            None => drop(out.skip(pool.document, "the pool is in a network that AKS manages")),
        }
    }
}

fn freeze(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(before) = graph.before() else { return };
    for cluster in graph.clusters() {
        let changes = graph.pools(cluster).into_iter().filter_map(|p| upgrade_of(before, p.document));
        let own = before.change(&cluster.label()).filter(|c| upgrade(c).is_some());
        let Some(change) = own.into_iter().chain(changes).next() else { continue };
        let at = upgrade(change).and_then(|a| a.place.span);
        let declared = cluster.declared.as_ref().and_then(|d| d.attributes.get("maintenance_window"));
        let Some(window) = declared.and_then(|w| w.as_slice()?.first()) else {
            out.skip(cluster, "it has no maintenance window");
            continue;
        };
        let list = |key: &str| window.get(key).and_then(|v| v.as_slice()).unwrap_or_default();
        let day = |v: Option<&crate::terraform::value::Value>| {
            v.and_then(|v| v.as_str()).and_then(|t| date(t.get(..10)?))
        };
        let frozen = list("not_allowed").iter().find(|span| {
            let (start, end) = (day(span.get("start")), day(span.get("end")));
            start.is_some_and(|s| s <= graph.today) && end.is_some_and(|e| graph.today <= e)
        });
        let days: Vec<&str> = list("allowed").iter().filter_map(|a| a.get("day")?.as_str()).collect();
        let today = graph.today.weekday().to_string();
        if let Some(span) = frozen {
            out.fail(
                cluster,
                None,
                "the upgrade would run in a span that the maintenance window does not allow",
            )
            .at(at)
            .because(span.origin.at, "the span is written here");
        } else if !days.is_empty() && !days.iter().any(|d| d.eq_ignore_ascii_case(&today)) {
            let text = format!("the upgrade would run on a {today}, outside of the maintenance window");
            out.fail(cluster, None, text).at(at);
        } else {
            out.pass(cluster);
        }
    }
}

/// The minor that a cluster will run.
pub(super) fn target(cluster: &Document) -> Option<u32> {
    minor(cluster.str(VERSION)?)
}
