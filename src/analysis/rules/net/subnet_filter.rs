//! NET-001: a subnet without a network security group.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::mentions::stands;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

/// Subnets of the platform on which Azure refuses or advises against a group.
pub(super) const EXEMPT: [&str; 4] =
    ["GatewaySubnet", "AzureFirewallSubnet", "AzureFirewallManagementSubnet", "RouteServerSubnet"];
/// A delegation that takes no group.
const NETAPP: &str = "Microsoft.NetApp/volumes";
const ASSOCIATION: &str = "azurerm_subnet_network_security_group_association";

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-NET-001",
        name: "subnet-without-nsg",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "the subnet has no network security group",
        why: "Whatever gets into the network reaches everything in this subnet. Standard public addresses stay closed \
              without a group, so it is the second line of defence that is missing.",
        fix: "Associate a group: azurerm_subnet_network_security_group_association.",
        exceptions: "Subnets whose group another root module associates.",
        bad: r#"resource "azurerm_virtual_network" "example" {
  name                = "vnet-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.example.name
  address_prefixes     = ["10.0.0.0/22"]
}
"#,
        good: r#"resource "azurerm_virtual_network" "example" {
  name                = "vnet-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.example.name
  address_prefixes     = ["10.0.0.0/22"]
}

resource "azurerm_network_security_group" "nodes" {
  name                = "nsg-nodes"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_subnet_network_security_group_association" "nodes" {
  subnet_id                 = azurerm_subnet.nodes.id
  network_security_group_id = azurerm_network_security_group.nodes.id
}
"#,
        references: &[
            "CIS Azure 6.0 7.11",
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
        ],
        peers: &[
            "CKV2_AZURE_31",
            "PSRule Azure.VNET.UseNSGs",
            "KICS security_group_is_not_configured",
            "Terrascan AC_AZURE_0356",
        ],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let stray = stray(graph);
    for subnet in graph.of_type(types::SUBNET) {
        if EXEMPT.iter().any(|name| name.eq_ignore_ascii_case(subnet.name())) {
            out.skip(subnet, "a subnet of the platform takes no group");
            continue;
        }
        let delegations = subnet.items("properties.delegations");
        if delegations.iter().any(|d| get(d, "properties.serviceName").is_some_and(|n| is_word(n, NETAPP))) {
            out.skip(subnet, "subnets of NetApp volumes take no group");
            continue;
        }
        let group = subnet.get("properties.networkSecurityGroup.id");
        let mut found = match associated(graph, subnet) {
            Truth::No => Truth::is_set(group),
            associated => associated,
        };
        if let (Truth::No, Some(why)) = (&found, &stray) {
            found = Truth::Unknown(why.clone());
        }
        if found == Truth::No && subnet.name().starts_with('<') {
            found = Truth::Unknown("its name is not known, and some names take no group".to_owned());
        }
        let outcome = out.judge(subnet, None, graph.closed_world(subnet, found), RULE.meta.title);
        if endpoints_only(graph, subnet) {
            outcome.severity(Severity::Low);
        }
    }
}

/// Whether an association names the subnet: whatever its group is, there is one.
fn associated(graph: &Graph<'_>, subnet: &Document) -> Truth {
    let (all, label) = (graph.estate.associations.iter(), subnet.label());
    let all = all.filter(|a| a.host.as_ref() == Some(&subnet.id));
    let all = all.map(|a| &a.declared.address).filter(|a| &*a.type_name == ASSOCIATION);
    Truth::any(all.map(|a| stands(&a.to_string(), &label)))
}

/// Why an association may be any subnet's; one of a data source's subnet is none of this root.
fn stray(graph: &Graph<'_>) -> Option<String> {
    let homeless = graph.estate.associations.iter().filter(|a| a.host.is_none());
    homeless.filter(|a| &*a.declared.address.type_name == ASSOCIATION).find_map(|a| {
        let subnet = a.declared.instance.config.get("subnet_id");
        match subnet.and_then(Value::as_unknown).map(|u| &u.reason) {
            Some(Reason::Data { derived: false, .. }) | None => None,
            Some(reason) => Some(format!("{}: {reason}", a.declared.address)),
        }
    })
}

/// True for a subnet in which only private endpoints stand.
pub(super) fn endpoints_only(graph: &Graph<'_>, subnet: &Document) -> bool {
    let here = |d: &Document, path: &str| matches!(graph.link(d.get(path)), Link::To(s) if s.id == subnet.id);
    let nodes = graph
        .all_pools()
        .any(|p| here(p.document, "properties.vnetSubnetID") || here(p.document, "properties.podSubnetID"));
    !nodes && graph.of_type(types::PRIVATE_ENDPOINT).any(|e| here(e, "properties.subnet.id"))
}
