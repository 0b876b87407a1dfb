//! Rules about clusters: majors, unknown values, conditionals, absent and empty blocks, dated tables.

use super::*;

/// A cluster with lines of its body and of its pool.
pub(super) fn cluster(body: &str, pool: &str) -> String {
    let size = if pool.contains("vm_size") { "" } else { "vm_size = \"Standard_D4s_v5\"\n" };
    format!(
        "resource \"azurerm_kubernetes_cluster\" \"c\" {{\nname = \"aks\"\nlocation = \"westeurope\"\n\
         resource_group_name = \"rg\"\ndns_prefix = \"aks\"\n{body}\ndefault_node_pool {{\nname = \"system\"\n{size}{pool}\n}}\n\
         identity {{\ntype = \"SystemAssigned\"\n}}\n}}\n"
    )
}

const OPEN: &str = "variable \"open\" {}\nvariable \"on\" {\n  type = bool\n}\nvariable \"list\" {\n  type = list(string)\n}\n";

/// `(rule, provider version, cluster's body, pool's body, further text, verdicts)`.
pub(super) type Case = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

pub(super) fn run(cases: &[Case]) {
    let mut wrong = Vec::new();
    for (rule, version, body, pool, more, want) in cases {
        let text = format!("{OPEN}{}{more}", cluster(body, pool));
        let root = root_of(&[("main.tf", &text)], version);
        let errors: Vec<_> = root.evaluation.diagnostics.iter().filter(|d| d.is_error()).collect();
        let outcomes = root.outcomes(rule);
        let line = |o: &Outcome| {
            let address = o.address.replace("azurerm_kubernetes_cluster", "").replace(".c", "c");
            format!("{address} {}", o.verdict.word())
        };
        let got = outcomes.iter().map(line).collect::<Vec<_>>().join(", ");
        let texts: Vec<_> = outcomes.iter().map(|o| o.verdict.text()).collect();
        if got != *want || !errors.is_empty() {
            wrong.push(format!(
                "{rule} {version} {body:?} {pool:?}\n  want {want}\n  got  {got} {texts:?} {errors:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} disagree\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

pub(super) const PASS: &str = "c pass";
pub(super) const FAIL: &str = "c fail";
pub(super) const OPEN_VERDICT: &str = "c indeterminate";
pub(super) const SKIP: &str = "c not_applicable";

#[test]
fn one_attribute_in_all_its_states() {
    run(&[
        ("AKS-001", V4, "local_account_disabled = true", "", "", PASS),
        ("AKS-001", V3, "local_account_disabled = true", "", "", PASS),
        ("AKS-001", V4, "", "", "", FAIL),
        ("AKS-001", V4, "local_account_disabled = null", "", "", FAIL),
        ("AKS-001", V4, "local_account_disabled = var.on", "", "", OPEN_VERDICT),
        ("AKS-001", V4, "local_account_disabled = var.on ? true : true", "", "", PASS),
        ("AKS-001", V4, "local_account_disabled = var.on ? false : null", "", "", FAIL),
        ("AKS-001", V4, "local_account_disabled = var.on ? false : true", "", "", OPEN_VERDICT),
        ("AKS-001", V4, "count = 0", "", "", ""),
        ("AKS-001", V4, "for_each = toset([\"a\", \"b\"])", "", "", "c[\"a\"] fail, c[\"b\"] fail"),
        ("AKS-003", V4, "role_based_access_control_enabled = false", "", "", FAIL),
        ("AKS-003", V3, "", "", "", PASS),
        ("AKS-011", V4, "run_command_enabled = false", "", "", PASS),
        ("AKS-011", V4, "run_command_enabled = var.on ? false : false", "", "", PASS),
        ("AKS-011", V4, "run_command_enabled = var.on", "", "", OPEN_VERDICT),
    ]);
}

#[test]
fn an_unknown_is_named() {
    let text = format!("{OPEN}{}", cluster("local_account_disabled = var.on", ""));
    let outcomes = root(&text).outcomes("AKS-001");
    assert!(outcomes[0].verdict.text().contains("var.on"), "{:?}", outcomes[0]);
}

#[test]
fn sign_in_and_the_api_server() {
    const AAD: &str = "azure_active_directory_role_based_access_control";
    let aad3 = |lines: &str| -> &'static str { Box::leak(format!("{AAD} {{\n{lines}\n}}").into_boxed_str()) };
    run(&[
        ("AKS-002", V3, aad3("azure_rbac_enabled = true"), "", "", FAIL),
        ("AKS-002", V3, aad3("managed = true\nazure_rbac_enabled = true"), "", "", PASS),
        (
            "AKS-002",
            V3,
            aad3("server_app_id = \"a\"\nclient_app_id = \"b\"\nserver_app_secret = \"c\""),
            "",
            "",
            PASS,
        ),
        ("AKS-002", V4, aad3("azure_rbac_enabled = true"), "", "", PASS),
        (
            "AKS-002",
            V4,
            "dynamic \"azure_active_directory_role_based_access_control\" {\nfor_each = []\ncontent {}\n}",
            "",
            "",
            FAIL,
        ),
        (
            "AKS-002",
            V4,
            "dynamic \"azure_active_directory_role_based_access_control\" {\nfor_each = var.list\ncontent {}\n}",
            "",
            "",
            OPEN_VERDICT,
        ),
        ("AKS-007", V3, "api_server_authorized_ip_ranges = [\"203.0.113.0/24\"]", "", "", PASS),
        ("AKS-007", V3, "public_network_access_enabled = false", "", "", PASS),
        ("AKS-007", V3, "", "", "", FAIL),
        ("AKS-007", V4, "api_server_access_profile {\nauthorized_ip_ranges = []\n}", "", "", FAIL),
        ("AKS-007", V4, "api_server_access_profile {\nauthorized_ip_ranges = [var.open]\n}", "", "", PASS),
        (
            "AKS-007",
            V4,
            "api_server_access_profile {\nauthorized_ip_ranges = var.list\n}",
            "",
            "",
            OPEN_VERDICT,
        ),
        ("AKS-007", V4, "private_cluster_enabled = var.on", "", "", OPEN_VERDICT),
        ("AKS-007", V4, "private_cluster_enabled = true", "", "", PASS),
        ("AKS-008", V4, "", "", "", SKIP),
        (
            "AKS-008",
            V4,
            "api_server_access_profile {\nauthorized_ip_ranges = [\"0.0.0.0/32\"]\n}",
            "",
            "",
            PASS,
        ),
        (
            "AKS-008",
            V4,
            "api_server_access_profile {\nauthorized_ip_ranges = [\"0.0.0.0/0\"]\n}",
            "",
            "",
            FAIL,
        ),
        (
            "AKS-008",
            V4,
            "api_server_access_profile {\nauthorized_ip_ranges = [var.open, \"0.0.0.0/0\"]\n}",
            "",
            "",
            FAIL,
        ),
        (
            "AKS-008",
            V4,
            "api_server_access_profile {\nauthorized_ip_ranges = [var.open]\n}",
            "",
            "",
            OPEN_VERDICT,
        ),
        (
            "AKS-008",
            V4,
            "api_server_access_profile {\nauthorized_ip_ranges = [\"10.0.0.0/8\"]\n}",
            "",
            "",
            PASS,
        ),
        (
            "AKS-008",
            V4,
            "api_server_access_profile {\nauthorized_ip_ranges = [\"20.0.0.0/16\"]\n}",
            "",
            "",
            PASS,
        ),
        (
            "AKS-008",
            V4,
            "api_server_access_profile {\nauthorized_ip_ranges = [\"20.0.0.0/16\", \"20.1.0.0/32\"]\n}",
            "",
            "",
            FAIL,
        ),
        ("AKS-008", V3, "api_server_authorized_ip_ranges = [\"0.0.0.0/0\"]", "", "", FAIL),
    ]);
}

#[test]
fn networking_of_a_cluster() {
    run(&[
        ("AKS-014", V4, "", "", "", FAIL),
        (
            "AKS-014",
            V4,
            "network_profile {\nnetwork_plugin = \"azure\"\nnetwork_policy = \"calico\"\n}",
            "",
            "",
            PASS,
        ),
        (
            "AKS-014",
            V4,
            "network_profile {\nnetwork_plugin = \"azure\"\nnetwork_policy = \"none\"\n}",
            "",
            "",
            FAIL,
        ),
        (
            "AKS-014",
            V4,
            "network_profile {\nnetwork_plugin = \"azure\"\nnetwork_data_plane = \"cilium\"\n}",
            "",
            "",
            PASS,
        ),
        (
            "AKS-014",
            V3,
            "network_profile {\nnetwork_plugin = \"azure\"\nebpf_data_plane = \"cilium\"\n}",
            "",
            "",
            PASS,
        ),
        (
            "AKS-014",
            V4,
            "network_profile {\nnetwork_plugin = \"azure\"\nnetwork_policy = var.open\n}",
            "",
            "",
            OPEN_VERDICT,
        ),
        ("AKS-016", V4, "", "", "", FAIL),
        ("AKS-016", V4, "network_profile {\nnetwork_plugin = \"none\"\n}", "", "", PASS),
        ("AKS-016", V3, "network_profile {\nnetwork_plugin = \"Kubenet\"\n}", "", "", FAIL),
        ("AKS-016", V4, "network_profile {\nnetwork_plugin = \"Azure\"\n}", "", "", PASS),
        ("AKS-029", V4, "", "", "", SKIP),
        ("AKS-029", V4, "key_vault_secrets_provider {\nsecret_rotation_enabled = true\n}", "", "", PASS),
        ("AKS-029", V4, "key_vault_secrets_provider {\nsecret_rotation_enabled = false\n}", "", "", FAIL),
        (
            "AKS-029",
            V4,
            "key_vault_secrets_provider {\nsecret_rotation_enabled = var.on\n}",
            "",
            "",
            OPEN_VERDICT,
        ),
        (
            "AKS-029",
            V4,
            "key_vault_secrets_provider {\nsecret_rotation_enabled = var.on ? true : true\n}",
            "",
            "",
            PASS,
        ),
    ]);
}

const POOL: &str = "resource \"azurerm_kubernetes_cluster_node_pool\" \"p\" {\nname = \"apps\"\n\
                    kubernetes_cluster_id = azurerm_kubernetes_cluster.c.id\nvm_size = \"Standard_D4s_v5\"\n";

pub(super) fn pool(lines: &str) -> &'static str {
    Box::leak(format!("{POOL}{lines}\n}}\n").into_boxed_str())
}

#[test]
fn every_pool_is_judged_at_its_own_address() {
    run(&[
        ("AKS-031", V4, "", "", pool("node_public_ip_enabled = true"), "c pass, _node_pool.p fail"),
        ("AKS-031", V3, "", "enable_node_public_ip = true", pool(""), "c fail, _node_pool.p pass"),
        ("AKS-026", V3, "", "enable_host_encryption = true", "", PASS),
        ("AKS-053", V4, "", "zones = [\"1\", \"2\"]", pool("zones = []"), "c pass, _node_pool.p fail"),
        ("AKS-053", V4, "", "zones = var.list", "", OPEN_VERDICT),
        ("AKS-055", V4, "", "node_count = 1", "", FAIL),
        ("AKS-055", V4, "", "", "", FAIL),
        ("AKS-055", V4, "", "node_count = 1", pool("mode = \"System\"\nnode_count = 2"), PASS),
        ("AKS-055", V4, "", "node_count = 1", pool("mode = \"User\"\nnode_count = 9"), FAIL),
        ("AKS-055", V4, "", "node_count = var.open", "", OPEN_VERDICT),
        ("AKS-055", V3, "", "enable_auto_scaling = true\nmin_count = 3\nmax_count = 5", "", PASS),
        (
            "AKS-055",
            V4,
            "",
            "auto_scaling_enabled = true\nmin_count = 1\nmax_count = 5\nnode_count = 4",
            "",
            FAIL,
        ),
        ("AKS-058", V4, "", "", "", SKIP),
        ("AKS-058", V4, "", "only_critical_addons_enabled = true", "", FAIL),
        ("AKS-058", V4, "", "only_critical_addons_enabled = true", pool("mode = \"System\""), PASS),
        (
            "AKS-058",
            V4,
            "",
            "only_critical_addons_enabled = true",
            pool("count = var.on ? 1 : 0"),
            "c indeterminate",
        ),
        (
            "AKS-058",
            V4,
            "",
            "only_critical_addons_enabled = true",
            pool("mode = \"System\"\nnode_taints = [\"CriticalAddonsOnly=true:NoSchedule\"]"),
            FAIL,
        ),
        (
            "AKS-058",
            V4,
            "",
            "only_critical_addons_enabled = true",
            "output \"id\" {\nvalue = azurerm_kubernetes_cluster.c.id\n}\n",
            OPEN_VERDICT,
        ),
        ("AKS-067", V3, "", "vm_size = \"Standard_DS2_v2\"", "", FAIL),
        ("AKS-067", V4, "", "vm_size = \"standard_d4s_V5\"", pool(""), "c pass, _node_pool.p not_applicable"),
        ("AKS-067", V4, "", "vm_size = \"Standard_Unheard_v9\"", "", OPEN_VERDICT),
    ]);
}

#[test]
fn calendars_decide_by_the_day_of_the_run() {
    const LTS: &str = "support_plan = \"AKSLongTermSupport\"\nsku_tier = \"Premium\"";
    let with = |version: &str, more: &str| -> &'static str {
        Box::leak(format!("kubernetes_version = \"{version}\"\n{more}").into_boxed_str())
    };
    run(&[
        ("AKS-045", V3, "", "", "", OPEN_VERDICT),
        ("AKS-045", V3, "node_os_channel_upgrade = \"None\"", "", "", FAIL),
        ("AKS-045", V4, "", "", "", PASS),
        ("AKS-045", V4, "node_os_upgrade_channel = \"Unmanaged\"", "", "", FAIL),
        ("AKS-047", V4, "", "", "", OPEN_VERDICT),
        ("AKS-047", V4, with("1.33", ""), "", "", FAIL),
        ("AKS-047", V4, with("1.34.2", ""), "", "", PASS),
        ("AKS-047", V4, with("1.27", ""), "", "", FAIL),
        ("AKS-047", V4, with("1.99", ""), "", "", OPEN_VERDICT),
        ("AKS-047", V4, with("1.31", LTS), "", "", PASS),
        ("AKS-047", V4, with("1.30", LTS), "", "", FAIL),
        ("AKS-047", V4, with("1.31", "support_plan = \"AKSLongTermSupport\""), "", "", FAIL),
        ("AKS-047", V4, with("1.33", "automatic_upgrade_channel = \"stable\""), "", "", OPEN_VERDICT),
        ("AKS-047", V4, with("1.33", "automatic_upgrade_channel = \"patch\""), "", "", FAIL),
        (
            "AKS-047",
            V4,
            with("1.36", ""),
            "",
            pool("orchestrator_version = \"1.32\""),
            "c pass, _node_pool.p fail",
        ),
        ("AKS-070", V4, "", "", "", OPEN_VERDICT),
        ("AKS-070", V4, with("1.36", ""), "", "", PASS),
        ("AKS-070", V4, with("1.34", ""), "", "", FAIL),
        ("AKS-070", V4, with("1.34", ""), "os_sku = \"Ubuntu2404\"", "", PASS),
        ("AKS-070", V4, with("1.31", ""), "os_sku = \"AzureLinux\"", "", FAIL),
        (
            "AKS-070",
            V4,
            with("1.36", ""),
            "os_sku = \"AzureLinux\"",
            pool("os_type = \"Windows\"\nos_sku = \"Windows2019\""),
            "c pass, _node_pool.p fail",
        ),
    ]);
}

#[test]
fn dates_set_the_severity_and_the_note_names_the_table() {
    let text = cluster("kubernetes_version = \"1.34\"", "os_sku = \"Ubuntu\"");
    let on = |today: &str| {
        let root = root(&text);
        let cx = Context { every: true, ..Context::new(&root.estate, Some(&*root.evaluation), today) };
        let found = rules::run(&cx, Profile::Default).outcomes;
        let found = found.into_iter().find(|o| o.rule == "TU-AKS-070").unwrap();
        assert!(found.note.contains("2026-08-21"), "{}", found.note);
        found.severity.word()
    };
    assert_eq!(on("2026-11-20"), "info");
    assert_eq!(on("2027-03-01"), "medium");
    assert_eq!(on("2027-07-01"), "high");
}

#[test]
fn production_raises_what_is_about_reliability() {
    let of = |tags: &str| root(&cluster(tags, "")).outcomes("AKS-052")[0].severity.word();
    assert_eq!(of(""), "low");
    assert_eq!(of("tags = {\nEnvironment = \"Production\"\n}"), "medium");
    assert_eq!(of("tags = {\nenvironment = \"dev\"\n}"), "low");
}

#[test]
fn a_root_in_the_words_of_azurerm_3() {
    // What a first cluster of a newcomer looks like.
    let text = "resource \"azurerm_resource_group\" \"rg\" {\nname = \"rg\"\nlocation = \"East US\"\n}\n\
        resource \"azurerm_virtual_network\" \"v\" {\nname = \"v\"\nlocation = azurerm_resource_group.rg.location\nresource_group_name = azurerm_resource_group.rg.name\naddress_space = [\"10.0.0.0/16\"]\n}\n\
        resource \"azurerm_subnet\" \"s\" {\nname = \"s\"\nresource_group_name = azurerm_resource_group.rg.name\nvirtual_network_name = azurerm_virtual_network.v.name\naddress_prefixes = [\"10.0.1.0/24\"]\n}\n\
        resource \"azurerm_kubernetes_cluster\" \"c\" {\nname = \"aks\"\nlocation = azurerm_resource_group.rg.location\nresource_group_name = azurerm_resource_group.rg.name\ndns_prefix = \"aks\"\nlocal_account_disabled = true\n\
        default_node_pool {\nname = \"system\"\nvm_size = \"Standard_DS2_v2\"\nvnet_subnet_id = azurerm_subnet.s.id\nos_sku = \"AzureLinux\"\nenable_auto_scaling = true\nmin_count = 3\nmax_count = 5\n}\nidentity {\ntype = \"SystemAssigned\"\n}\n\
        network_profile {\nnetwork_plugin = \"azure\"\nnetwork_policy = \"azure\"\n}\nkey_vault_secrets_provider {\nsecret_rotation_enabled = true\n}\n}\n\
        data \"azurerm_client_config\" \"current\" {}\n\
        resource \"azurerm_key_vault\" \"kv\" {\nname = \"kv-example\"\nlocation = azurerm_resource_group.rg.location\nresource_group_name = azurerm_resource_group.rg.name\ntenant_id = data.azurerm_client_config.current.tenant_id\nsku_name = \"standard\"\nenable_rbac_authorization = true\n}\n\
        resource \"azurerm_role_assignment\" \"r\" {\nscope = azurerm_key_vault.kv.id\nrole_definition_name = \"Key Vault Secrets User\"\nprincipal_id = azurerm_kubernetes_cluster.c.key_vault_secrets_provider[0].secret_identity[0].object_id\n}\n";
    let root = root_of(&[("main.tf", text)], "~> 3.0");
    let found = root.report(Profile::Default).findings;
    let mut lines: Vec<_> =
        found.iter().map(|f| format!("{} {} {}", f.code, f.severity.word(), f.address)).collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    TU-AKS-002 high azurerm_kubernetes_cluster.c
    TU-AKS-007 high azurerm_kubernetes_cluster.c
    TU-AKS-015 info azurerm_kubernetes_cluster.c
    TU-AKS-022 medium azurerm_kubernetes_cluster.c
    TU-AKS-052 low azurerm_kubernetes_cluster.c
    TU-AKS-053 medium azurerm_kubernetes_cluster.c
    TU-AKS-067 medium azurerm_kubernetes_cluster.c
    TU-KV-001 high azurerm_key_vault.kv
    TU-KV-005 high azurerm_key_vault.kv
    TU-KV-023 medium azurerm_key_vault.kv
    TU-NET-001 medium azurerm_subnet.s
    TU-NET-026 high azurerm_virtual_network.v
    TU-SEC-013 high provider.azurerm
    TU-SEC-014 low provider.azurerm
    TU-X-009 medium azurerm_kubernetes_cluster.c
    "#);
}
