//! Rules about clusters in the words of every major of azurerm, in azapi and live; unknown values.

use super::clusters::{Case, FAIL, OPEN_VERDICT, PASS, SKIP, pool, run};
use super::*;

const V2: &str = "~> 2.60";
/// Required since 5.0.
const NAP: &str = "node_provisioning_profile {\nmode = \"Manual\"\n}";

/// Text that lives as long as the tests.
fn kept(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn network(lines: &str) -> &'static str {
    kept(format!("network_profile {{\nnetwork_plugin = \"azure\"\n{lines}\n}}"))
}

fn sign_in(lines: &str) -> &'static str {
    kept(format!("azure_active_directory_role_based_access_control {{\n{lines}\n}}"))
}

#[test]
fn sign_in_and_identity() {
    const GROUP: &str = "admin_group_object_ids = [\"g\"]";
    const LEGACY: &str = "server_app_id = \"a\"\nclient_app_id = \"b\"\nserver_app_secret = var.open";
    let cases: &[Case] = &[
        ("AKS-004", V4, "", "", "", SKIP),
        ("AKS-004", V4, sign_in(GROUP), "", "", FAIL),
        ("AKS-004", V3, sign_in("managed = true\nazure_rbac_enabled = true"), "", "", PASS),
        ("AKS-004", V4, sign_in("azure_rbac_enabled = var.on"), "", "", OPEN_VERDICT),
        ("AKS-005", V4, sign_in(""), "", "", FAIL),
        ("AKS-005", V5, kept(format!("{NAP}\n{}", sign_in(GROUP))), "", "", PASS),
        ("AKS-005", V4, sign_in("admin_group_object_ids = []"), "", "", FAIL),
        ("AKS-005", V4, sign_in("admin_group_object_ids = var.list"), "", "", OPEN_VERDICT),
        ("AKS-005", V4, sign_in("admin_group_object_ids = [var.open]"), "", "", PASS),
        ("AKS-006", V3, sign_in(LEGACY), "", "", FAIL),
        ("AKS-006", V3, sign_in("managed = true"), "", "", PASS),
        ("AKS-006", V4, "", "", "", PASS),
        ("AKS-009", V2, "private_link_enabled = true", "", "", PASS),
        ("AKS-009", V4, "private_cluster_enabled = var.on", "", "", OPEN_VERDICT),
        ("AKS-010", V4, "private_cluster_public_fqdn_enabled = true", "", "", SKIP),
        ("AKS-013", V4, network("outbound_type = \"userDefinedRouting\""), "", "", FAIL),
        ("AKS-013", V4, "private_cluster_enabled = true\nprivate_dns_zone_id = \"System\"", "", "", PASS),
        (
            "AKS-013",
            V4,
            "private_cluster_enabled = true\nprivate_dns_zone_id = var.open",
            "",
            "",
            OPEN_VERDICT,
        ),
        (
            "AKS-013",
            V4,
            "private_cluster_enabled = true\nprivate_dns_zone_id = azurerm_private_dns_zone.z.id",
            "",
            "resource \"azurerm_private_dns_zone\" \"z\" {\nname = \"z.westeurope.azmk8s.io\"\nresource_group_name = \"rg\"\n}\n",
            FAIL,
        ),
        ("AKS-081", V4, "", "", "", SKIP),
        ("AKS-084", V4, "node_resource_group = var.open", "", "", PASS),
    ];
    run(cases);
}

#[test]
fn add_ons_in_the_words_of_every_major() {
    let old = |lines: &str| kept(format!("addon_profile {{\n{lines}\n}}"));
    let routing = "web_app_routing {\ndns_zone_ids = []\n}";
    let insights =
        |lines: &str| kept(format!("oms_agent {{\nlog_analytics_workspace_id = var.open\n{lines}\n}}"));
    let cases: &[Case] = &[
        ("AKS-003", V2, "role_based_access_control {\nenabled = false\n}", "", "", FAIL),
        ("AKS-018", V2, old("azure_policy {\nenabled = true\n}"), "", "", PASS),
        ("AKS-018", V3, "azure_policy_enabled = true", "", "", PASS),
        (
            "AKS-020",
            V2,
            old("oms_agent {\nenabled = true\nlog_analytics_workspace_id = \"w\"\n}"),
            "",
            "",
            PASS,
        ),
        ("AKS-020", V2, old("oms_agent {\nenabled = false\n}"), "", "", FAIL),
        ("AKS-020", V4, insights(""), "", "", PASS),
        ("AKS-021", V4, insights(""), "", "", FAIL),
        ("AKS-021", V3, insights("msi_auth_for_monitoring_enabled = true"), "", "", PASS),
        ("AKS-021", V4, "", "", "", SKIP),
        (
            "AKS-029",
            V2,
            old("azure_keyvault_secrets_provider {\nenabled = true\nsecret_rotation_enabled = false\n}"),
            "",
            "",
            FAIL,
        ),
        (
            "AKS-030",
            V4,
            "key_vault_secrets_provider {\nsecret_rotation_enabled = true\nsecret_rotation_interval = \"24h1m\"\n}",
            "",
            "",
            FAIL,
        ),
        ("AKS-033", V2, old("http_application_routing {\nenabled = true\n}"), "", "", FAIL),
        ("AKS-033", V5, NAP, "", "", PASS),
        ("AKS-034", V2, old("kube_dashboard {\nenabled = true\n}"), "", "", FAIL),
        ("AKS-034", V2, old("kube_dashboard {\nenabled = false\n}"), "", "", PASS),
        ("AKS-035", V3, "enable_pod_security_policy = true", "", "", FAIL),
        ("AKS-035", V3, "", "", "", PASS),
        ("AKS-037", V5, NAP, "", "", FAIL),
        ("AKS-040", V4, "", "", "", SKIP),
        ("AKS-042", V3, "web_app_routing {\ndns_zone_id = \"\"\n}", "", "", FAIL),
        ("AKS-042", V4, routing, "", "", FAIL),
        ("AKS-042", V4, "", "", "", SKIP),
    ];
    run(cases);
}

#[test]
fn upgrades_in_the_words_of_every_major() {
    let with = |version: &str, more: &str| kept(format!("kubernetes_version = \"{version}\"\n{more}"));
    const LTS: &str = "support_plan = \"AKSLongTermSupport\"\nsku_tier = \"Premium\"";
    let cases: &[Case] = &[
        ("AKS-043", V3, "automatic_channel_upgrade = \"patch\"", "", "", PASS),
        ("AKS-043", V4, "automatic_upgrade_channel = null", "", "", FAIL),
        ("AKS-044", V3, "automatic_channel_upgrade = \"rapid\"", "", "", FAIL),
        ("AKS-046", V4, "", "", "", FAIL),
        ("AKS-046", V3, "", "", "", SKIP),
        ("AKS-046", V3, "automatic_channel_upgrade = \"patch\"", "", "", FAIL),
        ("AKS-046", V4, "node_os_upgrade_channel = \"None\"", "", "", SKIP),
        ("AKS-048", V4, with("1.34", ""), "", "", FAIL),
        ("AKS-048", V4, with("1.33", ""), "", "", SKIP),
        ("AKS-048", V4, with("1.36", ""), "", "", PASS),
        ("AKS-048", V4, with("1.34", LTS), "", "", PASS),
        ("AKS-048", V4, with("1.31", LTS), "", "", FAIL),
        ("AKS-048", V4, "", "", "", OPEN_VERDICT),
        ("AKS-050", V4, "sku_tier = \"Premium\"", "", "", FAIL),
        ("AKS-050", V4, LTS, "", "", PASS),
        ("AKS-050", V4, "", "", "", PASS),
        (
            "AKS-051",
            V4,
            with("1.36", ""),
            "",
            pool("orchestrator_version = \"1.35\""),
            "c not_applicable, _node_pool.p pass",
        ),
        (
            "AKS-051",
            V4,
            with("1.36", ""),
            "",
            pool("orchestrator_version = \"1.37\""),
            "c not_applicable, _node_pool.p fail",
        ),
        ("AKS-052", V4, "sku_tier = \"Premium\"", "", "", PASS),
        ("AKS-075", V3, "", "", "", SKIP),
        ("AKS-075", V5, NAP, "", "", FAIL),
        (
            "AKS-076",
            V4,
            "upgrade_override {\nforce_upgrade_enabled = true\neffective_until = \"2026-01-01T00:00:00Z\"\n}",
            "",
            "",
            PASS,
        ),
        (
            "AKS-077",
            V3,
            "",
            "temporary_name_for_rotation = \"tmp\"",
            pool(""),
            "c pass, _node_pool.p not_applicable",
        ),
        ("AKS-077", V4, "", "temporary_name_for_rotation = \"tmp\"", pool(""), "c pass, _node_pool.p fail"),
    ];
    run(cases);
}

#[test]
fn pools_in_the_words_of_every_major() {
    const SCALES: &str = "auto_scaling_enabled = true\nmin_count = 2\nmax_count = 9\n";
    const SCALES_3: &str = "enable_auto_scaling = true\nmin_count = 2\nmax_count = 9\n";
    let ports = |from: u32, to: u32| {
        pool(&format!(
            "node_network_profile {{\nallowed_host_ports {{\nport_start = {from}\nport_end = {to}\n}}\n}}"
        ))
    };
    let spot = |more: &str| pool(&format!("priority = \"Spot\"\n{more}"));
    let cases: &[Case] = &[
        ("AKS-032", V4, "", "", ports(20, 25), "c not_applicable, _node_pool.p fail"),
        ("AKS-032", V4, "", "", ports(8000, 9000), "c not_applicable, _node_pool.p fail"),
        ("AKS-032", V4, "", "", ports(8000, 8999), "c not_applicable, _node_pool.p pass"),
        ("AKS-054", V4, "", "zones = [\"1\"]", pool("zones = [\"2\"]"), "c fail, _node_pool.p fail"),
        (
            "AKS-054",
            V4,
            "",
            "zones = [\"1\"]",
            pool("mode = \"System\"\nzones = [\"2\"]"),
            "c pass, _node_pool.p pass",
        ),
        ("AKS-056", V4, "", "", pool(""), "c not_applicable, _node_pool.p fail"),
        (
            "AKS-056",
            V3,
            "",
            "",
            pool("enable_auto_scaling = true\nmin_count = 0\nmax_count = 3"),
            "c not_applicable, _node_pool.p pass",
        ),
        ("AKS-056", V4, "", "", spot(""), "c not_applicable, _node_pool.p not_applicable"),
        ("AKS-059", V3, "", SCALES_3, "", PASS),
        (
            "AKS-059",
            V4,
            "node_provisioning_profile {\nmode = \"Auto\"\n}",
            "",
            pool(""),
            "c pass, _node_pool.p pass",
        ),
        (
            "AKS-060",
            V4,
            "",
            "auto_scaling_enabled = true\nmin_count = 3\nmax_count = var.open",
            "",
            OPEN_VERDICT,
        ),
        ("AKS-061", V3, "", kept(format!("{SCALES_3}node_count = 3")), "", FAIL),
        ("AKS-061", V4, "", SCALES, "", PASS),
        (
            "AKS-061",
            V4,
            "lifecycle {\nignore_changes = all\n}",
            kept(format!("{SCALES}node_count = 3")),
            "",
            PASS,
        ),
        ("AKS-062", V4, network(""), "max_pods = 49", "", FAIL),
        ("AKS-062", V4, network(""), "pod_subnet_id = var.open", "", PASS),
        ("AKS-062", V4, "", "", "", PASS),
        ("AKS-063", V4, "", "vm_size = \"Standard_D4s_v5\"", "", SKIP),
        ("AKS-063", V4, "", "vm_size = \"Standard_D4s_v3\"\nos_disk_size_gb = 60", "", FAIL),
        ("AKS-065", V3, "", "type = \"AvailabilitySet\"", "", FAIL),
        ("AKS-066", V4, "", "vm_size = \"Standard_B4${var.open}\"", "", FAIL),
        ("AKS-068", V4, "", "vm_size = \"Standard_NV12s_v3\"", "", FAIL),
        ("AKS-068", V4, "", "vm_size = \"Standard_DS2_v2\"", "", PASS),
        ("AKS-069", V4, "", "vm_size = \"standard_D4s_v5\"", "", FAIL),
        ("AKS-072", V4, "", "only_critical_addons_enabled = true", spot(""), FAIL),
        ("AKS-074", V3, "", SCALES_3, "", FAIL),
        ("AKS-074", V4, "", kept(format!("{SCALES}upgrade_settings {{\nmax_surge = \"1\"\n}}")), "", FAIL),
        ("AKS-079", V4, "", "node_count = 60", "", FAIL),
        ("AKS-079", V4, network("outbound_type = \"userDefinedRouting\""), "node_count = 60", "", SKIP),
        ("AKS-079", V4, "", "node_count = var.open", "", OPEN_VERDICT),
        (
            "AKS-085",
            V4,
            "ingress_application_gateway {\ngateway_name = \"g\"\n}",
            "only_critical_addons_enabled = true",
            "",
            FAIL,
        ),
    ];
    run(cases);
}

#[test]
fn an_automatic_cluster_is_judged_by_what_it_lets_one_choose() {
    let text = "resource \"azurerm_kubernetes_automatic_cluster\" \"a\" {\nname = \"a\"\nlocation = \"westeurope\"\n\
        resource_group_name = \"rg\"\nidentity {\ntype = \"SystemAssigned\"\n}\nBLOCK}\n";
    let on = |block: &str, rule: &str| {
        let text = text.replace("BLOCK", block);
        told(rule, &root(&text)).replace("azurerm_kubernetes_automatic_cluster.a ", "")
    };
    assert_eq!(on("", "AKS-007"), "fail");
    assert_eq!(on("private_cluster {}\n", "AKS-007"), "pass");
    assert_eq!(
        on("api_server_access {\nauthorized_ip_ranges = [\"203.0.113.0/24\"]\n}\n", "AKS-007"),
        "pass"
    );
    assert_eq!(on("", "AKS-001"), "not_applicable");
    assert_eq!(on("", "AKS-052"), "pass");
    assert_eq!(on("", "AKS-014"), "");
}

#[test]
fn what_only_arm_knows_is_judged_in_azapi() {
    let text = r#"
resource "azapi_resource" "c" {
  type      = "Microsoft.ContainerService/managedClusters@2025-10-01"
  name      = "aks"
  parent_id = "/subscriptions/s/resourceGroups/rg"
  location  = "westeurope"
  body = {
    properties = {
      kubernetesVersion = "1.34"
      addonProfiles = {
        omsagent                      = { enabled = true, config = { useAADAuth = "false" } }
        azureKeyvaultSecretsProvider  = { enabled = true, config = { enableSecretRotation = "true", rotationPollInterval = "48h" } }
        openServiceMesh               = { enabled = true }
        httpApplicationRouting        = { enabled = true }
      }
      podIdentityProfile     = { enabled = true }
      ingressProfile         = { webAppRouting = { enabled = true } }
      networkProfile         = { networkPlugin = "azure", networkPolicy = "azure", loadBalancerSku = "basic" }
      servicePrincipalProfile = { clientId = "msi" }
      aadProfile             = { managed = true, enableAzureRBAC = false }
      agentPoolProfiles = [
        { name = "system", mode = "System", count = 3, vmSize = "Standard_B4ms", osType = "Linux" },
        { name = "spot", mode = "System", count = 2, vmSize = "Standard_D4s_v5", scaleSetPriority = "Spot", spotMaxPrice = 0.1 },
      ]
    }
  }
}
"#;
    let root = root(text);
    let fails = [
        "AKS-004", "AKS-005", "AKS-015", "AKS-018", "AKS-021", "AKS-030", "AKS-033", "AKS-036", "AKS-038",
        "AKS-039", "AKS-040", "AKS-042", "AKS-048", "AKS-059", "AKS-064", "AKS-066", "AKS-071", "AKS-073",
        "AKS-075", "AKS-081", "AKS-082",
    ];
    for rule in fails {
        assert_eq!(told(rule, &root), "azapi_resource.c fail", "{rule}");
    }
    for rule in ["AKS-012", "AKS-020", "AKS-028", "AKS-061", "AKS-077", "AKS-084"] {
        assert!(
            ["azapi_resource.c pass", "azapi_resource.c not_applicable"].contains(&&*told(rule, &root)),
            "{rule}"
        );
    }
}
