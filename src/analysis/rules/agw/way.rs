//! AGW-021 to AGW-023: the subnet of a gateway, and its logs.

use super::{gateway, has_public_frontend, is_v2};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::addresses::{Addresses, Ranges, TCP};
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::rule_sets::Flow;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::nsg::values::refused;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;

/// Ports on which Azure manages gateways of the second generation.
const MANAGEMENT: (u128, u128) = (65200, 65535);
const INFRASTRUCTURE: &str =
    "https://learn.microsoft.com/azure/application-gateway/configuration-infrastructure";

pub(super) static PORTS: Check = Check {
    meta: Meta {
        id: "TU-AGW-021",
        name: "agw-nsg-missing-ports",
        severity: Severity::High,
        title: "the security group of the gateway's subnet blocks what the gateway needs",
        why: "Azure refuses the gateway, or it stays unhealthy and takes no changes.",
        fix: "Allow inbound TCP 65200-65535 from GatewayManager, and everything from AzureLoadBalancer, before any \
              rule that denies.",
        bad: guarded!(""),
        good: guarded!(
            r#"
  security_rule {
    name                       = "gateway-manager"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "GatewayManager"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "65200-65535"
  }

  security_rule {
    name                       = "probes"
    priority                   = 110
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = "AzureLoadBalancer"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
"#
        ),
        references: &[INFRASTRUCTURE],
        ..Meta::ROW
    },
    check: ports,
};

macro_rules! guarded {
    ($rules:literal) => {
        concat!(
            placed!(),
            crate::analysis::rules::example::nsg!($rules),
            r#"
resource "azurerm_subnet_network_security_group_association" "gateway" {
  subnet_id                 = azurerm_subnet.gateway.id
  network_security_group_id = azurerm_network_security_group.example.id
}
"#
        )
    };
}
use guarded;

pub(super) static DEFAULT_ROUTE: Check = Check {
    meta: Meta {
        id: "TU-AGW-022",
        name: "agw-udr-default",
        severity: Severity::High,
        title: "the route table of the gateway's subnet sends 0.0.0.0/0 somewhere else than to the Internet",
        why: "Azure does not support it: management traffic takes a way on which answers never come back, and the \
              gateway turns unhealthy.",
        fix: "Remove the route, or set next_hop_type = \"Internet\".",
        exceptions: "Private gateways with network isolation switched on.",
        bad: routed!("VirtualAppliance", "  next_hop_in_ip_address = \"10.1.0.4\"\n"),
        good: routed!("Internet", ""),
        references: &[INFRASTRUCTURE],
        ..Meta::ROW
    },
    check: default_route,
};

macro_rules! routed {
    ($hop:literal, $more:literal) => {
        concat!(
            placed!(),
            r#"
resource "azurerm_route_table" "gateway" {
  name                = "rt-gateway"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_route" "default" {
  name                = "default"
  resource_group_name = "rg-example"
  route_table_name    = azurerm_route_table.gateway.name
  address_prefix      = "0.0.0.0/0"
  next_hop_type       = ""#,
            $hop,
            "\"\n",
            $more,
            r#"}

resource "azurerm_subnet_route_table_association" "gateway" {
  subnet_id      = azurerm_subnet.gateway.id
  route_table_id = azurerm_route_table.gateway.id
}
"#
        )
    };
}
use routed;

/// A gateway in a subnet of this root.
macro_rules! placed {
    () => {
        r#"resource "azurerm_subnet" "gateway" {
  name                 = "snet-gateway"
  resource_group_name  = "rg-example"
  virtual_network_name = "vnet-example"
  address_prefixes     = ["10.0.4.0/24"]
}

resource "azurerm_application_gateway" "example" {
  name                = "agw-example"
  location            = "westeurope"
  resource_group_name = "rg-example"

  sku {
    name     = "WAF_v2"
    tier     = "WAF_v2"
    capacity = 2
  }

  gateway_ip_configuration {
    name      = "gateway"
    subnet_id = azurerm_subnet.gateway.id
  }

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/publicIPAddresses/pip-example"
  }

  frontend_port {
    name = "https"
    port = 443
  }

  backend_address_pool {
    name = "nodes"
  }
}

"#
    };
}
use placed;

pub(super) static LOGS: Check = Check {
    meta: Meta {
        id: "TU-AGW-023",
        name: "agw-no-access-logs",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the gateway's access or firewall log is not kept",
        why: "Nobody can tell what was attacked, or why a request was blocked.",
        fix: "Add an azurerm_monitor_diagnostic_setting with ApplicationGatewayAccessLog and, with a WAF, \
              ApplicationGatewayFirewallLog, or the group allLogs.",
        bad: gateway!(""),
        good: concat!(
            gateway!(""),
            r#"
resource "azurerm_monitor_diagnostic_setting" "gateway" {
  name                       = "logs"
  target_resource_id         = azurerm_application_gateway.example.id
  log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.OperationalInsights/workspaces/log-example"

  enabled_log {
    category = "ApplicationGatewayAccessLog"
  }
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/application-gateway/monitor-application-gateway"],
        ..Meta::ROW
    },
    check: logs,
};

/// The subnet of a gateway of the second generation; otherwise why there is none to judge.
enum Place<'a> {
    Subnet(&'a Document),
    Unknown(String),
    FirstGeneration,
}

fn place<'a>(graph: &Graph<'a>, gateway: &'a Document) -> Place<'a> {
    match is_v2(gateway) {
        Truth::No => return Place::FirstGeneration,
        Truth::Unknown(why) => return Place::Unknown(why),
        Truth::Yes => {}
    }
    let configurations = gateway.items("properties.gatewayIPConfigurations");
    let subnet = configurations.first().and_then(|c| get(c, "properties.subnet.id"));
    match graph.link(subnet) {
        Link::To(subnet) => Place::Subnet(subnet),
        Link::Outside(what) | Link::Unknown(what) => Place::Unknown(format!("the gateway's subnet: {what}")),
        Link::None => Place::Unknown("the gateway's subnet is not known".to_owned()),
    }
}

fn ports(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for gateway in graph.of_type(types::APPLICATION_GATEWAY) {
        let subnet = match place(graph, gateway) {
            Place::Subnet(subnet) => subnet,
            Place::Unknown(why) => {
                out.unknown(gateway, why);
                continue;
            }
            Place::FirstGeneration => {
                out.skip(gateway, "only gateways of the second generation need these ports");
                continue;
            }
        };
        let group = match graph.link(graph.attached(subnet, Attachment::Group)) {
            Link::To(group) => group,
            Link::None => {
                out.pass(gateway).note("its subnet has no security group");
                continue;
            }
            Link::Outside(what) | Link::Unknown(what) => {
                out.unknown(gateway, format!("the security group of {}: {what}", subnet.name()));
                continue;
            }
        };
        let Some(set) = graph.rules_of(&group.id) else { continue };
        let from = |tag: &str, protocols, ports| Flow {
            sources: Addresses::named(tag),
            destinations: Addresses::all(),
            protocols,
            source_ports: Ranges::of(0, 65535),
            ports,
        };
        let manager = from("GatewayManager", Ranges::of(TCP, TCP), Ranges::of(MANAGEMENT.0, MANAGEMENT.1));
        let probes = from("AzureLoadBalancer", Ranges::of(0, 255), Ranges::of(0, 65535));
        let needs = [
            (set.admits(&manager, true, false), "TCP 65200-65535 from GatewayManager"),
            (set.admits(&probes, true, true), "AzureLoadBalancer"),
        ];
        // What Azure refuses lets nothing in.
        let refused =
            set.rules.iter().find(|r| r.document.declared.is_some() && refused(r.document).is_some());
        for (admitted, what) in needs {
            let admitted = match refused.filter(|_| admitted != Truth::No) {
                Some(rule) => Truth::Unknown(format!("Azure refuses the rule {}", rule.document.name())),
                None => admitted,
            };
            let text = format!("the security group {} does not let in {what}", group.name());
            let outcome = out.judge(gateway, None, graph.closed_world(group, admitted), text);
            outcome.because(group.declared.as_ref().map(|d| d.block), "the security group");
        }
    }
}

fn default_route(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for gateway in graph.of_type(types::APPLICATION_GATEWAY) {
        let subnet = match place(graph, gateway) {
            Place::Subnet(subnet) => subnet,
            Place::Unknown(why) => {
                out.unknown(gateway, why);
                continue;
            }
            Place::FirstGeneration => {
                out.skip(gateway, "only gateways of the second generation are judged");
                continue;
            }
        };
        let table = match graph.link(graph.attached(subnet, Attachment::Table)) {
            Link::To(table) => table,
            Link::None => {
                out.pass(gateway);
                continue;
            }
            Link::Outside(what) | Link::Unknown(what) => {
                out.unknown(gateway, format!("the route table of {}: {what}", subnet.name()));
                continue;
            }
        };
        let mut worst = (Truth::Yes, None);
        for route in graph.children(&table.id, types::ROUTE) {
            let all =
                Truth::of(route.get("properties.addressPrefix"), false, |v| v.as_str() == Some("0.0.0.0/0"));
            let hop = Truth::of(route.get("properties.nextHopType"), false, |v| is_word(v, "Internet"));
            let fine = (!all).or(hop);
            if worst.0 == Truth::Yes || fine == Truth::No {
                worst = (fine, Some(route));
            }
        }
        // A route that does not know its table may be one of this one.
        let fine = !(!worst.0).unless(graph.stray(types::ROUTE));
        let outcome = out.judge(gateway, None, fine, DEFAULT_ROUTE.meta.title);
        let block = worst.1.and_then(|r| r.declared.as_ref()).map(|d| d.block);
        outcome.because(block, "the route");
        if has_public_frontend(gateway) == Truth::No {
            outcome.severity(Severity::Low);
        }
    }
}

fn logs(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for gateway in graph.of_type(types::APPLICATION_GATEWAY) {
        let groups = ["allLogs"];
        let access = graph.keeps_log(gateway, &["ApplicationGatewayAccessLog"], &groups);
        let waf = Truth::of(gateway.get("properties.sku.tier"), false, |v| {
            v.as_str().is_some_and(|tier| tier.to_ascii_uppercase().starts_with("WAF"))
        });
        let firewall = graph.keeps_log(gateway, &["ApplicationGatewayFirewallLog"], &groups);
        let kept = access.and((!waf).or(firewall));
        out.judge(gateway, None, graph.closed_world(gateway, kept), LOGS.meta.title);
    }
}
