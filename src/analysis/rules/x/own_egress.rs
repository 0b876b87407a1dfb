//! X-022: authorised ranges that leave out the address by which the cluster itself leaves.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::network;
use crate::analysis::rules::graph::addresses::range;
use crate::analysis::rules::graph::mentions::mentions;
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

const RANGES: &str = "properties.apiServerAccessProfile.authorizedIPRanges";
const OUTBOUND: &str = "properties.networkProfile.outboundType";

/// A cluster that leaves through a NAT gateway: its authorised ranges.
macro_rules! authorised {
    ($ranges:literal) => {
        concat!(
            network!(),
            r#"resource "azurerm_public_ip" "office" {
  name                = "pip-office"
  location            = "westeurope"
  resource_group_name = "rg-example"
  allocation_method   = "Static"
}

resource "azurerm_public_ip" "egress" {
  name                = "pip-egress"
  location            = "westeurope"
  resource_group_name = "rg-example"
  allocation_method   = "Static"
}

resource "azurerm_nat_gateway" "example" {
  name                = "ng-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  sku_name            = "Standard"
}

resource "azurerm_nat_gateway_public_ip_association" "example" {
  nat_gateway_id       = azurerm_nat_gateway.example.id
  public_ip_address_id = azurerm_public_ip.egress.id
}

resource "azurerm_subnet_nat_gateway_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  nat_gateway_id = azurerm_nat_gateway.example.id
}

"#,
            crate::analysis::rules::example::cluster!(
                concat!(
                    r#"
  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    outbound_type       = "userAssignedNATGateway"
  }

  api_server_access_profile {
    authorized_ip_ranges = "#,
                    $ranges,
                    "\n  }\n"
                ),
                "    vnet_subnet_id = azurerm_subnet.nodes.id\n"
            )
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-022",
        name: "authorized-ranges-exclude-self",
        severity: Severity::High,
        title: "the API server does not let in the address by which the cluster's own nodes leave",
        why: "Nodes reach the API server by its public address: they become NotReady, or never join.",
        fix: "Add the public address of the NAT gateway or firewall to authorized_ip_ranges: \
              \"${azurerm_public_ip.<name>.ip_address}/32\".",
        exceptions: "",
        bad: authorised!("[azurerm_public_ip.office.ip_address]"),
        good: authorised!("[\"203.0.113.0/24\", \"${azurerm_public_ip.egress.ip_address}/32\"]"),
        references: &["https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let some = |r: &&Value| r.is_unknown() || r.as_slice().is_some_and(|l| !l.is_empty());
        let ranges = cluster.get(RANGES).filter(some);
        let private = flag(cluster.get("properties.apiServerAccessProfile.enablePrivateCluster"), false);
        let kind = cluster.get(OUTBOUND);
        let by_itself = Truth::of(kind, true, |v| {
            !is_word(v, "userDefinedRouting") && !is_word(v, "userAssignedNATGateway")
        });
        let Some(ranges) = ranges.filter(|_| private != Truth::Yes && by_itself != Truth::Yes) else {
            out.skip(cluster, "no authorised ranges, a private cluster, or AKS adds its egress itself");
            continue;
        };
        let ways = egress(graph, cluster);
        if ways.is_empty() {
            out.unknown(cluster, "the address by which it leaves is not in this root");
        }
        for way in ways {
            let fine = match way {
                Ok(address) => (admits(ranges, address), address.name().to_owned()),
                Err(why) => (Truth::Unknown(why), String::new()),
            };
            let text = format!("authorized_ip_ranges leaves out {}, by which the cluster leaves", fine.1);
            let fine = fine.0.or(private.clone()).or(by_itself.clone());
            out.judge(cluster, Some(ranges), fine, text);
        }
    }
}

/// The public addresses and prefixes by which the nodes of a cluster leave.
fn egress<'a>(graph: &Graph<'a>, cluster: &'a Document) -> Vec<Result<&'a Document, String>> {
    let mut found = Vec::new();
    for pool in graph.pools(cluster) {
        let Link::To(subnet) = graph.link(pool.document.get("properties.vnetSubnetID")) else { continue };
        match graph.link(graph.attached(subnet, Attachment::Nat)) {
            Link::To(gateway) => {
                let lists = ["properties.publicIpAddresses", "properties.publicIpPrefixes"];
                let ids = lists.iter().flat_map(|list| gateway.items(list)).map(|v| get(v, "id"));
                found.extend(ids.map(|id| address(graph, id)));
                continue;
            }
            Link::Outside(what) | Link::Unknown(what) => {
                found.push(Err(format!("its NAT gateway: {what}")));
                continue;
            }
            Link::None => {}
        }
        let firewall = graph.firewall_of(subnet);
        let configurations = firewall.into_iter().flat_map(|f| f.items("properties.ipConfigurations"));
        let ids = configurations.map(|c| get(c, "properties.publicIPAddress.id"));
        found.extend(ids.map(|id| address(graph, id)));
    }
    found
}

fn address<'a>(graph: &Graph<'a>, id: Option<&Value>) -> Result<&'a Document, String> {
    match graph.link(id) {
        Link::To(address) => Ok(address),
        Link::Outside(what) | Link::Unknown(what) => Err(format!("a public address: {what}")),
        Link::None => Err("a public address is not named".to_owned()),
    }
}

/// Whether ranges hold an address, or refer to it.
fn admits(ranges: &Value, address: &Document) -> Truth {
    let own = address.declared.as_ref().map(|d| d.address.to_string());
    if own.is_some_and(|own| mentions(ranges, &own, &[])) {
        return Truth::Yes;
    }
    if let Some(unknown) = ranges.as_unknown() {
        return Truth::Unknown(unknown.reason.to_string());
    }
    let items = ranges.as_slice().unwrap_or_default();
    let path = if address.is(types::PUBLIC_IP) { "properties.ipAddress" } else { "properties.ipPrefix" };
    let Some((first, last, v6)) = address.str(path).and_then(range) else {
        return match items.iter().find(|i| i.is_unknown()).and_then(Value::as_unknown) {
            // All that the code lists are addresses of other resources.
            Some(_) if items.iter().all(refers_elsewhere) => Truth::No,
            Some(unknown) => Truth::Unknown(unknown.reason.to_string()),
            None => Truth::Unknown(format!("the address of {} is known after apply", address.name())),
        };
    };
    let holds = |text: &str| range(text).is_some_and(|(a, b, six)| six == v6 && a <= first && last <= b);
    Truth::any(items.iter().map(|i| Truth::of(Some(i), false, |v| v.as_str().is_some_and(holds))))
}

/// True for an attribute of another public address of this root.
fn refers_elsewhere(value: &Value) -> bool {
    use crate::terraform::value::Reason;
    match value.as_unknown().map(|u| &u.reason) {
        Some(Reason::Computed { address, .. }) => address.type_name.starts_with("azurerm_public_ip"),
        _ => false,
    }
}
