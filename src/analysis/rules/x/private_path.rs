//! X-021: a vault or registry that the cluster may use but cannot reach.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, network, vault};
use crate::analysis::rules::graph::principals::Principal;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-021",
        name: "private-service-without-path",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the service is closed to the public, and the cluster that uses it has no private way to it",
        why: "The deployment succeeds, and then every pull or read of a secret fails.",
        fix: "Add an azurerm_private_endpoint in the cluster's network (or a peered one), and link its private DNS \
              zone to the cluster's network.",
        exceptions: "Endpoints that another root module makes.",
        bad: concat!(
            network!(),
            cluster!(
                "",
                r#"
    vnet_subnet_id = azurerm_subnet.nodes.id
"#
            ),
            "\n",
            vault!(
                r#"
  rbac_authorization_enabled    = true
  public_network_access_enabled = false
"#
            ),
            grant!()
        ),
        good: concat!(
            network!(),
            cluster!(
                "",
                r#"
    vnet_subnet_id = azurerm_subnet.nodes.id
"#
            ),
            "\n",
            vault!(
                r#"
  rbac_authorization_enabled    = true
  public_network_access_enabled = false
"#
            ),
            grant!(),
            r#"
resource "azurerm_private_dns_zone" "vault" {
  name                = "privatelink.vaultcore.azure.net"
  resource_group_name = "rg-example"
}

resource "azurerm_private_dns_zone_virtual_network_link" "vault" {
  name                  = "link-vault"
  resource_group_name   = "rg-example"
  private_dns_zone_name = azurerm_private_dns_zone.vault.name
  virtual_network_id    = azurerm_virtual_network.example.id
}

resource "azurerm_private_endpoint" "vault" {
  name                = "pep-vault"
  location            = "westeurope"
  resource_group_name = "rg-example"
  subnet_id           = azurerm_subnet.nodes.id

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.example.id
    subresource_names              = ["vault"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [azurerm_private_dns_zone.vault.id]
  }
}
"#
        ),
        references: &[
            "https://learn.microsoft.com/azure/container-registry/container-registry-private-link",
            "https://learn.microsoft.com/azure/key-vault/general/private-link-service",
        ],
        peers: &[],
    },
    check,
};

macro_rules! grant {
    () => {
        r#"
resource "azurerm_role_assignment" "secrets" {
  scope                = azurerm_key_vault.example.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_kubernetes_cluster.example.kubelet_identity[0].object_id
}
"#
    };
}
use grant;

/// The firewall of a kind of service.
struct Firewall {
    arm_type: &'static str,
    rules: &'static str,
}

const FIREWALLS: [Firewall; 2] = [
    Firewall { arm_type: types::VAULT, rules: "properties.networkAcls" },
    Firewall { arm_type: types::REGISTRY, rules: "properties.networkRuleSet" },
];

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for firewall in &FIREWALLS {
        for service in graph.of_type(firewall.arm_type) {
            let mut used = false;
            for cluster in graph.clusters().filter(|c| uses(graph, c, service)) {
                used = true;
                let open = open(graph, firewall, service, cluster);
                let path = if open == Truth::Yes { Truth::Yes } else { path(graph, service, cluster) };
                let text = format!(
                    "{} is closed to the public, and cluster {} has no private way to it",
                    service.name(),
                    cluster.name()
                );
                let outcome = out.judge(service, None, open.or(path), text);
                outcome.because(cluster.declared.as_ref().map(|d| d.block), "the cluster that uses it");
            }
            if !used {
                out.skip(service, "no cluster of this root uses it");
            }
        }
    }
}

/// True when an identity of the cluster has a role or a policy on the very service.
fn uses<'a>(graph: &Graph<'a>, cluster: &'a Document, service: &Document) -> bool {
    let of = graph.identities(cluster);
    let anybody: Vec<Principal> =
        [&*of.control_plane, &of.kubelet, &of.secrets_provider, &of.workloads].concat();
    let role = graph
        .assignments()
        .iter()
        .any(|a| a.scope.id.as_ref() == Some(&service.id) && anybody.contains(&a.principal));
    let policy = graph
        .children(&service.id, types::ACCESS_POLICY)
        .any(|p| anybody.contains(&Principal::of(p.get("properties.objectId"))));
    role || policy
}

/// Whether the service answers the cluster on its public address.
fn open<'a>(graph: &Graph<'a>, firewall: &Firewall, service: &Document, cluster: &'a Document) -> Truth {
    let access = service.get("properties.publicNetworkAccess");
    let public = Truth::of(access, true, |v| !is_word(v, "Disabled"));
    let rules = service.get(firewall.rules);
    let denies = rules.and_then(|r| get(r, "defaultAction"));
    let denies = Truth::is_word(denies, "Deny", false);
    let subnets: Vec<ResourceId> = graph
        .pools(cluster)
        .iter()
        .filter_map(|p| graph.id(p.document.get("properties.vnetSubnetID")))
        .collect();
    let items = |list: &str| rules.and_then(|r| get(r, list));
    let admitted = Truth::any(items("virtualNetworkRules").into_iter().map(|list| match list.as_unknown() {
        Some(unknown) => Truth::Unknown(unknown.reason.to_string()),
        None => {
            let ids = list.as_slice().unwrap_or_default().iter();
            let ids: Vec<_> = ids.filter_map(|i| graph.id(get(i, "id"))).collect();
            (!subnets.is_empty() && subnets.iter().all(|s| ids.contains(s))).into()
        }
    }));
    // Whether a rule admits the address that the cluster leaves from is known only after apply.
    let by_address = match items("ipRules") {
        Some(list) if list.is_unknown() || list.as_slice().is_some_and(|l| !l.is_empty()) => {
            Truth::Unknown("whether an address rule admits the cluster's egress is not known".into())
        }
        _ => Truth::No,
    };
    public.and((!denies).or(admitted).or(by_address))
}

/// Whether a private endpoint leads from the cluster's network to the service, by name.
fn path<'a>(graph: &Graph<'a>, service: &Document, cluster: &'a Document) -> Truth {
    let subnet = graph.pools(cluster).iter().find_map(|p| p.document.get("properties.vnetSubnetID"));
    let network = match graph.link(subnet) {
        Link::To(s) => graph.network_of(&s.id),
        Link::None => return graph.closed_world(cluster, Truth::No),
        Link::Outside(what) | Link::Unknown(what) => {
            return Truth::Unknown(format!("the network of cluster {}: {what}", cluster.name()));
        }
    };
    let known = |network: &ResourceId| !network.name().starts_with('<');
    let Some(network) = network.filter(known) else {
        return Truth::Unknown("the cluster's network is not known".into());
    };
    let (endpoints, unknown) = graph.endpoints(&service.id);
    let found = Truth::any(endpoints.iter().map(|endpoint| {
        let Some(there) = endpoint.subnet.as_ref().and_then(|s| graph.network_of(s)).filter(known) else {
            return Truth::Unknown("the network of a private endpoint is not known".into());
        };
        Truth::from(graph.reaches(&network, &there)).and(resolves(graph, endpoint.document, &network))
    }));
    if found != Truth::No {
        return found;
    }
    if let Some(why) = unknown {
        return Truth::Unknown(why);
    }
    // A peer outside this root may hold the endpoint.
    match graph.peer_elsewhere(&network) {
        Some(peer) if endpoints.is_empty() => {
            Truth::Unknown(format!("a network that is joined may have an endpoint: {peer}"))
        }
        _ => graph.closed_world(service, Truth::No),
    }
}

/// Whether the endpoint's name resolves in a network: one of its zones is linked there.
fn resolves<'a>(graph: &Graph<'a>, endpoint: &'a Document, network: &ResourceId) -> Truth {
    let zones = graph.zones_of(endpoint);
    if zones.is_empty() {
        return Truth::Unknown("the private endpoint registers in no zone of this root".into());
    }
    let linked = Truth::any(zones.iter().map(|zone| match graph.link(Some(zone)) {
        Link::To(zone) => graph.linked(&zone.id, Some(network)),
        Link::Outside(what) | Link::Unknown(what) => {
            Truth::Unknown(format!("the zone of an endpoint: {what}"))
        }
        Link::None => Truth::No,
    }));
    let own_servers = graph.estate.by_id(network).and_then(|n| n.get("properties.dhcpOptions.dnsServers"));
    let asks_elsewhere =
        own_servers.is_some_and(|v: &Value| v.is_unknown() || v.as_slice().is_some_and(|s| !s.is_empty()));
    if linked == Truth::No && asks_elsewhere {
        return Truth::Unknown("the network has DNS servers of its own, which may know the name".into());
    }
    linked
}
