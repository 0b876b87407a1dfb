//! Every rule's examples, written with the names of azurerm 3.x and 5.x: a rule says of them what it says of the
//! 4.x that its page shows.

use super::*;

/// What has another name: major, resource type, how a line begins in 4.x, and in that major; nothing where it has
/// no such line.
const NAMES: &[(&str, &str, &str, &str)] = &[
    ("3", "azurerm_kubernetes_cluster", "automatic_upgrade_channel =", "automatic_channel_upgrade ="),
    ("3", "azurerm_kubernetes_cluster", "node_os_upgrade_channel =", "node_os_channel_upgrade ="),
    ("3", "azurerm_kubernetes_cluster", "auto_scaling_enabled =", "enable_auto_scaling ="),
    ("3", "azurerm_kubernetes_cluster", "node_public_ip_enabled =", "enable_node_public_ip ="),
    ("3", "azurerm_kubernetes_cluster", "host_encryption_enabled =", "enable_host_encryption ="),
    ("3", "azurerm_kubernetes_cluster_node_pool", "auto_scaling_enabled =", "enable_auto_scaling ="),
    ("3", "azurerm_kubernetes_cluster_node_pool", "node_public_ip_enabled =", "enable_node_public_ip ="),
    ("3", "azurerm_kubernetes_cluster_node_pool", "host_encryption_enabled =", "enable_host_encryption ="),
    ("3", "azurerm_key_vault", "rbac_authorization_enabled =", "enable_rbac_authorization ="),
    (
        "3",
        "azurerm_subnet",
        "private_endpoint_network_policies = \"Enabled\"",
        "private_endpoint_network_policies_enabled = true",
    ),
    (
        "3",
        "azurerm_subnet",
        "private_endpoint_network_policies = \"Disabled\"",
        "private_endpoint_network_policies_enabled = false",
    ),
    (
        "3",
        "azurerm_route_table",
        "bgp_route_propagation_enabled = true",
        "disable_bgp_route_propagation = false",
    ),
    (
        "3",
        "azurerm_route_table",
        "bgp_route_propagation_enabled = false",
        "disable_bgp_route_propagation = true",
    ),
    ("3", "azurerm_storage_account", "https_traffic_only_enabled =", "enable_https_traffic_only ="),
    ("3", "azurerm_federated_identity_credential", "user_assigned_identity_id =", "parent_id ="),
    ("3", "azurerm_network_watcher_flow_log", "target_resource_id =", "network_security_group_id ="),
    ("3", "azurerm_monitor_diagnostic_setting", "enabled_metric {", "metric {"),
    ("5", "azurerm_monitor_diagnostic_setting", "metric {", "enabled_metric {"),
    (
        "5",
        "azurerm_private_dns_zone_virtual_network_link",
        "private_dns_zone_name =",
        "private_dns_zone_id =",
    ),
    ("5", "azurerm_private_dns_zone_virtual_network_link", "resource_group_name =", ""),
    (
        "5",
        "azurerm_log_analytics_workspace",
        "internet_ingestion_enabled = false",
        "internet_ingestion_access_type = \"Disabled\"",
    ),
    (
        "5",
        "azurerm_log_analytics_workspace",
        "internet_query_enabled = false",
        "internet_query_access_type = \"Disabled\"",
    ),
    (
        "3",
        "azurerm_container_registry",
        "retention_policy_in_days = 30",
        "retention_policy {\nenabled = true\ndays = 30\n}",
    ),
    ("3", "azurerm_container_registry", "trust_policy_enabled = true", "trust_policy {\nenabled = true\n}"),
    ("3", "azurerm_container_registry", "trust_policy_enabled = false", "trust_policy {\nenabled = false\n}"),
    ("3", "azurerm_application_gateway", "http2_enabled =", "enable_http2 ="),
    (
        "3",
        "azurerm_application_gateway",
        "verify_client_certificate_issuer_dn =",
        "verify_client_cert_issuer_dn =",
    ),
    (
        "3",
        "azurerm_virtual_network",
        "address_prefixes = [\"10.0.1.0/24\"]",
        "address_prefix = \"10.0.1.0/24\"",
    ),
    (
        "3",
        "azurerm_kubernetes_cluster",
        "virtual_network_integration_enabled =",
        "vnet_integration_enabled =",
    ),
    (
        "5",
        "azurerm_subnet",
        "service_endpoints = [\"Microsoft.Storage\"]",
        "service_endpoint {\nservice = \"Microsoft.Storage\"\n}",
    ),
    ("5", "azurerm_application_gateway", "enable_http2 =", "http2_enabled ="),
];

/// What a major asks for, or has another default for, and the examples leave out: major, resource type, the line
/// behind which it stands (in the block of the resource itself, or in one of its blocks), and what. Not where the
/// resource has it.
const ASKED: &[(&str, &str, &str, &str)] = &[
    (
        "3",
        "azurerm_application_gateway",
        "",
        "backend_http_settings {\nname = \"asked\"\ncookie_based_affinity = \"Disabled\"\nport = 80\nprotocol = \"Http\"\n}",
    ),
    (
        "3",
        "azurerm_application_gateway",
        "",
        "http_listener {\nname = \"asked\"\nfrontend_ip_configuration_name = \"asked\"\nfrontend_port_name = \"asked\"\nprotocol = \"Http\"\n}",
    ),
    (
        "3",
        "azurerm_application_gateway",
        "",
        "request_routing_rule {\nname = \"asked\"\nhttp_listener_name = \"asked\"\nrule_type = \"Basic\"\npriority = 100\n}",
    ),
    (
        "3",
        "azurerm_kubernetes_cluster",
        "azure_active_directory_role_based_access_control {",
        "managed = true",
    ),
    ("3", "azurerm_public_ip", "", "sku = \"Standard\""),
    ("3", "azurerm_lb", "", "sku = \"Standard\""),
    ("3", "azurerm_federated_identity_credential", "", "resource_group_name = \"rg-example\""),
    ("5", "azurerm_kubernetes_cluster", "", "node_provisioning_profile {\nmode = \"Manual\"\n}"),
    ("5", "azurerm_key_vault", "", "rbac_authorization_enabled = false"),
    ("5", "azurerm_container_registry", "georeplications {", "global_endpoint_routing_enabled = true"),
];

/// An example in the words of a major.
fn renamed(text: &str, major: &str) -> String {
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let of = |m: &str| major.starts_with(&format!("~> {m}."));
    let (mut kind, mut out) = (String::new(), String::new());
    for (at, line) in text.lines().enumerate() {
        let head = line.strip_prefix("resource \"");
        if let Some(rest) = head {
            kind = rest.split('"').next().unwrap_or_default().to_owned();
        }
        let plain = squeezed(line);
        let name = NAMES.iter().find(|(m, t, old, _)| of(m) && *t == kind && plain.starts_with(old));
        match name {
            Some((.., "")) => continue,
            // Where an id takes the place of a name it is that of the same resource.
            Some((.., old, new)) if old.ends_with("_name =") && new.ends_with("_id =") => {
                out.push_str(&plain.replacen(old, new, 1).replace(".name", ".id"));
            }
            Some((.., old, new)) => out.push_str(&plain.replacen(old, new, 1)),
            None => out.push_str(line),
        }
        out.push('\n');
        let block: Vec<&str> = text.lines().skip(at).take_while(|l| *l != "}").map(str::trim).collect();
        for (.., asked) in ASKED.iter().filter(|(m, t, behind, _)| {
            of(m) && *t == kind && if behind.is_empty() { head.is_some() } else { plain == *behind }
        }) {
            let word = asked.split(' ').next().unwrap();
            if !block.iter().any(|l| l.starts_with(word)) {
                out.push_str(&format!("{asked}\n"));
            }
        }
    }
    out
}

/// What a rule says of an example, or that the example is no code of that provider.
fn said(rule: &str, text: &str, version: &str) -> Result<bool, String> {
    let root = root_in(text, version);
    let wrong = |d: &&Diagnostic| d.is_error() && d.summary != "Module not installed";
    if let Some(error) = root.evaluation.diagnostics.iter().find(wrong) {
        return Err(format!("{}: {}", error.summary, error.detail));
    }
    Ok(root.outcomes(rule).iter().any(|o| o.verdict.word() == "fail"))
}

#[test]
fn examples_hold_in_every_major() {
    let list = include_str!("majors.txt");
    let listed: Vec<&str> = list.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).collect();
    let (mut agree, mut others, mut wrong) = (0, 0, Vec::new());
    for rule in rules::all().iter().filter(|r| !r.meta().is_property()) {
        let meta = rule.meta();
        for (kind, text) in [("bad", meta.bad), ("good", meta.good)] {
            // An example that says its providers, or is a whole checkout, is of one major.
            if text.contains("required_providers") || text.starts_with("# file ") {
                continue;
            }
            for version in [V3, V5] {
                let major = &version[3..4];
                let key = format!("{} {kind} {major}:", meta.id);
                let found = said(meta.id, &renamed(text, version), version);
                let fine = found == Ok(kind == "bad");
                match (fine, listed.iter().any(|l| l.starts_with(&key)), found) {
                    (true, false, _) => agree += 1,
                    (false, true, _) => others += 1,
                    (true, true, _) => wrong.push(format!("{key} agrees, and need not be listed")),
                    (false, false, Ok(fails)) => wrong.push(format!("{key} fails: {fails}")),
                    (false, false, Err(error)) => wrong.push(format!("{key} {error}")),
                }
            }
        }
    }
    println!("examples in other majors: {agree} of {} agree; {others} are listed", agree + wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
