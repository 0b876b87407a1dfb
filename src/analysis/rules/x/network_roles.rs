//! X-009, X-010, X-011, X-014: what the control plane must be allowed before the cluster is made.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::network;
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::routes::is_routed;
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::azure::types;

const PERMISSIONS: &str = "https://learn.microsoft.com/azure/aks/aks-service-permissions";
pub(super) const NETWORK_ROLES: [&str; 3] = ["Network Contributor", "Contributor", "Owner"];
pub(super) const JOIN: &str = "Microsoft.Network/virtualNetworks/subnets/join/action";
const ROUTES: &str = "Microsoft.Network/routeTables/write";
pub(super) const ZONE_ROLES: [&str; 3] = ["Private DNS Zone Contributor", "Contributor", "Owner"];
const ZONES: &str = "Microsoft.Network/privateDnsZones/A/write";
pub(super) const OPERATOR_ROLES: [&str; 3] = ["Managed Identity Operator", "Contributor", "Owner"];
const ASSIGN: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
const NODES_IDENTITY: &str = "properties.identityProfile.kubeletidentity.resourceId";

/// A cluster with an identity of its own: lines of its body.
macro_rules! cluster {
    ($lines:literal) => {
        concat!(
            r#"resource "azurerm_user_assigned_identity" "example" {
  name                = "id-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_kubernetes_cluster" "example" {
  name                = "aks-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "example"
"#,
            $lines,
            r#"
  default_node_pool {
    name           = "system"
    vm_size        = "Standard_D4s_v5"
    node_count     = 3
    vnet_subnet_id = azurerm_subnet.nodes.id
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

/// A role of the cluster's identity.
macro_rules! role {
    ($label:literal, $scope:literal, $role:literal) => {
        concat!(
            "\nresource \"azurerm_role_assignment\" \"",
            $label,
            "\" {\n  scope                = ",
            $scope,
            "\n  role_definition_name = \"",
            $role,
            "\"\n  principal_id         = azurerm_user_assigned_identity.example.principal_id\n}\n"
        )
    };
}

/// A route table on the subnet of the nodes.
macro_rules! routed {
    () => {
        r#"
resource "azurerm_route_table" "nodes" {
  name                = "rt-nodes"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_subnet_route_table_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  route_table_id = azurerm_route_table.nodes.id
}
"#
    };
}

/// A private zone for API servers.
macro_rules! zone {
    () => {
        r#"resource "azurerm_private_dns_zone" "example" {
  name                = "privatelink.westeurope.azmk8s.io"
  resource_group_name = "rg-example"
}

"#
    };
}

pub(super) static SUBNET: Check = Check {
    meta: Meta {
        id: "TU-X-009",
        name: "cluster-identity-no-subnet-role",
        severity: Severity::High,
        title: "the control plane may not join the subnet of the nodes",
        why: "Load balancers with an address of the subnet are never made, and some clusters are not created at all.",
        fix: "Give the cluster's identity the role Network Contributor on the subnet.",
        exceptions: "Clusters whose role another root module assigns.",
        bad: concat!(network!(), cluster!("")),
        good: concat!(
            network!(),
            cluster!(""),
            role!("subnet", "azurerm_subnet.nodes.id", "Network Contributor")
        ),
        references: &[PERMISSIONS],
        ..Meta::ROW
    },
    check: subnet,
};

pub(super) static ROUTE_TABLE: Check = Check {
    meta: Meta {
        id: "TU-X-010",
        name: "cluster-identity-no-routetable-role",
        title: "the control plane may not change the route table of the nodes",
        why: "Routes for new nodes are not written: pods on them reach nothing.",
        fix: "Give the cluster's identity the role Network Contributor on the route table.",
        exceptions: "Clusters whose role another root module assigns.",
        bad: concat!(
            network!(),
            cluster!("\n  network_profile {\n    network_plugin = \"kubenet\"\n  }\n"),
            routed!(),
            role!("subnet", "azurerm_subnet.nodes.id", "Network Contributor")
        ),
        good: concat!(
            network!(),
            cluster!("\n  network_profile {\n    network_plugin = \"kubenet\"\n  }\n"),
            routed!(),
            role!("subnet", "azurerm_subnet.nodes.id", "Network Contributor"),
            role!("routes", "azurerm_route_table.nodes.id", "Network Contributor")
        ),
        references: &[PERMISSIONS],
        ..Meta::ROW
    },
    check: route_table,
};

pub(super) static PRIVATE_ZONE: Check = Check {
    meta: Meta {
        id: "TU-X-011",
        name: "private-dns-role-missing",
        severity: Severity::High,
        title: "the control plane may not write to the zone of its private API server, or not link it",
        why: "AKS refuses to create the cluster.",
        fix: "Use a user-assigned identity, and give it Private DNS Zone Contributor on the zone and Network Contributor \
              on the virtual network, before the cluster is made (depends_on).",
        exceptions: "Clusters whose roles another root module assigns.",
        bad: concat!(
            network!(),
            zone!(),
            cluster!(
                "\n  private_cluster_enabled = true\n  private_dns_zone_id     = azurerm_private_dns_zone.example.id\n"
            ),
            role!("network", "azurerm_virtual_network.example.id", "Network Contributor")
        ),
        good: concat!(
            network!(),
            zone!(),
            cluster!(
                "\n  private_cluster_enabled = true\n  private_dns_zone_id     = azurerm_private_dns_zone.example.id\n"
            ),
            role!("network", "azurerm_virtual_network.example.id", "Network Contributor"),
            role!("zone", "azurerm_private_dns_zone.example.id", "Private DNS Zone Contributor")
        ),
        references: &["https://learn.microsoft.com/azure/aks/private-clusters"],
        ..Meta::ROW
    },
    check: private_zone,
};

pub(super) static OPERATOR: Check = Check {
    meta: Meta {
        id: "TU-X-014",
        name: "custom-kubelet-identity-operator",
        severity: Severity::High,
        title: "the control plane may not give the nodes their identity",
        why: "AKS refuses to create the cluster.",
        fix: "Give the cluster's identity the role Managed Identity Operator on the identity of the nodes.",
        exceptions: "Clusters whose role another root module assigns.",
        bad: concat!(
            network!(),
            nodes_identity!(),
            cluster!(
                r#"
  kubelet_identity {
    client_id                 = azurerm_user_assigned_identity.nodes.client_id
    object_id                 = azurerm_user_assigned_identity.nodes.principal_id
    user_assigned_identity_id = azurerm_user_assigned_identity.nodes.id
  }
"#
            )
        ),
        good: concat!(
            network!(),
            nodes_identity!(),
            cluster!(
                r#"
  kubelet_identity {
    client_id                 = azurerm_user_assigned_identity.nodes.client_id
    object_id                 = azurerm_user_assigned_identity.nodes.principal_id
    user_assigned_identity_id = azurerm_user_assigned_identity.nodes.id
  }
"#
            ),
            role!("operator", "azurerm_user_assigned_identity.nodes.id", "Managed Identity Operator")
        ),
        references: &["https://learn.microsoft.com/azure/aks/pre-created-kubelet-managed-identity"],
        ..Meta::ROW
    },
    check: operator,
};

/// Why the identity of a cluster cannot be judged; `None` when it can.
fn hidden_identity(cluster: &Document) -> Option<String> {
    let client = cluster.get("properties.servicePrincipalProfile.clientId");
    let named = client.is_some_and(|v| !is_word(v, "msi"));
    named.then(|| "the roles of its service principal are not known by its client id".to_owned())
}

/// Whether the control plane has a role on something, as far as this root shows.
fn may<'a>(
    graph: &Graph<'a>,
    cluster: &'a Document,
    target: &ResourceId,
    roles: &[&str],
    action: &str,
) -> Truth {
    let of = graph.identities(cluster);
    let has = graph.has_role(&of.control_plane, target, |role| role.allows(roles, action));
    match (has, hidden_identity(cluster)) {
        (Truth::No, Some(why)) => Truth::Unknown(why),
        (has, _) => graph.closed_world(cluster, has),
    }
}

/// True when the control plane acts as an identity, or as a service principal, that is there before the cluster.
pub(super) fn has_own_identity(cluster: &Document) -> Truth {
    if hidden_identity(cluster).is_some() {
        return Truth::Yes;
    }
    Truth::of(cluster.get("identity.type"), false, |v| {
        v.as_str().is_some_and(|t| t.to_ascii_lowercase().contains("userassigned"))
    })
}

/// Whether the control plane may join a subnet.
pub(super) fn may_join<'a>(graph: &Graph<'a>, cluster: &'a Document, subnet: &ResourceId) -> Truth {
    may(graph, cluster, subnet, &NETWORK_ROLES, JOIN)
}

fn subnet(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let mut any = false;
        for pool in graph.pools(cluster) {
            let value = pool.document.get("properties.vnetSubnetID");
            let subnet = match graph.link(value) {
                Link::To(subnet) => subnet,
                Link::Unknown(why) => {
                    any = true;
                    out.unknown(cluster, format!("the subnet of its nodes: {why}"));
                    continue;
                }
                Link::None | Link::Outside(_) => continue,
            };
            any = true;
            let text = format!("the control plane may not join the subnet {}", subnet.name());
            let outcome = out.judge(cluster, value, may_join(graph, cluster, &subnet.id), text);
            if has_own_identity(cluster) != Truth::Yes {
                outcome.severity(Severity::Medium);
            }
        }
        if !any {
            out.skip(cluster, "no subnet of this root is for its nodes");
        }
    }
}

fn route_table(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let profile = "properties.networkProfile";
        let kubenet = Truth::is_word(cluster.get(&format!("{profile}.networkPlugin")), "kubenet", false);
        let writes = kubenet.clone().or(is_routed(cluster));
        let mut any = false;
        for pool in graph.pools(cluster) {
            let Link::To(subnet) = graph.link(pool.document.get("properties.vnetSubnetID")) else { continue };
            let table = match graph.link(graph.attached(subnet, Attachment::Table)) {
                Link::To(table) => table,
                Link::Unknown(why) if writes != Truth::No => {
                    any = true;
                    out.unknown(cluster, format!("the route table of {}: {why}", subnet.name()));
                    continue;
                }
                _ => continue,
            };
            let of_nodes = cluster.str("properties.nodeResourceGroup").zip(table.id.resource_group());
            if writes == Truth::No || of_nodes.is_some_and(|(a, b)| a.eq_ignore_ascii_case(b)) {
                continue;
            }
            any = true;
            let may = may(graph, cluster, &table.id, &NETWORK_ROLES, ROUTES);
            let text = format!("the control plane may not change the route table {}", table.name());
            let outcome = out.judge(cluster, None, may.or(!writes.clone()), text);
            if kubenet == Truth::Yes {
                outcome.severity(Severity::High);
            }
            outcome.because(table.declared.as_ref().map(|d| d.block), "the route table");
        }
        if !any {
            out.skip(cluster, "it writes to no route table of this root");
        }
    }
}

fn private_zone(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let access = "properties.apiServerAccessProfile";
        let private = flag(cluster.get(&format!("{access}.enablePrivateCluster")), false);
        let value = cluster.get(&format!("{access}.privateDNSZone"));
        let own = value.filter(|v| !is_word(v, "System") && !is_word(v, "None"));
        if private == Truth::No || own.is_none() {
            out.skip(cluster, "no private cluster with a zone of its own");
            continue;
        }
        if has_own_identity(cluster) == Truth::No {
            let text = "a private cluster with a zone of its own needs a user-assigned identity";
            out.judge(cluster, value, !private, text);
            continue;
        }
        let writes = match graph.link(own) {
            Link::To(zone) => may(graph, cluster, &zone.id, &ZONE_ROLES, ZONES),
            Link::Outside(what) | Link::Unknown(what) => Truth::Unknown(format!("its zone: {what}")),
            Link::None => continue,
        };
        out.judge(
            cluster,
            value,
            writes.or(!private.clone()),
            "the control plane may not write to the zone of its API server",
        );
        let subnets = graph
            .pools(cluster)
            .into_iter()
            .filter_map(|p| graph.id(p.document.get("properties.vnetSubnetID")));
        for network in subnets.filter_map(|s| graph.network_of(&s)).take(1) {
            if graph.estate.by_id(&network).is_none() {
                continue;
            }
            let joins = may(graph, cluster, &network, &NETWORK_ROLES, JOIN);
            let text =
                format!("the control plane may not link the zone of its API server to {}", network.name());
            out.judge(cluster, value, joins.or(!private.clone()), text);
        }
    }
}

fn operator(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER).filter(|c| c.declared.is_some()) {
        let value = cluster.get(NODES_IDENTITY);
        match graph.link(value) {
            Link::To(identity) => {
                let may = may(graph, cluster, &identity.id, &OPERATOR_ROLES, ASSIGN);
                out.judge(cluster, value, may, OPERATOR.meta.title)
            }
            Link::Outside(what) | Link::Unknown(what) if !what.starts_with(&cluster.label()) => {
                out.unknown(cluster, format!("the identity of the nodes: {what}"))
            }
            _ => out.skip(cluster, "AKS makes the identity of the nodes"),
        };
    }
}

/// An identity for nodes.
macro_rules! nodes_identity {
    () => {
        r#"resource "azurerm_user_assigned_identity" "nodes" {
  name                = "id-nodes"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

"#
    };
}

use nodes_identity;
