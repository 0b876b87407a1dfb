//! Security rules by what is in force, subnets, routes and zones.

use super::*;

/// `name priority access direction protocol source ports`, one rule a line; several sources or ports
/// are joined by commas.
fn block(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let [name, priority, access, direction, protocol, source, ports] = words[..] else { panic!("{line}") };
    let quoted = |text: &str| -> String {
        let one = |t: &str| if t.starts_with("var.") { t.to_owned() } else { format!("\"{t}\"") };
        text.split(',').map(one).collect::<Vec<_>>().join(", ")
    };
    let field = |singular: &str, text: &str| match text.contains(',') {
        true => format!(
            "{singular}{} = [{}]",
            if singular.ends_with("prefix") { "es" } else { "s" },
            quoted(text)
        ),
        false => format!("{singular} = {}", quoted(text)),
    };
    format!(
        "name = \"{name}\"\npriority = {priority}\naccess = {}\ndirection = \"{direction}\"\nprotocol = \"{protocol}\"\n{}\n\
         source_port_range = \"*\"\ndestination_address_prefix = \"*\"\n{}\n",
        quoted(access),
        field("source_address_prefix", source),
        field("destination_port_range", ports)
    )
}

const VARIABLES: &str = "variable \"x\" {}\n";

fn inline(lines: &[&str]) -> String {
    let rules: String = lines.iter().map(|l| format!("security_rule {{\n{}}}\n", block(l))).collect();
    format!(
        "{VARIABLES}resource \"azurerm_network_security_group\" \"g\" {{\nname = \"g\"\nlocation = \"westeurope\"\n\
         resource_group_name = \"rg\"\n{rules}}}\n"
    )
}

fn separate(lines: &[&str]) -> String {
    let rule = |(at, line): (usize, &&str)| {
        format!(
            "resource \"azurerm_network_security_rule\" \"r{at}\" {{\nresource_group_name = \"rg\"\n\
             network_security_group_name = azurerm_network_security_group.g.name\n{}}}\n",
            block(line)
        )
    };
    inline(&[]) + &lines.iter().enumerate().map(rule).collect::<String>()
}

#[test]
fn what_of_a_rule_is_in_force() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("NSG-001", &["a 100 Allow Inbound * * *"], "fail"),
        ("NSG-001", &["a 100 Allow Inbound Tcp 0.0.0.0/0 1-65535"], "fail"),
        ("NSG-001", &["a 100 Allow Inbound Tcp * 0-30000,30001-65535"], "fail"),
        ("NSG-001", &["a 100 Allow Inbound Udp * *"], "pass"),
        ("NSG-001", &["a 100 Allow Inbound * 10.0.0.0/8 *"], "pass"),
        ("NSG-001", &["a 100 Allow Outbound * * *"], "not_applicable"),
        ("NSG-002", &["a 100 Allow Inbound * * *"], "fail"),
        ("NSG-002", &["a 100 Allow Inbound Tcp Internet 22"], "fail"),
        ("NSG-002", &["a 100 Allow Inbound tcp ::/0 20-30"], "fail"),
        ("NSG-002", &["a 100 allow inbound TCP any 80,22"], "fail"),
        ("NSG-002", &["a 100 Allow Inbound Udp * 22"], "pass"),
        ("NSG-002", &["a 100 Allow Inbound Icmp * *"], "pass"),
        ("NSG-002", &["a 100 Deny Inbound Tcp * 22"], "not_applicable"),
        ("NSG-002", &["a 100 Allow Inbound Tcp VirtualNetwork 22"], "pass"),
        ("NSG-002", &["a 100 Allow Inbound Tcp 0.0.0.0/1,128.0.0.0/1 22"], "fail"),
        // Shadowed by an earlier Deny, whole or where it matters.
        ("NSG-002", &["a 200 Allow Inbound Tcp * 22", "d 100 Deny Inbound * * *"], "pass"),
        ("NSG-002", &["a 200 Allow Inbound Tcp * 22", "d 100 Deny Inbound Tcp Internet 22"], "pass"),
        ("NSG-002", &["a 200 Allow Inbound Tcp * 1-1000", "d 100 Deny Inbound Tcp 0.0.0.0/0 22"], "pass"),
        (
            "NSG-002",
            &[
                "a 200 Allow Inbound Tcp * 22",
                "d 100 Deny Inbound Tcp * 20-21",
                "e 110 Deny Inbound Tcp * 22-23",
            ],
            "pass",
        ),
        (
            "NSG-002",
            &[
                "a 200 Allow Inbound Tcp * 22",
                "d 100 Deny Inbound Tcp 0.0.0.0/1 22",
                "e 110 Deny Inbound Tcp 128.0.0.0/1 22",
            ],
            "pass",
        ),
        // Not shadowed: later, narrower, another protocol, another direction.
        ("NSG-002", &["a 100 Allow Inbound Tcp * 22", "d 200 Deny Inbound * * *"], "fail"),
        ("NSG-002", &["a 200 Allow Inbound Tcp * 22", "d 100 Deny Inbound Tcp 203.0.113.0/24 22"], "fail"),
        ("NSG-002", &["a 200 Allow Inbound Tcp * 22", "d 100 Deny Inbound Udp * *"], "fail"),
        ("NSG-002", &["a 200 Allow Inbound Tcp * 22", "d 100 Deny Outbound * * *"], "fail"),
        // Unknown values decide only where they can.
        ("NSG-002", &["a 100 Allow Inbound Tcp var.x 22"], "indeterminate"),
        ("NSG-002", &["a 100 Allow Inbound Tcp var.x,* 22"], "fail"),
        ("NSG-002", &["a 100 Allow Inbound Tcp * var.x"], "indeterminate"),
        ("NSG-002", &["a 100 Allow Inbound Tcp 10.0.0.0/8 var.x"], "pass"),
        ("NSG-002", &["a 100 var.x Inbound Tcp * 22"], "indeterminate"),
        ("NSG-002", &["a 100 var.x Inbound Tcp * 443"], "pass"),
        ("NSG-002", &["a var.x Allow Inbound Tcp * 22"], "fail"),
        ("NSG-002", &["a var.x Allow Inbound Tcp * 22", "d 100 Deny Inbound * * *"], "indeterminate"),
        ("NSG-002", &["a 200 Allow Inbound Tcp * 22", "d 100 Deny Inbound Tcp var.x 22"], "indeterminate"),
        ("NSG-003", &["a 100 Allow Inbound * Internet 3380-3390"], "fail"),
        ("NSG-007", &["a 100 Allow Inbound Tcp * 5432"], "fail"),
        ("NSG-007", &["a 100 Allow Inbound Udp * 11211"], "fail"),
        ("NSG-007", &["a 100 Allow Inbound Tcp * 443"], "pass"),
        ("NSG-007", &["a 100 Allow Inbound * * *"], "pass"),
        ("NSG-008", &["a 100 Allow Inbound Tcp * 10250"], "fail"),
        ("NSG-008", &["a 100 Allow Inbound Tcp * 31000-31010"], "fail"),
        ("NSG-008", &["a 100 Allow Inbound Tcp VirtualNetwork 10250"], "pass"),
    ];
    let mut wrong = Vec::new();
    for (rule, lines, want) in cases {
        let worst = |root: &Root, address: &str| {
            let found = root.outcomes(rule).into_iter().find(|o| o.address.ends_with(address));
            found.map_or_else(|| "none".to_owned(), |o| o.verdict.word().to_owned())
        };
        // Inline rules answer at the group, separate ones for themselves.
        let (one, two) = (root(&inline(lines)), root(&separate(lines)));
        let got = (worst(&one, "_group.g"), worst(&two, "_rule.r0"));
        if got != ((*want).to_owned(), (*want).to_owned()) {
            wrong.push(format!("{rule} {lines:?}: want {want}, got {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} disagree\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn a_rule_is_told_once_and_its_shadow_is_noted() {
    let all = root(&inline(&["a 100 Allow Inbound * * *"]));
    let codes: Vec<_> = all.report(Profile::Default).findings.iter().map(|f| f.code.clone()).collect();
    assert_eq!(codes, ["TU-NSG-001"]);
    let shadowed = root(&separate(&["a 200 Allow Inbound Tcp * 22", "d 100 Deny Inbound * * *"]));
    let notes: Vec<_> = shadowed.outcomes("NSG-002").iter().map(|o| o.note.clone()).collect();
    assert_eq!(notes, ["shadowed by d", ""]);
}

#[test]
fn ports_grade_the_severity() {
    let of = |rule: &str, ports: &str| {
        let found = root(&inline(&[&format!("a 100 Allow Inbound Tcp * {ports}")])).outcomes(rule);
        (found[0].verdict.word(), found[0].severity.word())
    };
    assert_eq!(of("NSG-007", "5432"), ("fail", "high"));
    assert_eq!(of("NSG-007", "8080"), ("fail", "low"));
    assert_eq!(of("NSG-008", "6443"), ("fail", "critical"));
    assert_eq!(of("NSG-008", "30080"), ("fail", "high"));
}

#[test]
fn a_deny_that_never_applies() {
    let cases: &[(&[&str], &str)] = &[
        (&["d 200 Deny Inbound * 10.9.0.0/16 *", "a 100 Allow Inbound * 10.0.0.0/8 *"], "fail high"),
        (&["d 100 Deny Inbound * 10.9.0.0/16 *", "a 200 Allow Inbound * 10.0.0.0/8 *"], "pass"),
        (&["d 4096 Deny Inbound * * *", "a 100 Allow Inbound Tcp * 22"], "not_applicable"),
        (&["d 200 Deny Inbound Tcp * 22-23", "a 100 Allow Inbound Tcp * 22"], "fail medium"),
        (&["d 200 Deny Inbound Tcp 10.0.0.0/8 443", "a 100 Allow Inbound Tcp 10.0.0.0/8 80"], "pass"),
        (&["d 200 Deny Inbound Tcp 10.9.0.0/16 443", "a 100 Allow Inbound Tcp var.x 443"], "indeterminate"),
    ];
    for (lines, want) in cases {
        let root = root(&separate(lines));
        let found = root.outcomes("NSG-018").into_iter().find(|o| o.address.ends_with(".r0")).unwrap();
        let severity = if found.verdict.word() == "fail" {
            format!(" {}", found.severity.word())
        } else {
            String::new()
        };
        assert_eq!(format!("{}{severity}", found.verdict.word()), *want, "{lines:?} {found:?}");
    }
}

const NETWORK: &str = "variable \"x\" {}\nresource \"azurerm_virtual_network\" \"v\" {\nname = \"v\"\nlocation = \"westeurope\"\n\
    resource_group_name = \"rg\"\naddress_space = [\"10.0.0.0/16\"]\n}\n\
    resource \"azurerm_network_security_group\" \"g\" {\nname = \"g\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n}\n";

fn subnet(label: &str, name: &str, more: &str) -> String {
    format!(
        "resource \"azurerm_subnet\" \"{label}\" {{\nname = \"{name}\"\nresource_group_name = \"rg\"\n\
         virtual_network_name = azurerm_virtual_network.v.name\naddress_prefixes = [\"10.0.1.0/24\"]\n{more}\n}}\n"
    )
}

#[test]
fn subnets_and_their_groups() {
    let associate = |subnet: &str| {
        format!(
            "resource \"azurerm_subnet_network_security_group_association\" \"a\" {{\nsubnet_id = {subnet}\n\
             network_security_group_id = azurerm_network_security_group.g.id\n}}\n"
        )
    };
    let netapp =
        "delegation {\nname = \"d\"\nservice_delegation {\nname = \"Microsoft.Netapp/volumes\"\n}\n}";
    let cases = [
        (subnet("s", "s", ""), "azurerm_subnet.s fail"),
        (subnet("s", "s", "") + &associate("azurerm_subnet.s.id"), "azurerm_subnet.s pass"),
        (subnet("s", "s", "") + &associate("var.x"), "azurerm_subnet.s indeterminate"),
        (
            subnet("s", "s", "")
                + "data \"azurerm_subnet\" \"other\" {\nname = \"o\"\nvirtual_network_name = \"w\"\nresource_group_name = \"rg\"\n}\n"
                + &associate("data.azurerm_subnet.other.id"),
            "azurerm_subnet.s fail",
        ),
        (subnet("s", "gatewaysubnet", ""), "azurerm_subnet.s not_applicable"),
        (subnet("s", "AzureBastionSubnet", ""), "azurerm_subnet.s fail"),
        (subnet("s", "s", netapp), "azurerm_subnet.s not_applicable"),
        (
            subnet("s", "s", "count = 2").replace("name = \"s\"", "name = \"s${count.index}\"")
                + &associate("azurerm_subnet.s[1].id"),
            "azurerm_subnet.s[0] fail\nazurerm_subnet.s[1] pass",
        ),
    ];
    for (text, want) in cases {
        assert_eq!(told("NET-001", &root(&format!("{NETWORK}{text}"))), want, "{text}");
    }
    let inline = NETWORK.replace("address_space = [\"10.0.0.0/16\"]", "address_space = [\"10.0.0.0/16\"]\nsubnet {\nname = \"a\"\naddress_prefixes = [\"10.0.0.0/24\"]\nsecurity_group = azurerm_network_security_group.g.id\n}\nsubnet {\nname = \"b\"\naddress_prefixes = [\"10.0.1.0/24\"]\n}");
    // Both inline subnets answer at the network: the worst of them.
    assert_eq!(told("NET-001", &root(&inline)), "azurerm_virtual_network.v fail");
}

#[test]
fn routes_for_clusters_without_a_load_balancer() {
    let cluster = super::clusters::cluster(
        "network_profile {\nnetwork_plugin = \"azure\"\noutbound_type = \"userDefinedRouting\"\n}",
        "vnet_subnet_id = azurerm_subnet.s.id",
    );
    let table = |routes: &str| {
        format!(
            "resource \"azurerm_route_table\" \"t\" {{\nname = \"t\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n{routes}}}\n\
             resource \"azurerm_subnet_route_table_association\" \"t\" {{\nsubnet_id = azurerm_subnet.s.id\nroute_table_id = azurerm_route_table.t.id\n}}\n"
        )
    };
    let route = |name: &str, prefix: &str, hop: &str| {
        format!(
            "route {{\nname = \"{name}\"\naddress_prefix = \"{prefix}\"\nnext_hop_type = \"{hop}\"\nnext_hop_in_ip_address = \"10.1.0.4\"\n}}\n"
        )
    };
    let gateway = subnet("g", "GatewaySubnet", "").replace("10.0.1.0", "10.0.9.0");
    let cases = [
        (String::new(), "fail"),
        (table(""), "fail"),
        (table(&route("d", "0.0.0.0/0", "VirtualAppliance")), "pass"),
        (table(&route("d", "0.0.0.0/0", "Internet")), "fail"),
        (
            table(
                &(route("a", "0.0.0.0/1", "VirtualAppliance")
                    + &route("b", "128.0.0.0/1", "VirtualAppliance")),
            ),
            "pass",
        ),
        (table(&route("a", "0.0.0.0/1", "VirtualAppliance")), "fail"),
        (table("") + &gateway, "indeterminate"),
        (table("bgp_route_propagation_enabled = false\n") + &gateway, "fail"),
    ];
    for (text, want) in cases {
        let root = root(&format!("{NETWORK}{}{cluster}{text}", subnet("s", "s", "")));
        assert_eq!(told("X-006", &root), format!("azurerm_kubernetes_cluster.c {want}"), "{text}");
    }
}

#[test]
fn the_zone_of_a_private_api_server() {
    let cluster = |zone: &str| {
        super::clusters::cluster(
            &format!("private_cluster_enabled = true\n{zone}"),
            "vnet_subnet_id = azurerm_subnet.s.id",
        )
    };
    let own = "private_dns_zone_id = azurerm_private_dns_zone.z.id";
    let zone = "resource \"azurerm_private_dns_zone\" \"z\" {\nname = \"privatelink.westeurope.azmk8s.io\"\nresource_group_name = \"rg\"\n}\n";
    let link = |network: &str| {
        format!(
            "resource \"azurerm_private_dns_zone_virtual_network_link\" \"l_{network}\" {{\nname = \"{network}\"\nresource_group_name = \"rg\"\n\
             private_dns_zone_name = azurerm_private_dns_zone.z.name\nvirtual_network_id = azurerm_virtual_network.{network}.id\n}}\n"
        )
    };
    let hub = "resource \"azurerm_virtual_network\" \"hub\" {\nname = \"hub\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\naddress_space = [\"10.1.0.0/16\"]\n}\n";
    let spoke = NETWORK.replace(
        "address_space = [\"10.0.0.0/16\"]",
        "address_space = [\"10.0.0.0/16\"]\ndns_servers = [\"10.1.0.4\"]",
    );
    let cases = [
        (NETWORK, cluster(""), "pass"),
        (NETWORK, cluster("private_dns_zone_id = \"None\""), "fail"),
        (
            NETWORK,
            cluster("private_dns_zone_id = \"None\"\nprivate_cluster_public_fqdn_enabled = true"),
            "pass",
        ),
        (NETWORK, cluster("private_dns_zone_id = var.x"), "indeterminate"),
        (NETWORK, cluster(own) + zone, "fail"),
        (NETWORK, cluster(own) + zone + &link("v"), "pass"),
        (&spoke, cluster(own) + zone + hub + &link("v"), "fail"),
        (&spoke, cluster(own) + zone + hub + &link("v") + &link("hub"), "pass"),
        (&spoke, cluster("") + hub, "indeterminate"),
    ];
    for (network, text, want) in cases {
        let root = root(&format!("{network}{}{text}", subnet("s", "s", "")));
        assert_eq!(told("X-012", &root), format!("azurerm_kubernetes_cluster.c {want}"), "{text}");
    }
}
