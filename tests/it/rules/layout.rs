//! Rules of networks, subnets, peerings, interfaces and routes: majors, unknown values, closed world, azapi.

use super::edge::{SUB, block, located, run};
use super::*;

fn network(label: &str, space: &str, lines: &str) -> String {
    located("azurerm_virtual_network", label, &format!("address_space = [{space}]\n{lines}"))
}

fn vnet(lines: &str) -> String {
    network("v", "\"10.0.0.0/16\"", lines)
}

fn subnet(label: &str, name: &str, prefix: &str, lines: &str) -> String {
    format!(
        "resource \"azurerm_subnet\" \"{label}\" {{\nname = \"{name}\"\nresource_group_name = \"rg\"\n\
         virtual_network_name = azurerm_virtual_network.v.name\naddress_prefixes = [{prefix}]\n{lines}\n}}\n"
    )
}

fn plain(lines: &str) -> String {
    vnet("") + &subnet("s", "s", "\"10.0.1.0/24\"", lines)
}

fn peering(from: &str, to: &str, lines: &str) -> String {
    block(
        "azurerm_virtual_network_peering",
        &format!("p_{from}"),
        &format!(
            "virtual_network_name = azurerm_virtual_network.{from}.name\nremote_virtual_network_id = {to}\n{lines}"
        ),
    )
}

fn both(lines: &str, space: &str) -> String {
    vnet("") + &network("w", space, lines) + &peering("v", "azurerm_virtual_network.w.id", "")
}

fn interface(lines: &str, configuration: &str) -> String {
    located(
        "azurerm_network_interface",
        "n",
        &format!(
            "{lines}\nip_configuration {{\nname = \"i\"\nsubnet_id = azurerm_subnet.s.id\nprivate_ip_address_allocation = \"Dynamic\"\n{configuration}\n}}"
        ),
    )
}

fn table(lines: &str) -> String {
    located("azurerm_route_table", "t", lines)
        + "resource \"azurerm_subnet_route_table_association\" \"t\" {\nsubnet_id = azurerm_subnet.s.id\nroute_table_id = azurerm_route_table.t.id\n}\n"
}

fn route(name: &str, hop: &str) -> String {
    let address = if hop == "VirtualAppliance" { "next_hop_in_ip_address = \"10.1.0.4\"\n" } else { "" };
    format!(
        "route {{\nname = \"{name}\"\naddress_prefix = \"0.0.0.0/0\"\nnext_hop_type = \"{hop}\"\n{address}}}\n"
    )
}

fn endpoint() -> String {
    located(
        "azurerm_private_endpoint",
        "e",
        &format!(
            "subnet_id = azurerm_subnet.s.id\nprivate_service_connection {{\nname = \"c\"\nis_manual_connection = false\n\
             subresource_names = [\"vault\"]\nprivate_connection_resource_id = \"{SUB}/Microsoft.KeyVault/vaults/k\"\n}}"
        ),
    )
}

#[test]
fn networks() {
    let dns = |servers: &str| vnet(&format!("dns_servers = {servers}"));
    run(&[
        ("NET-003", V4, dns("[\"10.0.0.4\"]"), "fail"),
        ("NET-003", V4, dns("[\"10.0.0.4\", var.x]"), "pass"),
        ("NET-003", V4, dns("var.x"), "indeterminate"),
        ("NET-003", V4, vnet(""), "not_applicable"),
        ("NET-004", V4, dns("[\"8.8.8.8\"]"), "fail"),
        ("NET-004", V4, dns("[\"192.168.7.4\"]"), "pass"),
        ("NET-004", V4, dns("[\"8.8.8.8\", var.x]"), "indeterminate"),
        ("NET-004", V4, network("v", "\"20.0.0.0/16\"", "dns_servers = [\"20.0.0.4\"]"), "pass"),
        ("NET-006", V4, vnet(""), "fail"),
        ("NET-006", V4, vnet("encryption {\nenforcement = \"AllowUnencrypted\"\n}"), "pass"),
        ("NET-009", V4, network("v", "\"10.0.0.0/16\", \"20.0.0.0/16\"", ""), "fail"),
        ("NET-009", V4, network("v", "\"100.64.0.0/16\", \"fd00::/48\"", ""), "pass"),
        ("NET-009", V4, network("v", "var.x", ""), "indeterminate"),
        ("NET-026", V4, network("v", "\"10.0.0.0/16\"", "").replace("name = \"v\"", "name = \"-v\""), "fail"),
        (
            "NET-026",
            V4,
            network("v", "\"10.0.0.0/16\"", "").replace("name = \"v\"", "name = var.x"),
            "indeterminate",
        ),
        (
            "NET-017",
            V4,
            vnet("subnet {\nname = \"i\"\naddress_prefixes = [\"10.0.9.0/24\"]\n}")
                + &subnet("s", "s", "\"10.0.1.0/24\"", ""),
            "fail",
        ),
        ("NET-017", V4, plain(""), "pass"),
    ]);
}

#[test]
fn peerings() {
    let back = peering("w", "azurerm_virtual_network.v.id", "");
    let third = network("u", "\"10.2.0.0/16\"", "") + &peering("u", "azurerm_virtual_network.v.id", "");
    let outside = format!("\"{SUB}/Microsoft.Network/virtualNetworks/other\"");
    run(&[
        ("NET-010", V4, both("", "\"10.0.128.0/20\""), "fail, fail"),
        ("NET-010", V4, both("", "\"10.1.0.0/16\""), "pass, pass"),
        ("NET-010", V4, both("", "var.x"), "indeterminate, indeterminate"),
        // Two spokes of one hub (u, v, w: the hub is v).
        ("NET-010", V4, both("", "\"10.2.8.0/24\"") + &third, "fail, pass, fail"),
        ("NET-010", V4, vnet(""), "not_applicable"),
        ("NET-011", V4, both("", "\"10.1.0.0/16\""), "fail"),
        ("NET-011", V4, both("", "\"10.1.0.0/16\"") + &back, "pass, pass"),
        ("NET-011", V4, vnet("") + &peering("v", &outside, ""), "indeterminate"),
        (
            "NET-012",
            V4,
            vnet("")
                + &network("w", "\"10.1.0.0/16\"", "")
                + &peering("v", "azurerm_virtual_network.w.id", "allow_forwarded_traffic = true"),
            "fail",
        ),
        (
            "NET-012",
            V4,
            vnet("") + &peering("v", &outside, "allow_forwarded_traffic = true"),
            "indeterminate",
        ),
        (
            "NET-012",
            V4,
            vnet("")
                + &subnet("f", "AzureFirewallSubnet", "\"10.0.9.0/26\"", "")
                + &network("w", "\"10.1.0.0/16\"", "")
                + &peering("w", "azurerm_virtual_network.v.id", "allow_forwarded_traffic = true"),
            "pass",
        ),
    ]);
}

#[test]
fn subnets() {
    let policies = |text: &str| plain(text) + &endpoint();
    let endpoints = "service_endpoints = [\"Microsoft.Storage\"]";
    let special = |name: &str, prefix: &str| vnet("") + &subnet("s", name, prefix, "");
    let group = located("azurerm_network_security_group", "g", "")
        + "resource \"azurerm_subnet_network_security_group_association\" \"a\" {\nsubnet_id = azurerm_subnet.s.id\n\
           network_security_group_id = azurerm_network_security_group.g.id\n}\n";
    let cluster = super::clusters::cluster("", "vnet_subnet_id = azurerm_subnet.s.id");
    run(&[
        ("NET-002", V4, plain(""), "fail"),
        ("NET-002", V4, plain("default_outbound_access_enabled = false"), "pass"),
        ("NET-002", V4, plain("default_outbound_access_enabled = var.on"), "indeterminate"),
        ("NET-002", V4, plain("") + &table(&route("d", "VirtualAppliance")), "pass"),
        ("NET-002", V4, plain("") + &table(""), "fail"),
        ("NET-002", V4, plain("") + &cluster, "not_applicable"),
        ("NET-002", V4, plain("") + &endpoint(), "not_applicable"),
        ("NET-002", V4, special("AzureBastionSubnet", "\"10.0.1.0/26\""), "not_applicable"),
        ("NET-007", V4, policies(""), "fail"),
        ("NET-007", V3, policies(""), "indeterminate"),
        ("NET-007", V3, policies("private_endpoint_network_policies_enabled = false"), "fail"),
        ("NET-007", V3, policies("enforce_private_link_endpoint_network_policies = true"), "fail"),
        (
            "NET-007",
            V4,
            policies("private_endpoint_network_policies = \"NetworkSecurityGroupEnabled\""),
            "pass",
        ),
        ("NET-007", V4, plain(""), "not_applicable"),
        ("NET-008", V4, plain(endpoints), "fail"),
        ("NET-008", V5, plain("service_endpoint {\nservice = \"Microsoft.Storage\"\n}"), "fail"),
        ("NET-008", V4, plain("service_endpoints = [\"Microsoft.Sql\"]"), "not_applicable"),
        ("NET-015", V4, special("azurebastionsubnet", "\"10.0.1.0/27\""), "fail"),
        ("NET-015", V4, special("GatewaySubnet", "\"10.0.1.0/27\""), "pass"),
        ("NET-015", V4, special("GatewaySubnet", "var.x"), "indeterminate"),
        ("NET-015", V4, plain(""), "not_applicable"),
        ("NET-018", V4, special("GatewaySubnet", "\"10.0.1.0/27\"") + &group, "fail"),
        ("NET-018", V4, special("GatewaySubnet", "\"10.0.1.0/27\""), "pass"),
        ("NET-018", V4, plain("") + &group, "not_applicable"),
    ]);
}

#[test]
fn interfaces() {
    let public = format!("public_ip_address_id = \"{SUB}/Microsoft.Network/publicIPAddresses/p\"");
    let hop = "resource \"azurerm_route\" \"r\" {\nname = \"r\"\nresource_group_name = \"rg\"\nroute_table_name = \"t\"\n\
               address_prefix = \"0.0.0.0/0\"\nnext_hop_type = \"VirtualAppliance\"\n\
               next_hop_in_ip_address = azurerm_network_interface.n.private_ip_address\n}\n";
    run(&[
        ("NET-019", V4, plain("") + &interface("ip_forwarding_enabled = true", ""), "fail"),
        ("NET-019", V3, plain("") + &interface("enable_ip_forwarding = true", ""), "fail"),
        ("NET-019", V4, plain("") + &interface("ip_forwarding_enabled = var.on", ""), "indeterminate"),
        ("NET-019", V4, plain("") + &interface("ip_forwarding_enabled = true", "") + hop, "pass"),
        ("NET-020", V4, plain("") + &interface("", &public), "fail"),
        ("NET-020", V4, plain("") + &interface("", "public_ip_address_id = var.x"), "indeterminate"),
        (
            "NET-020",
            V4,
            plain("")
                + &interface("", "public_ip_address_id = azurerm_public_ip.p.id")
                + &located("azurerm_public_ip", "p", "allocation_method = \"Static\""),
            "fail",
        ),
        ("NET-021", V4, plain("") + &interface("", ""), "fail"),
        ("NET-013", V4, plain("") + &interface("", ""), "fail"),
        (
            "NET-013",
            V4,
            plain("") + &interface("", "") + &subnet("b", "AzureBastionSubnet", "\"10.0.9.0/26\"", ""),
            "pass",
        ),
        ("NET-005", V4, plain("") + &interface("", &public), "fail"),
        ("NET-005", V4, plain("") + &interface("", ""), "not_applicable"),
        (
            "NET-005",
            V4,
            plain("")
                + &interface("", "public_ip_address_id = azurerm_public_ip.p.id")
                + &located(
                    "azurerm_public_ip",
                    "p",
                    "allocation_method = \"Static\"\nddos_protection_mode = \"Enabled\"",
                ),
            "not_applicable",
        ),
    ]);
}

#[test]
fn routes_and_gateways() {
    let gateway = subnet("g", "GatewaySubnet", "\"10.0.9.0/27\"", "");
    let inspected = located("azurerm_route_table", "i", &route("d", "VirtualAppliance"));
    let nat = located("azurerm_nat_gateway", "g", "");
    let used = "resource \"azurerm_subnet_nat_gateway_association\" \"s\" {\nsubnet_id = azurerm_subnet.s.id\nnat_gateway_id = azurerm_nat_gateway.g.id\n}\n";
    let address = |of: &str| {
        format!(
            "resource \"azurerm_nat_gateway_public_ip_association\" \"p\" {{\nnat_gateway_id = {of}\n\
             public_ip_address_id = \"{SUB}/Microsoft.Network/publicIPAddresses/p\"\n}}\n"
        )
    };
    let own = address("azurerm_nat_gateway.g.id");
    run(&[
        ("NET-014", V4, vnet("") + &gateway, "fail"),
        ("NET-014", V4, plain("") + &gateway + &inspected, "pass"),
        ("NET-014", V4, plain(""), "not_applicable"),
        ("NET-022", V4, plain("") + &table(&route("d", "Internet")), "pass"),
        ("NET-022", V4, plain("") + &table(&route("d", "Internet")) + &inspected, "pass, fail"),
        (
            "NET-022",
            V4,
            vnet("")
                + &subnet("s", "AzureFirewallSubnet", "\"10.0.1.0/26\"", "")
                + &table(&route("d", "Internet"))
                + &inspected,
            "pass, not_applicable",
        ),
        ("NET-023", V4, plain("") + &table(""), "pass"),
        ("NET-023", V4, inspected.clone(), "fail"),
        (
            "NET-023",
            V4,
            inspected
                + &plain("")
                + "resource \"azurerm_subnet_route_table_association\" \"x\" {\nsubnet_id = azurerm_subnet.s.id\nroute_table_id = var.x\n}\n",
            "indeterminate",
        ),
        ("NET-024", V4, nat.clone(), "fail"),
        ("NET-024", V4, nat.clone() + &own, "fail"),
        ("NET-024", V4, plain("") + &nat + &own + used, "pass"),
        ("NET-024", V4, plain("") + &nat + &address("var.x") + used, "indeterminate"),
        ("NET-025", V4, plain("") + &gateway + &table(&route("d", "VirtualAppliance")), "fail"),
        ("NET-025", V4, plain("") + &table(&route("d", "VirtualAppliance")), "pass"),
        (
            "NET-025",
            V3,
            plain("")
                + &gateway
                + &table(&(route("d", "VirtualAppliance") + "disable_bgp_route_propagation = true\n")),
            "pass",
        ),
        ("NET-025", V4, plain("") + &gateway + &table(""), "not_applicable"),
    ]);
    let severity = |text: String| root(&text).outcomes("NET-024")[0].severity.word();
    assert_eq!(severity(nat.clone()), "high");
    assert_eq!(severity(nat + &own), "low");
}

#[test]
fn a_network_in_azapi() {
    let text = "resource \"azapi_resource\" \"v\" {\ntype = \"Microsoft.Network/virtualNetworks@2024-05-01\"\nname = \"v\"\n\
        parent_id = \"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg\"\nlocation = \"westeurope\"\n\
        body = {\nproperties = {\naddressSpace = { addressPrefixes = [\"20.0.0.0/16\"] }\ndhcpOptions = { dnsServers = [\"8.8.8.8\"] }\n\
        subnets = [{ name = \"GatewaySubnet\", properties = { addressPrefix = \"20.0.0.0/29\" } }]\n}\n}\n}\n";
    run(&[
        ("NET-009", V4, text.into(), "fail"),
        ("NET-004", V4, text.into(), "fail"),
        ("NET-015", V4, text.into(), "fail"),
    ]);
}

/// A route to an appliance that is in no network of the root: behind a peering or a hub whose other side is not
/// known it may well be there.
#[test]
fn an_appliance_may_be_behind_what_is_not_in_the_root() {
    let text = rules::find("X-007").unwrap().meta().bad;
    let peering = |remote: &str| {
        format!(
            "{text}\nresource \"azurerm_virtual_network_peering\" \"p\" {{\nname = \"p\"\nresource_group_name = \"rg-example\"\n\
             virtual_network_name = azurerm_virtual_network.spoke.name\nremote_virtual_network_id = {remote}\n}}\n"
        )
    };
    let id = "\"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/hub\"";
    let data = "data.azurerm_virtual_network.hub.id\n}\ndata \"azurerm_virtual_network\" \"hub\" {\nname = \"hub\"\nresource_group_name = \"rg-hub\"";
    let variable = "var.hub\n}\nvariable \"hub\" {\ntype = string";
    let connection = format!(
        "{text}\nresource \"azurerm_virtual_hub_connection\" \"c\" {{\nname = \"c\"\nvirtual_hub_id = {}\nremote_virtual_network_id = azurerm_virtual_network.spoke.id\n}}\n",
        id.replace("virtualNetworks", "virtualHubs")
    );
    for text in [peering(id), peering(data), peering(variable), connection] {
        assert_eq!(told("X-007", &root(&text)), "azurerm_kubernetes_cluster.example indeterminate", "{text}");
    }
    // A network of this root that does not have the address settles it.
    let known = peering("azurerm_virtual_network.hub.id");
    assert_eq!(told("X-007", &root(&known)), "azurerm_kubernetes_cluster.example fail");
}
