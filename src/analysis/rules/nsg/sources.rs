//! NSG-009, NSG-010: sources that look narrow and are not.

use super::exposure::{judge_all, named, ports_of};
use super::ports::{self, MANAGEMENT_PORTS};
use super::{DOCS, one_rule};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::addresses::{Addresses, Ranges, UDP};
use crate::analysis::rules::graph::rule_sets::Flow;
use crate::analysis::rules::settings::Broad;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};

/// Tags that stand for every customer of Azure.
const EVERYBODY: &str = "azurecloud";
/// Tags of services in which every customer can run code, or send requests.
const SHARED: [&str; 6] = [
    "appservice",
    "azuredevops",
    "logicapps",
    "powerplatforminfra",
    "azurefrontdoor.firstparty",
    "actiongroup",
];

pub(super) static BROAD: Check = Check {
    meta: Meta {
        id: "TU-NSG-009",
        name: "nsg-broad-public-source",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "a guarded port is open to a large part of the Internet",
        why: "A range wider than a /16 holds many networks of strangers: it hardly keeps anyone out.",
        fix: "Name the ranges of your own offices and services.",
        exceptions: "",
        bad: one_rule!("Inbound", "Allow", "Tcp", "20.0.0.0/8", "*", "22"),
        good: one_rule!("Inbound", "Allow", "Tcp", "203.0.113.0/24", "*", "22"),
        references: &[DOCS],
        peers: &["KICS sensitive_port_is_exposed_to_small_public_network"],
    },
    check: broad,
};

pub(super) static AZURE_CLOUD: Check = Check {
    meta: Meta {
        id: "TU-NSG-010",
        name: "nsg-azurecloud-source",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the source is a service tag that every customer of Azure is in",
        why: "Anyone can rent a machine in Azure and come from there; the rule looks safe in review.",
        fix: "Name the ranges that are meant, or use a private endpoint.",
        exceptions: "",
        bad: one_rule!("Inbound", "Allow", "Tcp", "AzureCloud", "*", "443"),
        good: one_rule!("Inbound", "Allow", "Tcp", "AzureFrontDoor.Backend", "*", "443"),
        references: &["https://learn.microsoft.com/azure/virtual-network/service-tags-overview"],
        peers: &[],
    },
    check: azure_cloud,
};

fn broad(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let guarded = ports::guarded(graph.parameters);
    let protocols = super::exposure::tcp().or(&Ranges::of(UDP, UDP));
    let region = |flow: &Flow| {
        if !flow.ports.meets(&guarded) || !flow.protocols.meets(&protocols) {
            return Flow::none();
        }
        Flow {
            sources: broad_part(&flow.sources, graph.parameters.broad()),
            protocols: flow.protocols.and(&protocols),
            ports: flow.ports.and(&guarded),
            ..flow.clone()
        }
    };
    judge_all(graph, out, region, |open| {
        let ports = ports_of(open);
        (!ports.is_empty()).then(|| format!("opens {} to a large part of the Internet", named(&ports)))
    });
}

/// The sources, when they are a broad public range and not the whole Internet.
fn broad_part(sources: &Addresses, broad: Broad) -> Addresses {
    let (v4, v6) = sources.public_size();
    let wide = v4 > broad.v4 || v6.is_some_and(|length| length < broad.v6);
    if wide && !sources.is_internet() { sources.clone() } else { Addresses::none() }
}

fn azure_cloud(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let management = ports::set(&[MANAGEMENT_PORTS]);
    let region = |flow: &Flow| {
        let is_everybody = |tag: &str| tag == EVERYBODY || tag.starts_with("azurecloud.");
        if flow.sources.names_one(is_everybody) {
            return flow.clone();
        }
        let shared = |tag: &str| {
            SHARED.iter().any(|s| tag == *s || tag.strip_prefix(s).is_some_and(|r| r.starts_with('.')))
        };
        if flow.sources.names_one(shared) {
            return Flow { ports: flow.ports.and(&management), ..flow.clone() };
        }
        Flow::none()
    };
    judge_all(graph, out, region, |open| {
        (!open.is_empty()).then(|| "lets every customer of Azure in".to_owned())
    });
}
