//! X-015: a role that the cluster needs, and that may be assigned only after it is made.

use super::network_roles::{NETWORK_ROLES, OPERATOR_ROLES, ZONE_ROLES};
use crate::analysis::rules::example::network;
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::azure::types;

/// A private cluster with an identity and a zone of its own: lines of its body.
macro_rules! private {
    ($lines:literal) => {
        concat!(
            network!(),
            r#"resource "azurerm_private_dns_zone" "example" {
  name                = "privatelink.westeurope.azmk8s.io"
  resource_group_name = "rg-example"
}

resource "azurerm_user_assigned_identity" "example" {
  name                = "id-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_role_assignment" "zone" {
  scope                = azurerm_private_dns_zone.example.id
  role_definition_name = "Private DNS Zone Contributor"
  principal_id         = azurerm_user_assigned_identity.example.principal_id
}

resource "azurerm_kubernetes_cluster" "example" {
  name                    = "aks-example"
  location                = "westeurope"
  resource_group_name     = "rg-example"
  dns_prefix              = "example"
  private_cluster_enabled = true
  private_dns_zone_id     = azurerm_private_dns_zone.example.id

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
"#,
            $lines,
            "}\n"
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-015",
        name: "role-created-too-late",
        title: "the cluster does not wait for a role that it needs while it is made",
        why: "Terraform makes both at once: the first apply fails now and then, and a destroy takes the role away before \
              the cluster.",
        fix: "Add depends_on = [azurerm_role_assignment.<name>] to the cluster, or to the module call that makes it.",
        exceptions: "",
        bad: private!(""),
        good: private!("\n  depends_on = [azurerm_role_assignment.zone]\n"),
        references: &[
            "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/kubernetes_cluster",
        ],
        ..Meta::ROW
    },
    check,
};

/// Something that the control plane changes while the cluster is made.
struct Need<'a> {
    target: ResourceId,
    roles: &'a [&'a str],
    action: &'a str,
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(code) = graph.evaluation.and_then(|e| e.code.as_deref()) else { return };
    for cluster in graph.of_type(types::CLUSTER) {
        let Some(own) = &cluster.declared else { continue };
        let mut any = false;
        for need in needs(graph, cluster) {
            let who = &graph.identities(cluster).control_plane;
            let gives = |a: &&super::super::graph::roles::Assignment<'_>| {
                let role = a.role.allows(need.roles, need.action);
                // What another root module makes, this one's order does not wait for.
                a.document.root.is_none()
                    && who.contains(&a.principal)
                    && role.and(a.scope.covers(&need.target)) == Truth::Yes
            };
            let given: Vec<_> = graph.assignments().iter().filter(gives).collect();
            // Roles of an identity that comes with the cluster can only be assigned afterwards.
            let mut roles = given.iter().filter_map(|a| a.document.declared.as_ref());
            let Some(first) = roles.clone().find(|role| !code.follows(&role.address, &own.address)) else {
                continue;
            };
            any = true;
            let waits = roles.any(|role| code.follows(&own.address, &role.address));
            let text = format!("the cluster does not wait for {}", first.address);
            let outcome = out.judge(cluster, None, waits.into(), text);
            outcome.because(Some(first.block), "the role that it needs");
        }
        if !any {
            out.skip(cluster, "no role of this root is needed while it is made");
        }
    }
}

/// What the control plane changes while the cluster is made.
fn needs<'a>(graph: &Graph<'a>, cluster: &'a Document) -> Vec<Need<'static>> {
    let mut found = Vec::new();
    let profile = "properties.networkProfile";
    let word = |path: &str, word: &str| {
        Truth::is_word(cluster.get(&format!("{profile}.{path}")), word, false) == Truth::Yes
    };
    let subnets: Vec<&Document> = graph
        .pools(cluster)
        .iter()
        .filter_map(|p| graph.estate.by_ref(p.document.get("properties.vnetSubnetID")))
        .collect();
    if word("networkPlugin", "kubenet") || word("outboundType", "userDefinedRouting") {
        let tables = subnets.iter().filter_map(|s| graph.id(s.get("properties.routeTable.id")));
        let action = "Microsoft.Network/routeTables/write";
        found.extend(tables.map(|target| Need { target, roles: &NETWORK_ROLES, action }));
    }
    let access = "properties.apiServerAccessProfile";
    let zone = cluster.get(&format!("{access}.privateDNSZone"));
    let own = zone.filter(|v| !is_word(v, "System") && !is_word(v, "None"));
    if flag(cluster.get(&format!("{access}.enablePrivateCluster")), false) == Truth::Yes
        && let Link::To(zone) = graph.link(own)
    {
        let action = "Microsoft.Network/privateDnsZones/A/write";
        found.push(Need { target: zone.id.clone(), roles: &ZONE_ROLES, action });
        let networks = subnets.iter().filter_map(|s| graph.network_of(&s.id)).take(1);
        let action = super::network_roles::JOIN;
        found.extend(networks.map(|target| Need { target, roles: &NETWORK_ROLES, action }));
    }
    let nodes = cluster.get("properties.identityProfile.kubeletidentity.resourceId");
    if let Link::To(identity) = graph.link(nodes) {
        let action = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
        found.push(Need { target: identity.id.clone(), roles: &OPERATOR_ROLES, action });
    }
    found
}
