//! X-031 and X-032: add-ons that may not change what they are for.

use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::get;
use crate::azure::id::ResourceId;
use crate::azure::types;

const AGIC: &str = "properties.addonProfiles.ingressApplicationGateway";
const ZONES: &str = "properties.ingressProfile.webAppRouting.dnsZoneResourceIds";
const CHANGES_GATEWAYS: &str = "Microsoft.Network/applicationGateways/write";
const READS_GROUPS: &str = "Microsoft.Resources/subscriptions/resourceGroups/read";
const PUBLIC_ZONE: &str = "Microsoft.Network/dnsZones";

macro_rules! gateway {
    () => {
        r#"resource "azurerm_application_gateway" "example" {
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
    subnet_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example/subnets/gateway"
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
    name = "pods"
  }

  backend_http_settings {
    name                  = "http"
    port                  = 80
    protocol              = "Http"
    cookie_based_affinity = "Disabled"
  }

  http_listener {
    name                           = "https"
    frontend_ip_configuration_name = "public"
    frontend_port_name             = "https"
    protocol                       = "Http"
  }

  request_routing_rule {
    name                       = "pods"
    priority                   = 100
    rule_type                  = "Basic"
    http_listener_name         = "https"
    backend_address_pool_name  = "pods"
    backend_http_settings_name = "http"
  }
}

"#
    };
}

macro_rules! role {
    ($label:literal, $scope:literal, $role:literal, $principal:literal) => {
        concat!(
            "\nresource \"azurerm_role_assignment\" \"",
            $label,
            "\" {\n  scope                = ",
            $scope,
            "\n  role_definition_name = \"",
            $role,
            "\"\n  principal_id         = azurerm_kubernetes_cluster.example.",
            $principal,
            "\n}\n"
        )
    };
}

pub(super) static GATEWAY: Check = Check {
    meta: Meta {
        id: "TU-X-031",
        name: "agic-identity-roles",
        title: "the ingress controller may not change its application gateway",
        why: "Ingresses are accepted by the cluster and never reach the gateway.",
        fix: "Give the add-on's identity Contributor on the gateway, Reader on its resource group and Network Contributor \
              on its subnet.",
        exceptions: "Clusters whose roles another root module assigns.",
        bad: concat!(
            gateway!(),
            cluster!(
                "\n  ingress_application_gateway {\n    gateway_id = azurerm_application_gateway.example.id\n  }\n"
            )
        ),
        good: concat!(
            gateway!(),
            cluster!(
                "\n  ingress_application_gateway {\n    gateway_id = azurerm_application_gateway.example.id\n  }\n"
            ),
            role!(
                "group",
                "\"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example\"",
                "Contributor",
                "ingress_application_gateway[0].ingress_application_gateway_identity[0].object_id"
            )
        ),
        references: &["https://learn.microsoft.com/azure/application-gateway/ingress-controller-overview"],
        ..Meta::ROW
    },
    check: gateway,
};

pub(super) static ZONE: Check = Check {
    meta: Meta {
        id: "TU-X-032",
        name: "dns-zone-role-missing",
        title: "application routing may not write to its DNS zone",
        why: "Names of ingresses are never published.",
        fix: "Give the add-on's identity DNS Zone Contributor (Private DNS Zone Contributor for a private zone) on the zone.",
        exceptions: "Clusters whose role another root module assigns.",
        bad: concat!(
            "resource \"azurerm_dns_zone\" \"example\" {\n  name                = \"example.com\"\n  resource_group_name = \"rg-example\"\n}\n\n",
            cluster!("\n  web_app_routing {\n    dns_zone_ids = [azurerm_dns_zone.example.id]\n  }\n")
        ),
        good: concat!(
            "resource \"azurerm_dns_zone\" \"example\" {\n  name                = \"example.com\"\n  resource_group_name = \"rg-example\"\n}\n\n",
            cluster!("\n  web_app_routing {\n    dns_zone_ids = [azurerm_dns_zone.example.id]\n  }\n"),
            role!(
                "zone",
                "azurerm_dns_zone.example.id",
                "DNS Zone Contributor",
                "web_app_routing[0].web_app_routing_identity[0].object_id"
            )
        ),
        references: &["https://learn.microsoft.com/azure/aks/app-routing-dns-ssl"],
        ..Meta::ROW
    },
    check: zone,
};

fn gateway(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let value = cluster.get(&format!("{AGIC}.config.applicationGatewayId"));
        let Link::To(gateway) = graph.link(value) else {
            out.skip(cluster, "no ingress controller for a gateway of this root");
            continue;
        };
        let who = &graph.identities(cluster).ingress;
        let has = |target: &ResourceId, roles: &[&str], action: &str| {
            graph.closed_world(cluster, graph.has_role(who, target, |role| role.allows(roles, action)))
        };
        let changes = has(&gateway.id, &["Contributor", "Owner", "Network Contributor"], CHANGES_GATEWAYS);
        out.judge(cluster, value, changes, "the ingress controller may not change its application gateway");
        let id = gateway.id.as_str();
        if let Some(group) = id.find("/providers/").and_then(|at| id.get(..at)) {
            let reads = has(&ResourceId::new(group), &["Reader", "Contributor", "Owner"], READS_GROUPS);
            out.judge(cluster, value, reads, "the ingress controller may not read the group of its gateway");
        }
        let configurations = gateway.items("properties.gatewayIPConfigurations").iter();
        for subnet in configurations.filter_map(|c| graph.id(get(c, "properties.subnet.id"))) {
            let roles = ["Network Contributor", "Contributor", "Owner"];
            let joins = has(&subnet, &roles, super::network_roles::JOIN);
            out.judge(cluster, value, joins, "the ingress controller may not join the subnet of its gateway");
        }
    }
}

fn zone(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let who = &graph.identities(cluster).routing;
        let mut any = false;
        for value in cluster.items(ZONES) {
            let Link::To(zone) = graph.link(Some(value)) else { continue };
            any = true;
            let role =
                if zone.is(PUBLIC_ZONE) { "DNS Zone Contributor" } else { "Private DNS Zone Contributor" };
            let action = format!("{}/A/write", zone.arm_type);
            let writes =
                graph.has_role(who, &zone.id, |r| r.allows(&[role, "Contributor", "Owner"], &action));
            let text = format!("application routing may not write to the zone {}", zone.name());
            let fine: Truth = graph.closed_world(zone, graph.closed_world(cluster, writes));
            out.judge(cluster, Some(value), fine, text);
        }
        if !any {
            out.skip(cluster, "application routing writes to no zone of this root");
        }
    }
}
