//! EDG-011: one zone's NAT gateway for nodes in several.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

/// Scale sets, read from their arguments.
const SCALE_SETS: [&str; 3] = [
    "azurerm_linux_virtual_machine_scale_set",
    "azurerm_windows_virtual_machine_scale_set",
    "azurerm_orchestrated_virtual_machine_scale_set",
];

macro_rules! gateway {
    ($sku:literal) => {
        concat!(
            r#"resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = "rg-example"
  virtual_network_name = "vnet-example"
  address_prefixes     = ["10.0.0.0/22"]
}

resource "azurerm_nat_gateway" "example" {
  name                = "ng-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  sku_name            = ""#,
            $sku,
            r#""
}

resource "azurerm_subnet_nat_gateway_association" "example" {
  subnet_id      = azurerm_subnet.nodes.id
  nat_gateway_id = azurerm_nat_gateway.example.id
}

resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"

  default_node_pool {
    name           = "system"
    vm_size        = "Standard_D4s_v5"
    node_count     = 3
    zones          = ["1", "2", "3"]
    vnet_subnet_id = azurerm_subnet.nodes.id
  }

  identity {
    type = "SystemAssigned"
  }
}
"#
        )
    };
}

pub(super) static SINGLE_ZONE: Check = Check {
    meta: Meta {
        id: "TU-EDG-011",
        name: "natgw-single-zone",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "nodes in several zones go out through a NAT gateway that stands in one",
        why: "When that zone fails the nodes in the others lose the Internet with it: no image pulls, no calls out.",
        fix: "Use sku_name = \"StandardV2\", which is zone-redundant, or one gateway and one subnet for each zone.",
        exceptions: "",
        bad: gateway!("Standard"),
        good: gateway!("StandardV2"),
        references: &["https://learn.microsoft.com/azure/nat-gateway/nat-availability-zones"],
        peers: &["TFLint azurerm_nat_gateway_invalid_sku_name"],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for gateway in graph.of_type(types::NAT_GATEWAY) {
        let sku = gateway.get("sku.name");
        let redundant =
            Truth::of(sku, false, |v| v.as_str().is_some_and(|s| !s.eq_ignore_ascii_case("Standard")));
        let zones = gateway.get("zones").and_then(Value::as_slice).map_or(0, <[Value]>::len);
        let subnets: Vec<&Document> = graph
            .of_type(types::SUBNET)
            .filter(|s| graph.id(s.get("properties.natGateway.id")).is_some_and(|id| id == gateway.id))
            .collect();
        let spread = Truth::any(subnets.iter().map(|s| used_across_zones(graph, &s.id)));
        let fine = redundant.or((zones > 1).into()).or(!spread);
        out.judge(gateway, sku, fine, SINGLE_ZONE.meta.title);
    }
}

/// Whether a pool or a scale set in the subnet spans more than one zone.
fn used_across_zones(graph: &Graph<'_>, subnet: &ResourceId) -> Truth {
    let pools = graph.all_pools().filter(|pool| {
        ["properties.vnetSubnetID", "properties.podSubnetID"]
            .iter()
            .any(|path| graph.id(pool.document.get(path)).as_ref() == Some(subnet))
    });
    let pools = pools.map(|pool| several(pool.document.get("properties.availabilityZones")));
    let sets = SCALE_SETS.iter().flat_map(|name| graph.instances(name)).filter(|set| {
        let cards = set.config.get("network_interface").and_then(Value::as_slice).unwrap_or_default();
        let configurations =
            cards.iter().filter_map(|c| c.get("ip_configuration")).filter_map(Value::as_slice).flatten();
        configurations.filter_map(|c| c.get("subnet_id")).any(|id| leads_to(graph, id, subnet))
    });
    Truth::any(pools.chain(sets.map(|set| several(set.config.get("zones")))))
}

fn several(zones: Option<&Value>) -> Truth {
    Truth::of(zones, false, |v| v.as_slice().is_some_and(|z| z.len() > 1))
}

fn leads_to(graph: &Graph<'_>, value: &Value, subnet: &ResourceId) -> bool {
    matches!(graph.link(Some(value)), Link::To(document) if document.id == *subnet)
}
