//! ARO-008 to ARO-010: subnets, routes and ranges with which the installation fails.

use super::{openshift, openshift_network};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::addresses::range;
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Test, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

const NETWORKING: &str = "https://learn.microsoft.com/azure/openshift/concepts-networking";
const PROFILE: &str = "properties.networkProfile";
/// The longest prefixes that the service takes: of a subnet and of the range of pods.
const LONGEST_SUBNET: u32 = 27;
const LONGEST_PODS: u32 = 18;

pub(super) static NO_ROUTE: Check = Check {
    meta: Meta {
        id: "TU-ARO-008",
        name: "aro-udr-without-route",
        severity: Severity::High,
        title: "egress goes through a route table, but a subnet has no default route",
        why: "The installation fails: its nodes reach nothing outside of the network.",
        fix: "Add a route 0.0.0.0/0 to the firewall, and associate its table with both subnets.",
        bad: concat!(
            openshift_network!(
                "10.0.0.0/16",
                "  address_prefixes     = [\"10.0.0.0/24\"]\n",
                "  address_prefixes     = [\"10.0.1.0/24\"]\n"
            ),
            openshift!(
                "4.20.3",
                "Private",
                "3",
                "",
                "    outbound_type = \"UserDefinedRouting\"\n",
                "",
                "",
                "azurerm_subnet.main.id",
                "azurerm_subnet.workers.id",
                "10.128.0.0/14"
            )
        ),
        good: concat!(
            openshift_network!(
                "10.0.0.0/16",
                "  address_prefixes     = [\"10.0.0.0/24\"]\n",
                "  address_prefixes     = [\"10.0.1.0/24\"]\n"
            ),
            r#"resource "azurerm_route_table" "example" {
  name                = "rt-example"
  location            = "westeurope"
  resource_group_name = "rg-example"

  route {
    name                   = "default"
    address_prefix         = "0.0.0.0/0"
    next_hop_type          = "VirtualAppliance"
    next_hop_in_ip_address = "10.60.0.4"
  }
}

resource "azurerm_subnet_route_table_association" "main" {
  subnet_id      = azurerm_subnet.main.id
  route_table_id = azurerm_route_table.example.id
}

resource "azurerm_subnet_route_table_association" "workers" {
  subnet_id      = azurerm_subnet.workers.id
  route_table_id = azurerm_route_table.example.id
}

"#,
            openshift!(
                "4.20.3",
                "Private",
                "3",
                "",
                "    outbound_type = \"UserDefinedRouting\"\n",
                "",
                "",
                "azurerm_subnet.main.id",
                "azurerm_subnet.workers.id",
                "10.128.0.0/14"
            )
        ),
        references: &[NETWORKING],
        ..Meta::ROW
    },
    check: no_route,
};

pub(super) static SUBNETS: Check = Check {
    meta: Meta {
        id: "TU-ARO-009",
        name: "aro-subnet-problem",
        severity: Severity::High,
        title: "the subnets are not such that the service installs a cluster in them",
        why: "The installation fails.",
        fix: "Use two subnets of /27 or more, set private_link_service_network_policies_enabled = false on that of the \
              control plane, and set preconfigured_network_security_group_enabled where they have a security group.",
        bad: concat!(
            openshift_network!(
                "10.0.0.0/16",
                "  address_prefixes     = [\"10.0.0.0/28\"]\n",
                "  address_prefixes     = [\"10.0.1.0/24\"]\n"
            ),
            openshift!(
                "4.20.3",
                "Private",
                "3",
                "",
                "",
                "",
                "",
                "azurerm_subnet.main.id",
                "azurerm_subnet.workers.id",
                "10.128.0.0/14"
            )
        ),
        good: concat!(
            openshift_network!(
                "10.0.0.0/16",
                "  address_prefixes                              = [\"10.0.0.0/24\"]\n  private_link_service_network_policies_enabled = false\n",
                "  address_prefixes     = [\"10.0.1.0/24\"]\n"
            ),
            openshift!(
                "4.20.3",
                "Private",
                "3",
                "",
                "",
                "",
                "",
                "azurerm_subnet.main.id",
                "azurerm_subnet.workers.id",
                "10.128.0.0/14"
            )
        ),
        references: &[NETWORKING],
        ..Meta::ROW
    },
    check: subnets,
};

pub(super) static OVERLAP: Check = Check {
    meta: Meta {
        id: "TU-ARO-010",
        name: "aro-cidr-overlap",
        severity: Severity::High,
        title: "the ranges of pods, services and network overlap, or that of pods is too small",
        why: "What lies in the common part is unreachable, and the ranges cannot be changed later.",
        fix: "Choose pod_cidr (a /18 or more) and service_cidr outside of each other and of every network that the \
              cluster reaches.",
        bad: openshift!(
            "4.20.3",
            "Private",
            "3",
            "",
            "",
            "",
            "",
            "\"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example/subnets/main\"",
            "\"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example/subnets/workers\"",
            "172.30.0.0/15"
        ),
        good: concat!(
            openshift_network!(
                "10.0.0.0/16",
                "  address_prefixes                              = [\"10.0.0.0/24\"]\n  private_link_service_network_policies_enabled = false\n",
                "  address_prefixes     = [\"10.0.1.0/24\"]\n"
            ),
            openshift!(
                "4.20.3",
                "Private",
                "3",
                "",
                "",
                "",
                "",
                "azurerm_subnet.main.id",
                "azurerm_subnet.workers.id",
                "10.128.0.0/14"
            )
        ),
        references: &[NETWORKING],
        ..Meta::ROW
    },
    check: overlap,
};

/// The values that name a cluster's subnets: that of the control plane first.
fn subnets_of(cluster: &Document) -> Vec<&Value> {
    let main = cluster.get("properties.masterProfile.subnetId");
    let workers = cluster.items("properties.workerProfiles").iter();
    main.into_iter().chain(workers.filter_map(|w| crate::azure::estate::get(w, "subnetId"))).collect()
}

fn no_route(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::OPENSHIFT) {
        let kind = cluster.get(&format!("{PROFILE}.outboundType"));
        let routed = Truth::is_word(kind, "UserDefinedRouting", false);
        if routed == Truth::No {
            out.skip(cluster, "its egress does not go through a route table of its own");
            continue;
        }
        for value in subnets_of(cluster) {
            let (fine, name) = match graph.link(Some(value)) {
                Link::To(subnet) => (graph.has_default_route(subnet), subnet.name()),
                Link::Outside(what) | Link::Unknown(what) => {
                    (Truth::Unknown(format!("its subnet: {what}")), "")
                }
                Link::None => continue,
            };
            let text =
                format!("egress goes through a route table, but the subnet {name} has no default route");
            out.judge(cluster, kind, fine.or(!routed.clone()), text);
        }
    }
}

fn subnets(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::OPENSHIFT) {
        let values = subnets_of(cluster);
        if let [main, worker, ..] = values.as_slice() {
            let same = graph.same(main, worker);
            let text = "control plane and workers are to share one subnet";
            out.judge(cluster, Some(worker), !same, text);
        }
        for (at, value) in values.into_iter().enumerate() {
            match graph.link(Some(value)) {
                Link::To(subnet) => judge_subnet(graph, out, cluster, subnet, at == 0),
                Link::Outside(what) | Link::Unknown(what) => {
                    out.unknown(cluster, format!("its subnet: {what}"));
                }
                Link::None => {}
            }
        }
    }
}

fn judge_subnet(
    graph: &Graph<'_>,
    out: &mut Outcomes<'_>,
    cluster: &Document,
    subnet: &Document,
    is_main: bool,
) {
    let listed = subnet.get("properties.addressPrefixes");
    let prefix = match listed.and_then(Value::as_slice) {
        Some([only]) => Some(only),
        _ => listed.filter(|v| v.is_unknown()).or_else(|| subnet.get("properties.addressPrefix")),
    };
    let large = Truth::of(prefix, true, |v| v.as_str().is_none_or(|p| length(p) <= LONGEST_SUBNET));
    let text = format!("the subnet {} is smaller than a /{LONGEST_SUBNET}", subnet.name());
    out.judge(cluster, prefix, large, text);

    let group = graph.attached(subnet, Attachment::Group);
    let flag = cluster.get(&format!("{PROFILE}.preconfiguredNSG"));
    let expected = Test::OneOf(&["Enabled"]).of(flag, false);
    let text = format!("the subnet {} has a security group, which the cluster is not told of", subnet.name());
    out.judge(cluster, flag, (!Truth::is_set(group)).or(expected), text);

    if is_main {
        let policies = subnet.get("properties.privateLinkServiceNetworkPolicies");
        let off = Test::OneOf(&["Disabled"]).of(policies, false);
        let text = format!("policies for private link services are on in the subnet {}", subnet.name());
        out.judge(cluster, policies, off, text);
    }
}

fn overlap(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::OPENSHIFT) {
        let pods = cluster.get(&format!("{PROFILE}.podCidr"));
        let services = cluster.get(&format!("{PROFILE}.serviceCidr"));
        let enough = Truth::of(pods, true, |v| v.as_str().is_none_or(|p| length(p) <= LONGEST_PODS));
        out.judge(cluster, pods, enough, format!("the range of pods is smaller than a /{LONGEST_PODS}"));

        let subnet = subnets_of(cluster).into_iter().find_map(|v| graph.id(Some(v)));
        let network = subnet.and_then(|id| graph.estate.by_id(&graph.network_of(&id)?));
        let space = network.and_then(|n| n.get("properties.addressSpace.addressPrefixes"));
        let unknown_space = space.filter(|v| v.is_unknown());
        let prefixes = space.and_then(Value::as_slice).unwrap_or_default().iter().chain(unknown_space);
        let of_network: Vec<&Value> = prefixes.collect();
        let mut pairs: Vec<(&str, Option<&Value>, Option<&Value>)> =
            vec![("the ranges of pods and services overlap", pods, services)];
        for prefix in of_network {
            pairs.push(("the range of pods overlaps with the network", pods, Some(prefix)));
            pairs.push(("the range of services overlaps with the network", services, Some(prefix)));
        }
        for (text, a, b) in pairs {
            out.judge(cluster, a, apart(a, b), text);
        }
    }
}

/// Whether two ranges have no address in common.
fn apart(a: Option<&Value>, b: Option<&Value>) -> Truth {
    let (Some(a), Some(b)) = (a, b) else { return Truth::Yes };
    if let Some(unknown) = a.as_unknown().or_else(|| b.as_unknown()) {
        return Truth::Unknown(unknown.reason.to_string());
    }
    match (a.as_str().and_then(range), b.as_str().and_then(range)) {
        (Some((a_first, a_last, a_v6)), Some((b_first, b_last, b_v6))) => {
            (a_v6 != b_v6 || a_last < b_first || b_last < a_first).into()
        }
        // What is no range the provider refuses.
        _ => Truth::Yes,
    }
}

/// The length of a prefix; 0 where there is none.
fn length(prefix: &str) -> u32 {
    prefix.rsplit_once('/').and_then(|(_, length)| length.parse().ok()).unwrap_or(0)
}
