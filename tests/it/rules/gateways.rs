//! Rules of application gateways, WAF policies and firewalls: majors, unknown values, azapi, closed world.

use super::edge::{SUB, block, located, run};
use super::*;

const SUBNET: &str = "resource \"azurerm_subnet\" \"s\" {\nname = \"s\"\nresource_group_name = \"rg\"\nvirtual_network_name = \"v\"\n\
    address_prefixes = [\"10.0.4.0/24\"]\n}\n";

/// A gateway with a public frontend and a private one, in a subnet of the root.
fn gateway(lines: &str) -> String {
    tiered("WAF_v2", lines)
}

fn tiered(tier: &str, lines: &str) -> String {
    let body = format!(
        "sku {{\nname = \"{tier}\"\ntier = \"{tier}\"\ncapacity = 2\n}}\n\
         gateway_ip_configuration {{\nname = \"g\"\nsubnet_id = azurerm_subnet.s.id\n}}\n\
         frontend_ip_configuration {{\nname = \"public\"\npublic_ip_address_id = \"{SUB}/Microsoft.Network/publicIPAddresses/p\"\n}}\n\
         frontend_ip_configuration {{\nname = \"private\"\nsubnet_id = azurerm_subnet.s.id\n}}\n\
         frontend_port {{\nname = \"p\"\nport = 443\n}}\nbackend_address_pool {{\nname = \"b\"\n}}\n{lines}"
    );
    SUBNET.to_owned() + &located("azurerm_application_gateway", "g", &body)
}

/// With the blocks that azurerm 3.x requires.
fn older(lines: &str) -> String {
    let rest = "backend_http_settings {\nname = \"b\"\ncookie_based_affinity = \"Disabled\"\nport = 443\nprotocol = \"Https\"\n}\n";
    let listener = listener("l", "public", "\"Https\"", "");
    let rule = rule("l", "backend_address_pool_name = \"b\"\nbackend_http_settings_name = \"b\"");
    gateway(&format!("{rest}{listener}{rule}{lines}"))
}

fn listener(name: &str, frontend: &str, protocol: &str, more: &str) -> String {
    format!(
        "http_listener {{\nname = \"{name}\"\nfrontend_ip_configuration_name = \"{frontend}\"\nfrontend_port_name = \"p\"\n\
         protocol = {protocol}\n{more}\n}}\n"
    )
}

fn rule(listener: &str, more: &str) -> String {
    format!(
        "request_routing_rule {{\nname = \"{}\"\npriority = 1\nrule_type = \"Basic\"\nhttp_listener_name = \"{listener}\"\n{more}\n}}\n",
        more.len()
    )
}

fn redirect(target: &str) -> String {
    format!("redirect_configuration {{\nname = \"r\"\nredirect_type = \"Permanent\"\n{target}\n}}\n")
}

fn policy(settings: &str, set: &str) -> String {
    located(
        "azurerm_web_application_firewall_policy",
        "w",
        &format!(
            "policy_settings {{\n{settings}\n}}\nmanaged_rules {{\nmanaged_rule_set {{\nversion = \"3.2\"\n{set}\n}}\n}}"
        ),
    )
}

#[test]
fn web_application_firewalls() {
    let with = "firewall_policy_id = azurerm_web_application_firewall_policy.w.id";
    let inline = |lines: &str| {
        format!(
            "waf_configuration {{\nenabled = true\nfirewall_mode = \"Prevention\"\nrule_set_version = \"3.2\"\n{lines}\n}}"
        )
    };
    let group = |name: &str, rules: &str| {
        format!("rule_group_override {{\nrule_group_name = \"{name}\"\n{rules}\n}}")
    };
    let private = gateway("")
        .replace(&format!("public_ip_address_id = \"{SUB}/Microsoft.Network/publicIPAddresses/p\""), "");
    run(&[
        ("AGW-001", V4, gateway(""), "fail"),
        ("AGW-001", V4, private, "not_applicable"),
        ("AGW-001", V4, gateway(with) + &policy("", ""), "pass"),
        ("AGW-001", V4, gateway(with) + &policy("enabled = false", ""), "fail"),
        ("AGW-001", V4, gateway(with) + &policy("enabled = var.on", ""), "indeterminate"),
        ("AGW-001", V4, gateway("firewall_policy_id = var.x"), "indeterminate"),
        ("AGW-001", V4, gateway(&inline("")), "pass"),
        ("AGW-001", V4, gateway(&inline("").replace("enabled = true", "enabled = false")), "fail"),
        ("AGW-001", V4, gateway(&listener("l", "public", "\"Https\"", with)) + &policy("", ""), "pass"),
        ("AGW-001", V4, gateway(&listener("l", "private", "\"Https\"", with)) + &policy("", ""), "fail"),
        ("AGW-002", V4, policy("mode = \"Detection\"", ""), "fail"),
        ("AGW-002", V4, gateway(with) + &policy("mode = \"detection\"", ""), "not_applicable, fail"),
        ("AGW-002", V4, gateway(&inline("").replace("Prevention", "Detection")), "fail"),
        ("AGW-003", V4, policy("enabled = var.on", ""), "indeterminate"),
        ("AGW-008", V4, policy("", ""), "pass"),
        ("AGW-008", V4, policy("", "").replace("3.2", "3.0"), "fail"),
        ("AGW-008", V4, policy("", "type = \"Microsoft_DefaultRuleSet\"").replace("3.2", "2.1"), "pass"),
        ("AGW-008", V4, policy("", &group("REQUEST-944-X", "rule {\nid = \"944240\"\n}")), "fail"),
        (
            "AGW-008",
            V4,
            policy("", &group("REQUEST-944-X", "rule {\nid = \"944240\"\nenabled = true\n}")),
            "pass",
        ),
        ("AGW-008", V3, policy("", &group("REQUEST-944-X", "disabled_rules = [\"944240\"]")), "fail"),
        ("AGW-008", V3, policy("", &group("REQUEST-944-X", "disabled_rules = [\"944100\"]")), "pass"),
        // The whole group is off, which AGW-010 says.
        ("AGW-008", V4, policy("", &group("REQUEST-944-X", "")), "pass"),
        ("AGW-010", V4, policy("", &group("REQUEST-944-X", "")), "fail"),
        ("AGW-009", V4, policy("", "").replace("3.2", "3.1"), "fail"),
        ("AGW-009", V4, gateway(&inline("").replace("3.2", "3.0")), "fail"),
        ("AGW-009", V4, gateway(""), "not_applicable"),
        ("AGW-010", V4, policy("", &group("REQUEST-920-X", "rule {\nid = \"920300\"\n}")), "pass"),
        ("AGW-010", V4, policy("", &group("REQUEST-920-X", "")), "fail"),
        ("AGW-010", V4, policy("", &group("REQUEST-942-X", "rule {\nid = \"942430\"\n}")), "fail"),
        ("AGW-010", V3, policy("", &group("REQUEST-942-X", "disabled_rules = [\"942430\"]")), "fail"),
        (
            "AGW-010",
            V4,
            policy("", &group("REQUEST-920-X", "rule {\nid = \"1\"\nenabled = var.on\n}")),
            "indeterminate",
        ),
        ("AGW-012", V4, policy("request_body_check = false", ""), "fail"),
        ("AGW-012", V4, gateway(&inline("request_body_check = false")), "fail"),
        ("AGW-012", V4, gateway(""), "not_applicable"),
        ("AGW-015", V4, gateway(&inline("")), "fail"),
        ("AGW-015", V4, tiered("WAF", &inline("")), "not_applicable"),
    ]);
}

#[test]
fn listeners() {
    let https = listener("s", "public", "\"Https\"", "");
    let http = listener("h", "public", "\"Http\"", "");
    let to = "redirect_configuration_name = \"r\"";
    let backend = "backend_address_pool_name = \"b\"\nbackend_http_settings_name = \"b\"";
    let map = |more: &str| {
        format!(
            "url_path_map {{\nname = \"m\"\ndefault_redirect_configuration_name = \"r\"\npath_rule {{\nname = \"p\"\npaths = [\"/\"]\n{more}\n}}\n}}\n"
        )
    };
    let listen = redirect("target_listener_name = \"s\"");
    let settings = |protocol: &str| {
        format!(
            "backend_http_settings {{\nname = \"b\"\ncookie_based_affinity = \"Disabled\"\nport = 80\nprotocol = {protocol}\n}}\n"
        )
    };
    let join = |parts: &[&str]| gateway(&parts.concat());
    run(&[
        ("AGW-006", V4, gateway(""), "not_applicable"),
        ("AGW-006", V4, join(&[&https]), "pass"),
        ("AGW-006", V4, join(&[&https, &http]), "fail"),
        ("AGW-006", V4, join(&[&https, &http, &rule("h", to), &listen]), "pass"),
        (
            "AGW-006",
            V4,
            join(&[&https, &http, &rule("h", to), &redirect("target_url = \"https://a.example\"")]),
            "pass",
        ),
        (
            "AGW-006",
            V4,
            join(&[&https, &http, &rule("h", to), &redirect("target_url = \"http://a.example\"")]),
            "fail",
        ),
        (
            "AGW-006",
            V4,
            join(&[&https, &http, &rule("h", to), &redirect("target_url = var.x")]),
            "indeterminate",
        ),
        ("AGW-006", V4, join(&[&https, &http, &rule("h", to), &rule("h", backend), &listen]), "fail"),
        (
            "AGW-006",
            V4,
            join(&[&https, &http, &rule("h", "url_path_map_name = \"m\""), &map(to), &listen]),
            "pass",
        ),
        (
            "AGW-006",
            V4,
            join(&[&https, &http, &rule("h", "url_path_map_name = \"m\""), &map(backend), &listen]),
            "fail",
        ),
        ("AGW-006", V4, join(&[&listener("h", "public", "var.x", "")]), "indeterminate"),
        ("AGW-007", V4, join(&[&https, &settings("\"Http\""), &rule("s", backend)]), "fail"),
        ("AGW-007", V4, join(&[&https, &settings("\"Http\"")]), "pass"),
        ("AGW-007", V4, join(&[&https, &settings("var.x"), &rule("s", backend)]), "indeterminate"),
    ]);
    let severity = |text: String| root(&text).outcomes("AGW-006")[0].severity.word();
    assert_eq!(severity(join(&[&http])), "high");
    assert_eq!(severity(join(&[&listener("h", "private", "\"Http\"", "")])), "medium");
}

#[test]
fn encryption_and_certificates() {
    let tls = |lines: &str| gateway(&format!("ssl_policy {{\n{lines}\n}}"));
    let profile = |lines: &str| {
        gateway(&format!(
            "ssl_policy {{\npolicy_name = \"AppGwSslPolicy20220101S\"\n}}\nssl_profile {{\nname = \"p\"\n{lines}\n}}"
        ))
    };
    let older_profile = |lines: &str| older(&format!("ssl_profile {{\nname = \"p\"\n{lines}\n}}"));
    let certificate = |lines: &str| gateway(&format!("ssl_certificate {{\nname = \"c\"\n{lines}\n}}"));
    let vault = |lines: &str| {
        located(
            "azurerm_key_vault",
            "k",
            &format!(
                "tenant_id = \"11111111-2222-3333-4444-555555555555\"\nsku_name = \"standard\"\n{lines}"
            ),
        )
    };
    let stored = |lines: &str| {
        certificate("key_vault_secret_id = \"https://k.vault.azure.net/secrets/c\"") + &vault(lines)
    };
    run(&[
        ("AGW-004", V4, gateway(""), "fail"),
        ("AGW-004", V4, tls("policy_name = \"AppGwSslPolicy20170401\""), "fail"),
        ("AGW-004", V4, tls("policy_name = \"appgwsslpolicy20170401S\""), "pass"),
        ("AGW-004", V4, tls("policy_name = \"AppGwSslPolicy20260101\""), "pass"),
        ("AGW-004", V4, tls("policy_type = \"Custom\"\nmin_protocol_version = \"TLSv1_2\""), "pass"),
        ("AGW-004", V4, tls("policy_type = \"CustomV2\"\nmin_protocol_version = \"TLSv1_1\""), "fail"),
        ("AGW-004", V4, tls("policy_type = \"CustomV2\""), "fail"),
        ("AGW-004", V4, tls("disabled_protocols = [\"TLSv1_0\", \"TLSv1_1\"]"), "pass"),
        ("AGW-004", V4, tls("disabled_protocols = [\"TLSv1_0\"]"), "fail"),
        ("AGW-004", V4, tls("policy_name = var.x"), "indeterminate"),
        ("AGW-004", V4, profile("ssl_policy {\npolicy_name = \"AppGwSslPolicy20150501\"\n}"), "fail"),
        ("AGW-004", V4, profile(""), "pass"),
        (
            "AGW-005",
            V4,
            tls("policy_type = \"Custom\"\ncipher_suites = [\"TLS_RSA_WITH_AES_128_GCM_SHA256\"]"),
            "fail",
        ),
        ("AGW-005", V4, tls("policy_type = \"Custom\"\ncipher_suites = [var.x]"), "indeterminate"),
        ("AGW-005", V4, gateway(""), "not_applicable"),
        ("AGW-014", V4, tiered("Standard", ""), "fail"),
        (
            "AGW-014",
            V4,
            tiered("Standard", "").replace("name = \"Standard\"", "name = \"Standard_Medium\""),
            "fail",
        ),
        ("AGW-014", V4, gateway(""), "pass"),
        ("AGW-017", V4, gateway(""), "pass"),
        ("AGW-017", V4, gateway("autoscale_configuration {\nmin_capacity = 0\n}"), "fail"),
        ("AGW-018", V3, older("enable_http2 = true"), "pass"),
        ("AGW-018", V4, gateway("http2_enabled = var.on"), "indeterminate"),
        ("AGW-019", V4, certificate("data = filebase64(\"main.tf\")"), "fail"),
        ("AGW-019", V4, certificate("key_vault_secret_id = \"https://k.vault.azure.net/secrets/c\""), "pass"),
        ("AGW-019", V4, gateway(""), "not_applicable"),
        ("AGW-020", V4, stored(""), "fail"),
        (
            "AGW-020",
            V4,
            certificate("key_vault_secret_id = \"https://k.vault.azure.net/secrets/c\""),
            "indeterminate",
        ),
        (
            "AGW-024",
            V3,
            older_profile("trusted_client_certificate_names = [\"r\"]\nverify_client_cert_issuer_dn = true"),
            "fail",
        ),
        (
            "AGW-024",
            V3,
            older_profile(
                "trusted_client_certificate_names = [\"r\"]\nverify_client_cert_issuer_dn = true\n\
                 verify_client_certificate_revocation = \"OCSP\"",
            ),
            "pass",
        ),
        ("AGW-024", V4, gateway(""), "not_applicable"),
    ]);
}

#[test]
fn the_subnet_of_a_gateway() {
    let guard = |rules: &[&str]| {
        let rule = |line: &&str| {
            let words: Vec<&str> = line.split(' ').collect();
            format!(
                "security_rule {{\nname = \"r{0}\"\npriority = {0}\naccess = \"{1}\"\ndirection = \"Inbound\"\nprotocol = \"{2}\"\n\
                 source_address_prefix = {3}\nsource_port_range = \"*\"\ndestination_address_prefix = \"*\"\n\
                 destination_port_range = \"{4}\"\n}}\n",
                words[0], words[1], words[2], words[3], words[4]
            )
        };
        let rules: String = rules.iter().map(rule).collect();
        gateway("")
            + &located("azurerm_network_security_group", "n", &rules)
            + "resource \"azurerm_subnet_network_security_group_association\" \"a\" {\nsubnet_id = azurerm_subnet.s.id\n\
               network_security_group_id = azurerm_network_security_group.n.id\n}\n"
    };
    let manager = "100 Allow Tcp \"GatewayManager\" 65200-65535";
    let probes = "110 Allow * \"AzureLoadBalancer\" *";
    run(&[
        ("AGW-021", V4, gateway(""), "pass"),
        ("AGW-021", V4, guard(&[]), "fail"),
        ("AGW-021", V4, guard(&[manager]), "pass"),
        ("AGW-021", V4, guard(&["100 Allow Tcp \"Internet\" 65000-65535"]), "pass"),
        ("AGW-021", V4, guard(&["100 Allow Tcp \"Internet\" 443"]), "fail"),
        ("AGW-021", V4, guard(&[manager, "200 Deny * \"*\" *"]), "fail"),
        ("AGW-021", V4, guard(&[manager, probes, "200 Deny * \"*\" *"]), "pass"),
        ("AGW-021", V4, guard(&[manager, "200 Deny * \"Internet\" *"]), "pass"),
        ("AGW-021", V4, guard(&["90 Deny Tcp \"*\" 65300", manager, probes]), "fail"),
        ("AGW-021", V4, guard(&["90 Deny Tcp var.x 65300", manager]), "indeterminate"),
        ("AGW-021", V4, tiered("Standard", ""), "not_applicable"),
    ]);
}

#[test]
fn a_gateway_in_azapi() {
    let text = format!(
        "resource \"azapi_resource\" \"g\" {{\ntype = \"Microsoft.Network/applicationGateways@2024-05-01\"\nname = \"g\"\n\
         parent_id = \"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg\"\nlocation = \"westeurope\"\n\
         body = {{\nproperties = {{\nsku = {{ name = \"Standard_v2\", tier = \"Standard_v2\", capacity = 2 }}\n\
         frontendIPConfigurations = [{{ name = \"f\", properties = {{ publicIPAddress = {{ id = \"{SUB}/Microsoft.Network/publicIPAddresses/p\" }} }} }}]\n\
         httpListeners = [{{ name = \"h\", properties = {{ protocol = \"Http\", frontendIPConfiguration = {{ id = \"x/frontendIPConfigurations/f\" }} }} }}]\n\
         sslPolicy = {{ policyType = \"Predefined\", policyName = \"AppGwSslPolicy20150501\" }}\n}}\n}}\n}}\n"
    );
    run(&[
        ("AGW-001", V4, text.clone(), "fail"),
        ("AGW-004", V4, text.clone(), "fail"),
        ("AGW-006", V4, text, "fail"),
    ]);
}

#[test]
fn firewalls() {
    let firewall = |lines: &str| {
        located(
            "azurerm_firewall",
            "f",
            &format!("sku_name = \"AZFW_VNet\"\nsku_tier = \"Standard\"\n{lines}"),
        )
    };
    let policy = |lines: &str| located("azurerm_firewall_policy", "p", lines);
    let group = |block: &str, rule: &str| {
        format!(
            "resource \"azurerm_firewall_policy_rule_collection_group\" \"g\" {{\nname = \"g\"\npriority = 100\n\
             firewall_policy_id = azurerm_firewall_policy.p.id\n{block}_rule_collection {{\nname = \"c\"\npriority = 100\n\
             action = \"Allow\"\nrule {{\nname = \"r\"\n{rule}\n}}\n}}\n}}\n"
        )
    };
    let any = "protocols = [\"TCP\"]\nsource_addresses = [\"*\"]\ndestination_addresses = [\"0.0.0.0/0\"]\ndestination_ports = [\"*\"]";
    let classic = |kind: &str, action: &str, rule: &str| {
        block(
            &format!("azurerm_firewall_{kind}_rule_collection"),
            "c",
            &format!(
                "azure_firewall_name = azurerm_firewall.f.name\npriority = 100\naction = \"{action}\"\nrule {{\nname = \"r\"\n{rule}\n}}"
            ),
        )
    };
    let hosts = "protocols = [\"TCP\"]\nsource_addresses = [\"*\"]\ndestination_fqdns = [\"a.example\"]\ndestination_ports = [\"443\"]";
    run(&[
        ("FWL-001", V4, firewall("firewall_policy_id = var.x"), "pass"),
        ("FWL-001", V4, firewall("firewall_policy_id = azurerm_firewall_policy.p.id") + &policy(""), "pass"),
        ("FWL-002", V4, firewall(""), "fail"),
        ("FWL-002", V4, firewall("threat_intel_mode = \"deny\""), "pass"),
        (
            "FWL-002",
            V4,
            firewall("firewall_policy_id = azurerm_firewall_policy.p.id") + &policy(""),
            "not_applicable, fail",
        ),
        ("FWL-003", V4, policy(""), "not_applicable"),
        ("FWL-003", V4, policy("sku = \"Premium\"\nintrusion_detection {\nmode = \"Alert\"\n}"), "fail"),
        ("FWL-003", V4, policy("sku = var.x"), "indeterminate"),
        ("FWL-005", V4, policy("") + &group("network", hosts), "fail"),
        ("FWL-005", V4, policy("dns {\nproxy_enabled = true\n}") + &group("network", hosts), "pass"),
        ("FWL-005", V4, policy("") + &group("network", any), "not_applicable"),
        ("FWL-005", V4, firewall("dns_proxy_enabled = true") + &classic("network", "Allow", hosts), "pass"),
        ("FWL-005", V4, firewall("") + &classic("network", "Allow", hosts), "fail"),
        ("FWL-006", V4, policy("") + &group("network", any), "fail"),
        (
            "FWL-006",
            V4,
            policy("") + &group("network", &any.replace("[\"*\"]\ndest", "[var.x]\ndest")),
            "indeterminate",
        ),
        ("FWL-006", V4, policy("") + &group("network", &any.replace("0.0.0.0/0", "10.0.0.0/8")), "pass"),
        (
            "FWL-006",
            V4,
            policy("")
                + &group(
                    "application",
                    "source_addresses = [\"*\"]\ndestination_fqdns = [\"*\"]\nprotocols {\ntype = \"Https\"\nport = 443\n}",
                ),
            "fail",
        ),
        ("FWL-006", V4, firewall("") + &classic("network", "Deny", any), "pass"),
        ("FWL-006", V4, firewall("") + &classic("network", "Allow", any), "fail"),
        (
            "FWL-006",
            V4,
            firewall("")
                + &classic("application", "Allow", "source_addresses = [\"*\"]\ntarget_fqdns = [\"*\"]"),
            "fail",
        ),
    ]);
    let low = root(&(firewall("") + &classic("network", "Deny", any)));
    assert_eq!(low.outcomes("FWL-001")[0].severity.word(), "low");
    let azapi = "resource \"azapi_resource\" \"g\" {\ntype = \"Microsoft.Network/firewallPolicies/ruleCollectionGroups@2024-05-01\"\n\
        name = \"g\"\nparent_id = azurerm_firewall_policy.p.id\nbody = {\nproperties = {\npriority = 100\nruleCollections = [{\n\
        ruleCollectionType = \"FirewallPolicyFilterRuleCollection\"\naction = { type = \"Allow\" }\nrules = [{\nruleType = \"NetworkRule\"\n\
        name = \"r\"\nipProtocols = [\"Any\"]\nsourceAddresses = [\"*\"]\ndestinationAddresses = [\"*\"]\ndestinationPorts = [\"*\"]\n}]\n}]\n}\n}\n}\n";
    run(&[("FWL-006", V4, policy("") + azapi, "fail")]);
}

#[test]
fn a_gateway_that_is_not_finished_is_judged_as_one_in_public() {
    let address = format!("\"{SUB}/Microsoft.Network/publicIPAddresses/p\"");
    let broken = gateway("").replace(&address, "azurerm_public_ip.nowhere.id");
    let bare = "resource \"azurerm_application_gateway\" \"a\" {\nname = \"a\"\n}\n".to_owned();
    for text in [broken, bare] {
        let root = root_of(&[("main.tf", &text)], V4);
        assert!(root.evaluation.diagnostics.iter().any(Diagnostic::is_error), "{text}");
        let got: Vec<_> = root.outcomes("AGW-001").iter().map(|o| o.verdict.word()).collect();
        assert_eq!(got, ["fail"], "{text}");
    }
}
