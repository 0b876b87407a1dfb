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
    // To what another root has.
    let attached = "resource \"azurerm_subnet_network_security_group_association\" \"s\" {\nsubnet_id = \"/subscriptions/\
                    11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s\"\n\
                    network_security_group_id = azurerm_network_security_group.g.id\n}\n";
    let of = |rule: &str, ports: &str| {
        let group = inline(&[&format!("a 100 Allow Inbound Tcp * {ports}")]);
        let found = root(&(group + attached)).outcomes(rule);
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

/// The worst of a rule's outcomes at addresses that end in something.
fn worst(root: &Root, rule: &str, address: &str) -> String {
    let found = root.outcomes(rule).into_iter().find(|o| o.address.ends_with(address));
    found.map_or_else(|| "none".to_owned(), |o| o.verdict.word().to_owned())
}

#[test]
fn sources_that_look_narrow_and_ports_that_are_meant() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("NSG-004", &["a 100 Allow Inbound Tcp * 80"], "fail"),
        ("NSG-004", &["a 100 Allow Inbound Tcp * 443"], "pass"),
        ("NSG-006", &["a 100 Allow Inbound Udp * 5000"], "fail"),
        ("NSG-006", &["a 100 Allow Inbound Udp VirtualNetwork *"], "pass"),
        ("NSG-006", &["a 100 Allow Inbound * * *"], "pass"),
        ("NSG-006", &["a 100 Allow Inbound * * 53"], "fail"),
        ("NSG-006", &["a 100 Allow Inbound * * 443"], "pass"),
        ("NSG-006", &["a 100 Allow Inbound Icmp * *"], "pass"),
        ("NSG-006", &["a 200 Allow Inbound Udp * 161", "d 100 Deny Inbound Udp * *"], "pass"),
        ("NSG-009", &["a 100 Allow Inbound Tcp 20.0.0.0/8 22"], "fail"),
        ("NSG-009", &["a 100 Allow Inbound Tcp 20.0.0.0/8 443"], "pass"),
        ("NSG-009", &["a 100 Allow Inbound Tcp 20.1.0.0/16 22"], "pass"),
        ("NSG-009", &["a 100 Allow Inbound Tcp 20.1.0.0/16,20.2.0.0/24 22"], "fail"),
        ("NSG-009", &["a 100 Allow Inbound Tcp 10.0.0.0/8 22"], "pass"),
        ("NSG-009", &["a 100 Allow Inbound Tcp 2001::/16 6443"], "fail"),
        ("NSG-009", &["a 100 Allow Inbound Tcp * 22"], "pass"),
        ("NSG-009", &["a 100 Allow Inbound Tcp var.x 22"], "indeterminate"),
        ("NSG-009", &["a 200 Allow Inbound Tcp 20.0.0.0/8 22", "d 100 Deny Inbound Tcp * 22"], "pass"),
        ("NSG-010", &["a 100 Allow Inbound Tcp AzureCloud 443"], "fail"),
        ("NSG-010", &["a 100 Allow Inbound Tcp azurecloud.westeurope 443"], "fail"),
        ("NSG-010", &["a 100 Allow Inbound Tcp AppService 443"], "pass"),
        ("NSG-010", &["a 100 Allow Inbound Tcp AppService 22"], "fail"),
        ("NSG-010", &["a 100 Allow Inbound Tcp AzureFrontDoor.Backend 22"], "pass"),
        ("NSG-011", &["a 100 Allow Outbound * Internet *"], "fail"),
        ("NSG-011", &["a 100 Allow Outbound Tcp Internet *"], "pass"),
        ("NSG-011", &["a 100 Allow Inbound * * *"], "not_applicable"),
        (
            "NSG-017",
            &["a 100 Allow Inbound Tcp 10.0.0.0/8 80", "b 100 Deny Inbound Tcp 10.0.0.0/8 81"],
            "fail",
        ),
        (
            "NSG-017",
            &["a 100 Allow Inbound Tcp 10.0.0.0/8 80", "b 100 Deny Outbound Tcp 10.0.0.0/8 81"],
            "pass",
        ),
        ("NSG-017", &["a var.x Allow Inbound Tcp 10.0.0.0/8 80"], "indeterminate"),
        ("NSG-019", &["a 200 Allow Inbound Tcp 10.1.0.0/16 80", "d 100 Deny Inbound * 10.0.0.0/8 *"], "fail"),
        (
            "NSG-019",
            &["a 200 Allow Inbound Tcp 10.1.0.0/16 80", "d 100 Allow Inbound * 10.0.0.0/8 *"],
            "pass",
        ),
        (
            "NSG-019",
            &["a 200 Allow Inbound Tcp 10.1.0.0/16 80", "d 100 Deny Inbound * 10.1.2.0/24 *"],
            "pass",
        ),
        (
            "NSG-019",
            &["a 200 Allow Inbound Tcp 10.1.0.0/16 80", "d 100 Deny Inbound Tcp var.x 80"],
            "indeterminate",
        ),
        (
            "NSG-019",
            &[
                "a 200 Allow Inbound Tcp 10.0.0.0/8 80",
                "d 100 Deny Inbound Tcp 10.0.0.0/9 80",
                "e 110 Allow Inbound Tcp 10.128.0.0/9 80",
            ],
            "fail",
        ),
        (
            "NSG-020",
            &["a 200 Allow Inbound Tcp 10.1.0.0/16 80", "d 100 Allow Inbound * 10.0.0.0/8 *"],
            "fail",
        ),
        ("NSG-020", &["a 200 Allow Inbound Tcp 10.1.0.0/16 80", "d 100 Deny Inbound * 10.0.0.0/8 *"], "pass"),
        ("NSG-023", &["a 100 Allow Inbound Tcp 10.0.0.0/8 80"], "pass"),
        ("NSG-024", &["a 100 Allow Inbound Tcp 10.0.0.0/8 80"], "pass"),
        ("NSG-024", &["a 99 Allow Inbound Tcp 10.0.0.0/8 80"], "fail"),
        ("NSG-024", &["a 100 Allow Inbound Tcp 10.0.0.0/8 90-80"], "fail"),
        ("NSG-024", &["a 100 Allow Inbound Tcp 10.0.0.0/8 70000"], "fail"),
        ("NSG-024", &["a 100 Permit Inbound Tcp 10.0.0.0/8 80"], "fail"),
        ("NSG-024", &["a 100 Allow Inbound Sctp 10.0.0.0/8 80"], "fail"),
        ("NSG-024", &["a 100 Allow Inbound Tcp Internet,10.0.0.0/8 80"], "fail"),
        ("NSG-024", &["a 100 var.x Inbound Tcp 10.0.0.0/8 80"], "indeterminate"),
    ];
    let mut wrong = Vec::new();
    for (rule, lines, want) in cases {
        // Outbound rules of these lines are about their destination.
        let text = |text: String| {
            if lines[0].contains("Outbound") {
                return text
                    .replace("source_address_prefix = \"Internet\"", "source_address_prefix = \"*\"")
                    .replace(
                        "destination_address_prefix = \"*\"",
                        "destination_address_prefix = \"Internet\"",
                    );
            }
            text
        };
        let got = worst(&root(&text(separate(lines))), rule, "_rule.r0");
        // Two rules that share a priority: the later one is told.
        let either = *rule == "NSG-017" && worst(&root(&separate(lines)), rule, "_rule.r1") == *want;
        if got != *want && !either {
            wrong.push(format!("{rule} {lines:?}: want {want}, got {got}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} disagree\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn one_style_of_rules() {
    let separate = "resource \"azurerm_network_security_rule\" \"s\" {\nresource_group_name = \"rg\"\n\
                    network_security_group_name = \"g\"\n"
        .to_owned()
        + &block("s 200 Allow Inbound Tcp 10.0.0.0/8 80")
        + "}\n";
    let both = inline(&["a 100 Allow Inbound Tcp 10.0.0.0/8 443"]);
    assert_eq!(told("NSG-016", &root(&(both.clone() + &separate))), "azurerm_network_security_group.g fail");
    assert_eq!(told("NSG-016", &root(&both)), "azurerm_network_security_group.g pass");
    let ignored =
        both.replacen("name = \"g\"", "name = \"g\"\nlifecycle {\nignore_changes = [security_rule]\n}", 1);
    assert_eq!(told("NSG-016", &root(&(ignored + &separate))), "azurerm_network_security_group.g pass");
}

#[test]
fn what_a_group_guards() {
    let nic = |lines: &str| {
        format!(
            "resource \"azurerm_network_interface\" \"n\" {{\nname = \"n\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n\
             ip_configuration {{\nname = \"i\"\nsubnet_id = azurerm_subnet.s.id\nprivate_ip_address_allocation = \"Dynamic\"\n{lines}\n}}\n}}\n"
        )
    };
    let public = "public_ip_address_id = \"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/p\"";
    let associate = |what: &str, name: &str, group: &str| {
        format!(
            "resource \"azurerm_{what}_network_security_group_association\" \"{name}\" {{\nsubnet_id = azurerm_subnet.s.id\n\
             network_security_group_id = {group}\n}}\n"
        )
    };
    let to_nic = |group: &str| {
        format!(
            "resource \"azurerm_network_interface_security_group_association\" \"n\" {{\nnetwork_interface_id = azurerm_network_interface.n.id\n\
             network_security_group_id = {group}\n}}\n"
        )
    };
    let group = |name: &str, line: &str| {
        inline(&[line])
            .replace(VARIABLES, "")
            .replace(
                "\"azurerm_network_security_group\" \"g\"",
                &format!("\"azurerm_network_security_group\" \"{name}\""),
            )
            .replace("name = \"g\"", &format!("name = \"{name}\""))
    };
    let g = "azurerm_network_security_group.g.id";
    let h = "azurerm_network_security_group.h.id";
    let network = subnet("s", "s", "");
    let two = |line: &str, address: &str| {
        format!("{VARIABLES}{network}{}", group("g", "a 100 Allow Inbound * * *"))
            .replace("azurerm_virtual_network.v.name", "\"v\"")
            + &group("h", line)
            + &nic(address)
            + &associate("subnet", "s", g)
            + &to_nic(h)
    };
    let exposure = |text: &str| worst(&root(text), "NSG-021", "interface.n");
    assert_eq!(exposure(&two("a 100 Allow Inbound Tcp * 22", public)), "fail");
    assert_eq!(exposure(&two("a 100 Allow Inbound Tcp * 443", public)), "pass");
    assert_eq!(exposure(&two("a 100 Allow Inbound Tcp var.x 22", public)), "indeterminate");
    assert_eq!(exposure(&two("a 100 Allow Inbound Tcp * 22", "")), "not_applicable");
    assert_eq!(
        exposure(&two("a 100 Allow Inbound Tcp * 22", "public_ip_address_id = var.x")),
        "indeterminate"
    );
    // Behind a load balancer only the port that it sends on counts.
    let balanced = |port: u16| {
        two("a 100 Allow Inbound Tcp * 20-30", "")
            + &format!(
                "resource \"azurerm_lb\" \"b\" {{\nname = \"b\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n\
                 frontend_ip_configuration {{\nname = \"f\"\n{public}\n}}\n}}\n\
                 resource \"azurerm_lb_backend_address_pool\" \"b\" {{\nname = \"b\"\nloadbalancer_id = azurerm_lb.b.id\n}}\n\
                 resource \"azurerm_lb_rule\" \"b\" {{\nname = \"b\"\nloadbalancer_id = azurerm_lb.b.id\nprotocol = \"Tcp\"\nfrontend_port = 50000\n\
                 backend_port = {port}\nfrontend_ip_configuration_name = \"f\"\nbackend_address_pool_ids = [azurerm_lb_backend_address_pool.b.id]\n}}\n\
                 resource \"azurerm_network_interface_backend_address_pool_association\" \"b\" {{\nnetwork_interface_id = azurerm_network_interface.n.id\n\
                 ip_configuration_name = \"i\"\nbackend_address_pool_id = azurerm_lb_backend_address_pool.b.id\n}}\n"
            )
    };
    assert_eq!(exposure(&balanced(22)), "fail");
    assert_eq!(exposure(&balanced(25)), "pass");

    let alone = |line: &str| {
        format!("{VARIABLES}{network}{}", group("g", line)).replace("azurerm_virtual_network.v.name", "\"v\"")
    };
    let of_group = |rule: &str, text: &str| worst(&root(text), rule, "group.g");
    let attached = associate("subnet", "s", g);
    assert_eq!(of_group("NSG-014", &alone("a 100 Allow Inbound Tcp * 443")), "fail");
    assert_eq!(of_group("NSG-014", &(alone("a 100 Allow Inbound Tcp * 443") + &attached)), "pass");
    assert_eq!(
        of_group("NSG-014", &(alone("a 100 Allow Inbound Tcp * 443") + &associate("subnet", "s", "var.x"))),
        "indeterminate"
    );
    let deny = alone("a 100 Deny Inbound * * *");
    assert_eq!(of_group("NSG-012", &(deny.clone() + &attached)), "not_applicable");
    let cluster = super::clusters::cluster("", "vnet_subnet_id = azurerm_subnet.s.id");
    assert_eq!(of_group("NSG-012", &(deny + &attached + &cluster)), "fail");
    let lateral = |line: &str| of_group("NSG-013", &(alone(line) + &attached + &cluster));
    assert_eq!(lateral("a 100 Deny Outbound * * *"), "pass");
    assert_eq!(lateral("a 100 Allow Outbound * * *"), "fail");
    assert_eq!(of_group("NSG-005", &(alone("a 100 Allow Inbound Tcp * 443") + &attached + &cluster)), "fail");
    assert_eq!(of_group("NSG-005", &(alone("a 100 Allow Inbound Tcp * 443") + &attached)), "pass");
}

/// Rules of other protocols are no open ports (TU-NSG-025 of the catalogue is this guard).
#[test]
fn protocols_without_ports_open_none() {
    for protocol in ["Icmp", "Esp", "Ah"] {
        let root = root(&inline(&[&format!("a 100 Allow Inbound {protocol} * *")]));
        for rule in ["001", "002", "003", "004", "005", "006", "007", "008", "009"] {
            let rule = format!("NSG-{rule}");
            let words: Vec<_> = root.outcomes(&rule).iter().map(|o| o.verdict.word()).collect();
            assert_eq!(words, ["pass"], "{rule} {protocol}");
        }
    }
}

/// 100,000 rules in 100 groups: half deny, each on a port and a source of its own among wide ones.
#[test]
#[ignore = "for a measurement"]
fn a_hundred_thousand_rules() {
    let rule = |group: usize, at: usize| {
        let id = format!(
            "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/g{group}/securityRules/r{at}"
        );
        let source = match at % 5 {
            0 => "Internet".to_owned(),
            1 => "*".to_owned(),
            _ => format!("20.{}.{}.0/24", at % 250, group),
        };
        serde_json::json!({
            "id": id, "name": format!("r{at}"), "type": "Microsoft.Network/networkSecurityGroups/securityRules",
            "properties": {
                "priority": 100 + at, "direction": if at.is_multiple_of(3) { "Outbound" } else { "Inbound" },
                "access": if at.is_multiple_of(2) { "Allow" } else { "Deny" }, "protocol": "Tcp",
                "sourceAddressPrefix": source, "sourcePortRange": "*",
                "destinationAddressPrefix": "*", "destinationPortRange": format!("{}", 20 + at % 977),
            }
        })
    };
    let documents: Vec<_> = (0..100).flat_map(|group| (0..1000).map(move |at| rule(group, at))).collect();
    let estate = Estate::from_documents(&documents);
    let cx = Context::new(&estate, None, TODAY);
    let started = std::time::Instant::now();
    let report = rules::run(&cx, Profile::Strict);
    let took = started.elapsed();
    say!("{} outcomes of 100,000 security rules in {took:?}", report.outcomes.len());
}

/// Several ports in one text are refused by Azure, and mean each of them.
#[test]
fn ports_between_commas_are_meant_and_refused() {
    let text = "resource \"azurerm_network_security_rule\" \"a\" {\nname = \"a\"\nresource_group_name = \"rg\"\nnetwork_security_group_name = \"n\"\n\
                priority = 100\ndirection = \"Inbound\"\naccess = \"Allow\"\nprotocol = \"Tcp\"\nsource_port_range = \"*\"\n\
                source_address_prefix = \"Internet\"\ndestination_address_prefix = \"*\"\ndestination_port_range = \"21, 3388-3390\"\n}\n";
    let root = root_of(&[("main.tf", text)], "~> 4.81");
    for (rule, want) in [("NSG-024", "fail"), ("NSG-003", "fail"), ("NSG-002", "pass")] {
        let got: Vec<_> = root.outcomes(rule).iter().map(|o| o.verdict.word()).collect();
        assert_eq!(got, [want], "{rule}");
    }
}

/// What a `dynamic` block over something unknown may add is not known; what stands there is.
#[test]
fn rules_that_are_not_known_yet_may_open_a_port() {
    let ssh = "security_rule {\nname = \"ssh\"\npriority = 100\ndirection = \"Inbound\"\naccess = \"Allow\"\nprotocol = \"Tcp\"\n\
               source_port_range = \"*\"\nsource_address_prefix = \"*\"\ndestination_address_prefix = \"*\"\ndestination_port_range = \"22\"\n}\n";
    let open = |list: &str| {
        format!(
            "dynamic \"security_rule\" {{\nfor_each = {list}\ncontent {{\nname = security_rule.key\npriority = security_rule.value\n\
             direction = \"Inbound\"\naccess = \"Allow\"\nprotocol = \"Tcp\"\nsource_port_range = \"*\"\nsource_address_prefix = \"*\"\n\
             destination_address_prefix = \"*\"\ndestination_port_range = \"3389\"\n}}\n}}\n"
        )
    };
    let none = open("[]");
    let unknown = open("var.x");
    for (lines, ssh_is, rdp_is) in [
        (ssh.to_owned(), "fail", "pass"),
        (none.clone(), "not_applicable", "not_applicable"),
        (unknown.clone(), "indeterminate", "indeterminate"),
        (format!("{ssh}{unknown}"), "fail", "indeterminate"),
        ("security_rule = var.x\n".to_owned(), "indeterminate", "indeterminate"),
    ] {
        let text = format!(
            "variable \"x\" {{}}\nresource \"azurerm_network_security_group\" \"n\" {{\nname = \"n\"\nlocation = \"westeurope\"\n\
             resource_group_name = \"rg\"\n{lines}}}\n"
        );
        let root = root_of(&[("main.tf", &text)], "~> 4.81");
        for (rule, want) in [("NSG-002", ssh_is), ("NSG-003", rdp_is)] {
            let got: Vec<_> = root.outcomes(rule).iter().map(|o| o.verdict.word()).collect();
            assert_eq!(got, [want], "{rule} {text}");
        }
    }
}
