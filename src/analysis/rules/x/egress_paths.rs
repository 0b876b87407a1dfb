//! X-034 and X-035: ways in and out that do not fit each other.

use crate::analysis::finding::Severity;
use crate::analysis::rules::edg::load_balancers::pools;
use crate::analysis::rules::example::network;
use crate::analysis::rules::graph::places::{Attachment, Tenant};
use crate::analysis::rules::graph::routes::is_routed;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::nsg::combined::{Target, backends};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

/// A cluster whose egress goes to a firewall, and a service in it: its annotations.
macro_rules! forced {
    ($annotations:literal) => {
        concat!(
            network!(),
            routes!(),
            crate::analysis::rules::example::cluster!(
                r#"
  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    outbound_type       = "userDefinedRouting"
  }
"#,
                "    vnet_subnet_id = azurerm_subnet.nodes.id\n"
            ),
            r#"
resource "kubernetes_service" "web" {
  metadata {
    name = "web"
"#,
            $annotations,
            r#"  }

  spec {
    type = "LoadBalancer"

    port {
      port = 443
    }
  }
}
"#
        )
    };
}

/// A route table on the subnet of the nodes that sends everything to an appliance.
macro_rules! routes {
    () => {
        r#"resource "azurerm_route_table" "nodes" {
  name                = "rt-nodes"
  location            = "westeurope"
  resource_group_name = "rg-example"

  route {
    name                   = "default"
    address_prefix         = "0.0.0.0/0"
    next_hop_type          = "VirtualAppliance"
    next_hop_in_ip_address = "10.60.0.4"
  }
}

resource "azurerm_subnet_route_table_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  route_table_id = azurerm_route_table.nodes.id
}

"#
    };
}

pub(super) static ASYMMETRIC: Check = Check {
    meta: Meta {
        id: "TU-X-034",
        name: "asymmetric-public-ingress",
        severity: Severity::High,
        title: "a public load balancer leads into a subnet whose answers go out through a firewall",
        why: "Requests arrive by one address and answers leave by another: the firewall drops them, and no client gets \
              an answer.",
        fix: "Make the service internal and publish it by the firewall or an application gateway, or add a route for the \
              clients' addresses with next_hop_type = \"Internet\".",
        exceptions: "",
        bad: forced!(""),
        good: forced!(
            r#"
    annotations = {
      "service.beta.kubernetes.io/azure-load-balancer-internal" = "true"
    }
"#
        ),
        references: &["https://learn.microsoft.com/azure/firewall/integrate-lb"],
        ..Meta::ROW
    },
    check: asymmetric,
};

pub(super) static TWO_WAYS: Check = Check {
    meta: Meta {
        id: "TU-X-035",
        name: "two-egress-mechanisms",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "a subnet has a NAT gateway and another way out beside it",
        why: "Which public address others see depends on the route: allow lists of partners work now and then.",
        fix: "Keep one: the NAT gateway, the route to the appliance, or the load balancer's outbound rule.",
        exceptions: "",
        bad: concat!(network!(), nat!(), routes!()),
        good: concat!(network!(), nat!()),
        references: &["https://learn.microsoft.com/azure/nat-gateway/nat-overview"],
        ..Meta::ROW
    },
    check: two_ways,
};

/// A NAT gateway on the subnet of the nodes.
macro_rules! nat {
    () => {
        r#"resource "azurerm_nat_gateway" "example" {
  name                = "ng-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  sku_name            = "Standard"
}

resource "azurerm_subnet_nat_gateway_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  nat_gateway_id = azurerm_nat_gateway.example.id
}

"#
    };
}
use nat;

fn asymmetric(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let kind = cluster.get("properties.networkProfile.outboundType");
        let routed = is_routed(cluster);
        if routed == Truth::No {
            out.skip(cluster, "its egress goes through no route table of its own");
            continue;
        }
        let services = graph.public_services(cluster);
        let mut any = false;
        for pool in graph.pools(cluster) {
            let Link::To(subnet) = graph.link(pool.document.get("properties.vnetSubnetID")) else { continue };
            let forced = to_appliance(graph, subnet);
            if forced == Truth::No {
                continue;
            }
            any = true;
            let mut interfaces = graph.places().all_of(&subnet.id, Tenant::Interface);
            let interface = interfaces.find(|nic| !Target::of(graph, nic).is_private());
            let certain = services.iter().find(|(_, public)| *public == Truth::Yes);
            let service = certain.map(|(s, _)| (s.address.to_string(), Some(s.block)));
            let machine = interface.map(|nic| (nic.label(), nic.declared.as_ref().map(|d| d.block)));
            match (service.or(machine), services.first()) {
                (Some((name, place)), _) => {
                    let text = format!(
                        "{name} is public, but answers from {} leave through an appliance",
                        subnet.name()
                    );
                    let fine = !routed.clone().and(forced);
                    out.judge(cluster, kind, fine, text).because(place, "what is public");
                }
                (None, Some((_, Truth::Unknown(why)))) => drop(out.unknown(cluster, why.clone())),
                (None, _) => drop(out.pass(cluster)),
            }
        }
        if !any {
            out.skip(cluster, "no subnet of its nodes sends everything to an appliance");
        }
    }
}

/// Whether a subnet sends everything to an appliance, and keeps no way back for clients.
fn to_appliance(graph: &Graph<'_>, subnet: &Document) -> Truth {
    let Link::To(table) = graph.link(graph.attached(subnet, Attachment::Table)) else { return Truth::No };
    let routes: Vec<&Document> = graph.children(&table.id, types::ROUTE).collect();
    let everywhere = |r: &Document| {
        Truth::of(r.get("properties.addressPrefix"), false, |v| {
            v.as_str().is_some_and(|p| ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"].contains(&p))
        })
    };
    let leads = |r: &Document, to: &str| Truth::is_word(r.get("properties.nextHopType"), to, false);
    let forced = Truth::any(routes.iter().map(|r| everywhere(r).and(leads(r, "VirtualAppliance"))));
    let back = Truth::any(routes.iter().map(|r| (!everywhere(r)).and(leads(r, "Internet"))));
    forced.and(!back)
}

fn two_ways(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for subnet in graph.of_type(types::SUBNET) {
        let gateway = graph.attached(subnet, Attachment::Nat);
        if Truth::is_set(gateway) == Truth::No {
            out.skip(subnet, "it has no NAT gateway");
            continue;
        }
        let routed = to_any_appliance(graph, subnet);
        let outbound = by_balancer(graph, subnet);
        let what = if routed == Truth::Yes { "a default route to an appliance" } else { "an outbound rule" };
        let text = format!("it has a NAT gateway, and {what} as well");
        out.judge(subnet, gateway, !routed.or(outbound), text);
    }
}

fn to_any_appliance(graph: &Graph<'_>, subnet: &Document) -> Truth {
    let Link::To(table) = graph.link(graph.attached(subnet, Attachment::Table)) else { return Truth::No };
    Truth::any(graph.children(&table.id, types::ROUTE).map(|route| {
        let all = Truth::of(route.get("properties.addressPrefix"), false, |v| is_word(v, "0.0.0.0/0"));
        all.and(Truth::is_word(route.get("properties.nextHopType"), "VirtualAppliance", false))
    }))
}

/// Whether an outbound rule of a load balancer is for machines of a subnet.
fn by_balancer(graph: &Graph<'_>, subnet: &Document) -> Truth {
    let fed: Vec<&Value> = graph.of_type(types::LB_OUTBOUND_RULE).flat_map(pools).collect();
    let machines = graph.places().all_of(&subnet.id, Tenant::Interface);
    let pairs = machines.flat_map(|nic| backends(graph, nic)).collect::<Vec<_>>();
    Truth::any(pairs.iter().flat_map(|a| fed.iter().map(|b| graph.same(a, b))))
}
