//! X-016: a subnet that API server VNet integration cannot use.

use super::network_roles::{has_own_identity, may_join};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

const SUBNET: &str = "properties.apiServerAccessProfile.subnetId";
const DELEGATION: &str = "Microsoft.ContainerService/managedClusters";
/// The longest prefix.
const LONGEST: u32 = 28;

macro_rules! integrated {
    ($subnet:literal) => {
        concat!(
            r#"resource "azurerm_virtual_network" "example" {
  name                = "vnet-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "api" {
  name                 = "snet-api"
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.example.name
  address_prefixes     = ["10.0.8.0/28"]
"#,
            $subnet,
            r#"}

resource "azurerm_user_assigned_identity" "example" {
  name                = "id-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_role_assignment" "api" {
  scope                = azurerm_subnet.api.id
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_user_assigned_identity.example.principal_id
}

resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"

  api_server_access_profile {
    virtual_network_integration_enabled = true
    subnet_id                           = azurerm_subnet.api.id
  }

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 3
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.example.id]
  }
}
"#
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-016",
        name: "api-server-subnet-invalid",
        severity: Severity::High,
        title: "the subnet is not such that AKS puts an API server into it",
        why: "AKS refuses to create the cluster.",
        fix: "Use a subnet of /28 or more for nothing else, delegate it to Microsoft.ContainerService/managedClusters, and \
              give the cluster's user-assigned identity Network Contributor on it.",
        bad: integrated!(""),
        good: integrated!(
            r#"
  delegation {
    name = "aks"

    service_delegation {
      name    = "Microsoft.ContainerService/managedClusters"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/api-server-vnet-integration"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let value = cluster.get(SUBNET);
        let subnet = match graph.link(value) {
            Link::To(subnet) => subnet,
            Link::Outside(what) | Link::Unknown(what) => {
                out.unknown(cluster, format!("the subnet of its API server: {what}"));
                continue;
            }
            Link::None => {
                out.skip(cluster, "its API server is in no subnet of one's own");
                continue;
            }
        };
        let name = subnet.name();
        let delegated = delegated(subnet);
        out.judge(cluster, value, delegated, format!("the subnet {name} is not delegated to AKS"));
        let prefix = subnet.items("properties.addressPrefixes").first();
        let large = Truth::of(prefix, true, |v| {
            let length = v.as_str().and_then(|p| p.rsplit_once('/')?.1.parse::<u32>().ok());
            length.is_none_or(|l| l <= LONGEST)
        });
        out.judge(cluster, value, large, format!("the subnet {name} is smaller than a /{LONGEST}"));
        let text = format!("the subnet {name} is used by something else as well");
        out.judge(cluster, value, (!shared(graph, subnet)).into(), text);
        let text = "a cluster whose API server is in a subnet needs a user-assigned identity";
        out.judge(cluster, value, has_own_identity(cluster), text);
        let text = format!("the control plane may not join the subnet {name}");
        out.judge(cluster, value, may_join(graph, cluster, &subnet.id), text);
    }
}

fn delegated(subnet: &Document) -> Truth {
    let list = subnet.get("properties.delegations");
    if let Some(unknown) = list.and_then(Value::as_unknown) {
        return Truth::Unknown(unknown.reason.to_string());
    }
    let services = subnet.items("properties.delegations").iter().map(|d| get(d, "properties.serviceName"));
    Truth::any(services.map(|s| Truth::is_word(s, DELEGATION, false)))
}

/// True when pools or private endpoints are in the subnet too.
fn shared(graph: &Graph<'_>, subnet: &Document) -> bool {
    let in_it = |value: Option<&Value>| graph.id(value).as_ref() == Some(&subnet.id);
    graph.all_pools().any(|p| in_it(p.document.get("properties.vnetSubnetID")))
        || graph.of_type(types::PRIVATE_ENDPOINT).any(|e| in_it(e.get("properties.subnet.id")))
}
