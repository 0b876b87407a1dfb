//! Vaults, registries, roles, federation and secrets.

use super::*;

fn vault(label: &str, lines: &str) -> String {
    format!(
        "resource \"azurerm_key_vault\" \"{label}\" {{\nname = \"kv-{label}\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n\
         tenant_id = \"11111111-2222-3333-4444-555555555555\"\nsku_name = \"standard\"\n{lines}\n}}\n"
    )
}

fn registry(sku: &str, lines: &str) -> String {
    format!(
        "resource \"azurerm_container_registry\" \"r\" {{\nname = \"crexample\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n\
         sku = {sku}\n{lines}\n}}\n"
    )
}

fn assignment(label: &str, scope: &str, role: &str, principal: &str) -> String {
    format!(
        "resource \"azurerm_role_assignment\" \"{label}\" {{\nscope = {scope}\nrole_definition_name = \"{role}\"\nprincipal_id = {principal}\n}}\n"
    )
}

const OPEN: &str = "variable \"x\" {}\nvariable \"on\" {\n  type = bool\n}\n";

/// The verdict of one rule on the first address that ends so.
fn verdict(rule: &str, version: &str, text: &str, address: &str) -> String {
    let root = root_of(&[("main.tf", &format!("{OPEN}{text}"))], version);
    let errors: Vec<_> = root.evaluation.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{text}: {errors:?}");
    let found = root.outcomes(rule).into_iter().find(|o| o.address.ends_with(address));
    found.map_or_else(|| "none".to_owned(), |o| format!("{} {}", o.verdict.word(), o.severity.word()))
}

#[test]
fn firewalls_of_vaults_and_registries() {
    let acls = |action: &str| format!("network_acls {{\ndefault_action = {action}\nbypass = \"None\"\n}}");
    let cases = [
        ("KV-001", vault("k", ""), "fail"),
        ("KV-001", vault("k", "public_network_access_enabled = false"), "pass"),
        ("KV-001", vault("k", "public_network_access_enabled = var.on ? false : false"), "pass"),
        ("KV-001", vault("k", "public_network_access_enabled = var.on"), "indeterminate"),
        ("KV-001", vault("k", &acls("\"Deny\"")), "pass"),
        ("KV-001", vault("k", &acls("\"deny\"")), "pass"),
        ("KV-001", vault("k", &acls("\"Allow\"")), "fail"),
        ("KV-001", vault("k", &acls("var.x")), "indeterminate"),
        ("KV-001", vault("k", &acls("var.on ? \"Deny\" : \"Deny\"")), "pass"),
        (
            "KV-001",
            vault(
                "k",
                "dynamic \"network_acls\" {\nfor_each = []\ncontent {\ndefault_action = \"Deny\"\nbypass = \"None\"\n}\n}",
            ),
            "fail",
        ),
        (
            "KV-001",
            vault(
                "k",
                "dynamic \"network_acls\" {\nfor_each = var.x\ncontent {\ndefault_action = \"Deny\"\nbypass = \"None\"\n}\n}",
            ),
            "indeterminate",
        ),
        ("KV-005", vault("k", "purge_protection_enabled = var.on"), "indeterminate"),
        ("KV-008", vault("k", "rbac_authorization_enabled = true"), "pass"),
        ("KV-008", vault("k", "enable_rbac_authorization = true"), "pass"),
        ("ACR-003", registry("\"Premium\"", ""), "fail"),
        ("ACR-003", registry("\"Premium\"", "public_network_access_enabled = false"), "pass"),
        ("ACR-003", registry("\"Premium\"", "network_rule_set {\ndefault_action = \"Deny\"\n}"), "pass"),
        ("ACR-002", registry("var.x", "anonymous_pull_enabled = true"), "fail"),
    ];
    for (rule, text, want) in cases {
        let got = verdict(rule, "~> 4.81", &text, if rule.starts_with("KV") { ".k" } else { ".r" });
        assert_eq!(got.split(' ').next(), Some(want), "{rule} {text}");
    }
    assert_eq!(
        verdict("KV-008", "~> 3.100", &vault("k", "enable_rbac_authorization = true"), ".k"),
        "pass medium"
    );
    assert_eq!(verdict("KV-008", "~> 3.100", &vault("k", ""), ".k"), "fail medium");
    assert_eq!(verdict("ACR-003", "~> 4.81", &registry("\"Basic\"", ""), ".r"), "fail low");
    assert_eq!(verdict("ACR-003", "~> 4.81", &registry("\"Premium\"", ""), ".r"), "fail medium");
}

#[test]
fn access_policies_of_workloads_and_of_the_deployer() {
    let policy = |object: &str, list: &str| {
        vault("k", "")
            + "data \"azurerm_client_config\" \"me\" {}\n"
            + &format!(
                "resource \"azurerm_key_vault_access_policy\" \"p\" {{\nkey_vault_id = azurerm_key_vault.k.id\n\
                 tenant_id = \"11111111-2222-3333-4444-555555555555\"\nobject_id = {object}\nsecret_permissions = {list}\n}}\n"
            )
    };
    let somebody = "\"66666666-7777-8888-9999-000000000000\"";
    let cases = [
        (policy(somebody, "[\"Get\", \"List\"]"), "pass medium"),
        (policy(somebody, "[\"Get\", \"Set\"]"), "pass medium"),
        (policy(somebody, "[\"Set\", \"Purge\"]"), "fail medium"),
        (policy("var.x", "[\"set\", \"delete\"]"), "fail low"),
        (policy("data.azurerm_client_config.me.object_id", "[\"Set\", \"Delete\"]"), "not_applicable medium"),
    ];
    for (text, want) in cases {
        assert_eq!(verdict("KV-010", "~> 4.81", &text, "_policy.p"), want, "{text}");
    }
    // Two inline policies with principals that are not known do not hide each other.
    let two = vault(
        "k",
        "access_policy {\ntenant_id = \"t\"\nobject_id = var.x\nsecret_permissions = [\"Get\"]\n}\naccess_policy {\ntenant_id = \"t\"\nobject_id = var.x\nsecret_permissions = [\"Set\", \"Delete\"]\n}",
    );
    assert_eq!(verdict("KV-010", "~> 4.81", &two, ".k"), "fail low");
}

#[test]
fn diagnostic_settings_of_vaults() {
    let setting = |target: &str, log: &str| {
        format!(
            "resource \"azurerm_monitor_diagnostic_setting\" \"d\" {{\nname = \"d\"\ntarget_resource_id = {target}\n\
             log_analytics_workspace_id = \"/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/w\"\n{log}\n}}\n"
        )
    };
    let audit = "enabled_log {\ncategory = \"AuditEvent\"\n}";
    let cases = [
        ("~> 4.81", String::new(), "fail"),
        ("~> 4.81", setting("azurerm_key_vault.k.id", audit), "pass"),
        (
            "~> 4.81",
            setting("azurerm_key_vault.k.id", "enabled_log {\ncategory_group = \"allLogs\"\n}"),
            "pass",
        ),
        (
            "~> 4.81",
            setting(
                "azurerm_key_vault.k.id",
                "enabled_log {\ncategory = \"AzurePolicyEvaluationDetails\"\n}",
            ),
            "fail",
        ),
        ("~> 4.81", setting("azurerm_key_vault.k.id", "enabled_log {\ncategory = var.x\n}"), "indeterminate"),
        ("~> 4.81", setting("var.x", audit), "indeterminate"),
        (
            "~> 4.81",
            setting("\"/subscriptions/s/resourceGroups/o/providers/Microsoft.KeyVault/vaults/o\"", audit),
            "fail",
        ),
        (
            "~> 3.60",
            setting("azurerm_key_vault.k.id", "log {\ncategory = \"AuditEvent\"\nenabled = true\n}"),
            "pass",
        ),
        (
            "~> 3.60",
            setting("azurerm_key_vault.k.id", "log {\ncategory = \"AuditEvent\"\nenabled = false\n}"),
            "fail",
        ),
    ];
    for (version, text, want) in cases {
        let got = verdict("KV-023", version, &(vault("k", "") + &text), ".k");
        assert_eq!(got.split(' ').next(), Some(want), "{text}");
    }
}

#[test]
fn what_could_not_be_read_may_hold_what_is_missing() {
    let module = |argument: &str| {
        format!(
            "module \"logs\" {{\n  source  = \"example/logs/azurerm\"\n  version = \"1.0.0\"\n  target  = {argument}\n}}\n"
        )
    };
    let of = |rule: &str, files: &[(&str, &str)]| told(rule, &root_of(files, "~> 4.81"));
    let vault_of = |value: &str| vault("k", &format!("purge_protection_enabled = {value}"));
    let with = |argument: &str| vault("k", "") + &module(argument);
    assert_eq!(
        of("KV-023", &[("main.tf", &with("azurerm_key_vault.k.id"))]),
        "azurerm_key_vault.k indeterminate"
    );
    assert_eq!(of("KV-023", &[("main.tf", &with("\"other\""))]), "azurerm_key_vault.k fail");
    let broken = ("broken.tf", "variable \"protect\" {\n  default = [\n");
    let text = vault_of("var.protect");
    assert_eq!(of("KV-005", &[("main.tf", &text), broken]), "azurerm_key_vault.k indeterminate");
    assert_eq!(of("KV-023", &[("main.tf", &text), broken]), "azurerm_key_vault.k indeterminate");
    assert_eq!(of("KV-005", &[("main.tf", &text)]), "azurerm_key_vault.k fail");
}

#[test]
fn roles_by_scope_and_by_principal() {
    let subscription = "data \"azurerm_subscription\" \"s\" {}\ndata \"azurerm_management_group\" \"m\" {\nname = \"m\"\n}\n\
                        resource \"azurerm_resource_group\" \"rg\" {\nname = \"rg\"\nlocation = \"westeurope\"\n}\n";
    let of = |scope: &str, role: &str| subscription.to_owned() + &assignment("a", scope, role, "\"p\"");
    let cases = [
        ("IAM-001", of("data.azurerm_subscription.s.id", "Owner"), "fail"),
        ("IAM-001", of("data.azurerm_management_group.m.id", "owner"), "fail"),
        ("IAM-001", of("\"/\"", "Owner"), "fail"),
        ("IAM-001", of("azurerm_resource_group.rg.id", "Owner"), "pass"),
        ("IAM-001", of("var.x", "Owner"), "indeterminate"),
        ("IAM-001", of("var.x", "Reader"), "pass"),
        ("IAM-003", of("\"/subscriptions/11111111-2222-3333-4444-555555555555\"", "Contributor"), "fail"),
        (
            "IAM-001",
            subscription.to_owned()
                + "resource \"azurerm_role_assignment\" \"a\" {\nscope = data.azurerm_subscription.s.id\n\
                   role_definition_id = \"/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635\"\nprincipal_id = \"p\"\n}\n",
            "fail",
        ),
    ];
    for (rule, text, want) in cases {
        let got = verdict(rule, "~> 4.81", &text, ".a");
        assert_eq!(got.split(' ').next(), Some(want), "{rule} {text}");
    }
    let cluster = super::clusters::cluster("", "");
    let kubelet = "azurerm_kubernetes_cluster.c.kubelet_identity[0].object_id";
    let plane = "azurerm_kubernetes_cluster.c.identity[0].principal_id";
    let nodes = "azurerm_kubernetes_cluster.c.node_resource_group_id";
    let cases = [
        (assignment("a", "data.azurerm_subscription.s.id", "Contributor", plane), "fail critical"),
        (assignment("a", "azurerm_resource_group.rg.id", "Owner", kubelet), "fail high"),
        (assignment("a", nodes, "Contributor", kubelet), "pass high"),
        (assignment("a", "azurerm_resource_group.rg.id", "Network Contributor", plane), "pass high"),
        (
            assignment(
                "a",
                "azurerm_resource_group.rg.id",
                "Contributor",
                "\"66666666-7777-8888-9999-000000000000\"",
            ),
            "not_applicable high",
        ),
        (assignment("a", "azurerm_resource_group.rg.id", "Contributor", "var.x"), "indeterminate high"),
    ];
    for (text, want) in cases {
        assert_eq!(
            verdict("IAM-004", "~> 4.81", &format!("{subscription}{cluster}{text}"), ".a"),
            want,
            "{text}"
        );
    }
}

#[test]
fn user_assigned_identities_are_a_clusters_too() {
    let text = "data \"azurerm_subscription\" \"s\" {}\n\
        data \"azurerm_user_assigned_identity\" \"other\" {\nname = \"other\"\nresource_group_name = \"rg\"\n}\n\
        resource \"azurerm_user_assigned_identity\" \"own\" {\nname = \"own\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n}\n";
    let cluster = |id: &str| {
        super::clusters::cluster("", "")
            .replace("type = \"SystemAssigned\"", &format!("type = \"UserAssigned\"\nidentity_ids = [{id}]"))
    };
    for identity in ["azurerm_user_assigned_identity.own", "data.azurerm_user_assigned_identity.other"] {
        let root = format!(
            "{text}{}{}",
            cluster(&format!("{identity}.id")),
            assignment("a", "data.azurerm_subscription.s.id", "Owner", &format!("{identity}.principal_id"))
        );
        assert_eq!(verdict("IAM-004", "~> 4.81", &root, ".a"), "fail critical", "{identity}");
    }
}

#[test]
fn what_a_cluster_needs_of_registry_and_vault() {
    let add_on = "key_vault_secrets_provider {\nsecret_rotation_enabled = true\n}";
    let cluster = super::clusters::cluster(add_on, "");
    let kubelet = "azurerm_kubernetes_cluster.c.kubelet_identity[0].object_id";
    let pull = |scope: &str, who: &str| assignment("a", scope, "AcrPull", who);
    let premium = registry("\"Premium\"", "");
    let image = "resource \"kubernetes_deployment\" \"d\" {\nmetadata {\nname = \"d\"\n}\nspec {\ntemplate {\nmetadata {\nname = \"d\"\n}\nspec {\ncontainer {\nname = \"d\"\nimage = \"${azurerm_container_registry.r.login_server}/app:1\"\n}\n}\n}\n}\n}\n";
    let cases = [
        ("X-001", premium.clone(), "fail low"),
        ("X-001", premium.clone() + image, "fail high"),
        ("X-001", premium.clone() + image + &pull("azurerm_container_registry.r.id", kubelet), "pass high"),
        ("X-001", premium.clone() + &pull("azurerm_container_registry.r.id", "var.x"), "indeterminate low"),
        ("X-001", String::new(), "not_applicable high"),
        ("X-004", String::new(), "not_applicable high"),
        ("X-004", vault("k", "rbac_authorization_enabled = true"), "fail low"),
        (
            "X-004",
            vault("k", "rbac_authorization_enabled = true")
                + &assignment("a", "azurerm_key_vault.k.id", "Key Vault Reader", kubelet),
            "fail high",
        ),
        (
            "X-004",
            vault("k", "rbac_authorization_enabled = true")
                + &assignment("a", "azurerm_key_vault.k.id", "Key Vault Secrets User", kubelet),
            "pass high",
        ),
        (
            "X-004",
            vault(
                "k",
                "access_policy {\ntenant_id = \"t\"\nobject_id = azurerm_kubernetes_cluster.c.key_vault_secrets_provider[0].secret_identity[0].object_id\nsecret_permissions = [\"Get\"]\n}",
            ),
            "pass high",
        ),
        (
            "X-004",
            vault(
                "k",
                "access_policy {\ntenant_id = \"t\"\nobject_id = azurerm_kubernetes_cluster.c.key_vault_secrets_provider[0].secret_identity[0].object_id\nsecret_permissions = [\"List\"]\n}",
            ),
            "fail high",
        ),
    ];
    for (rule, text, want) in cases {
        assert_eq!(
            verdict(rule, "~> 4.81", &format!("{cluster}{text}"), "_cluster.c"),
            want,
            "{rule} {text}"
        );
    }
}

#[test]
fn pipelines_that_anybody_can_start() {
    let identity = |subject: &str| {
        format!(
            "resource \"azurerm_user_assigned_identity\" \"i\" {{\nname = \"i\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n}}\n\
             resource \"azurerm_federated_identity_credential\" \"f\" {{\nname = \"f\"\nresource_group_name = \"rg\"\nparent_id = azurerm_user_assigned_identity.i.id\n\
             audience = [\"api://AzureADTokenExchange\"]\nissuer = \"https://token.actions.githubusercontent.com\"\nsubject = {subject}\n}}\n"
        )
    };
    let role =
        |scope: &str| assignment("a", scope, "Contributor", "azurerm_user_assigned_identity.i.principal_id");
    let all = "\"/subscriptions/11111111-2222-3333-4444-555555555555\"";
    let cases = [
        ("IAM-015", identity("\"repo:org/*:environment:prod\""), ".f", "fail"),
        ("IAM-015", identity("\"repo:org/app:environment:${var.x}\""), ".f", "pass"),
        ("IAM-015", identity("\"repo:${var.x}/app:environment:prod\""), ".f", "indeterminate"),
        ("IAM-015", identity("\"environment:${var.x}\""), ".f", "fail"),
        ("X-027", identity("\"repo:org/app:pull_request\"") + &role(all), ".i", "fail"),
        ("X-027", identity("\"repo:org/app:ref:refs/heads/main\"") + &role(all), ".i", "pass"),
        (
            "X-027",
            identity("\"repo:org/app:pull_request\"") + &role("\"/subscriptions/s/resourceGroups/rg\""),
            ".i",
            "pass",
        ),
    ];
    for (rule, text, address, want) in cases {
        let got = verdict(rule, "~> 4.81", &text, address);
        assert_eq!(got.split(' ').next(), Some(want), "{rule} {text}");
    }
}

#[test]
fn secrets_are_found_and_never_shown() {
    const SECRET: &str = "Tr0ub4dor-and-3";
    let secret = |value: &str| {
        vault("k", "")
            + &format!(
                "resource \"azurerm_key_vault_secret\" \"s\" {{\nname = \"s\"\nkey_vault_id = azurerm_key_vault.k.id\nvalue = {value}\n}}\n"
            )
    };
    let cases = [
        (secret(&format!("\"{SECRET}\"")), "fail"),
        (format!("locals {{\np = \"{SECRET}\"\n}}\n") + &secret("local.p"), "fail"),
        (format!("variable \"p\" {{\ndefault = \"{SECRET}\"\n}}\n") + &secret("var.p"), "fail"),
        ("variable \"p\" {\nsensitive = true\n}\n".to_owned() + &secret("var.p"), "pass"),
        (secret("\"changeme\""), "pass"),
        (
            "resource \"random_password\" \"p\" {\nlength = 20\n}\n".to_owned()
                + &secret("random_password.p.result"),
            "pass",
        ),
    ];
    for (text, want) in cases {
        let got = verdict("SEC-001", "~> 4.81", &text, ".s");
        assert_eq!(got.split(' ').next(), Some(want), "{text}");
    }
    // Of a map the secrets are those that say so, and a named value is one where it says so.
    let map = |key: &str| {
        root(&format!(
            "resource \"kubernetes_secret\" \"s\" {{\nmetadata {{\nname = \"s\"\n}}\ndata = {{\n{key} = \"{SECRET}\"\n}}\n}}\n"
        ))
    };
    assert!(
        told("SEC-001", &map("password")).ends_with("fail")
            && !told("SEC-001", &map("url")).ends_with("fail")
    );
    let named = |secret: &str| {
        root(&format!(
            "resource \"azurerm_api_management_named_value\" \"s\" {{\nname = \"s\"\nresource_group_name = \"rg\"\n\
             api_management_name = \"a\"\ndisplay_name = \"s\"\nvalue = \"{SECRET}\"\nsecret = {secret}\n}}\n"
        ))
    };
    assert!(
        told("SEC-001", &named("true")).ends_with("fail")
            && !told("SEC-001", &named("false")).ends_with("fail")
    );
    // A script is no secret as a whole.
    let machine = |script: &str| {
        format!(
            "resource \"azurerm_linux_virtual_machine\" \"s\" {{\nname = \"s\"\nresource_group_name = \"rg\"\nlocation = \"westeurope\"\n\
             size = \"Standard_B2s\"\nadmin_username = \"a\"\nnetwork_interface_ids = [\"/x\"]\ncustom_data = {script}\n\
             os_disk {{\ncaching = \"None\"\nstorage_account_type = \"Standard_LRS\"\n}}\n}}\n"
        )
    };
    let plain = root(&machine("base64encode(\"#!/bin/sh\\napt-get update\\n\")"));
    assert_eq!(told("SEC-001", &plain), "");
    let export = root(&machine(&format!("base64encode(\"export DB_PASSWORD={SECRET}\\n\")")));
    assert_eq!(told("SEC-001", &export), "azurerm_linux_virtual_machine.s fail");
    let variable =
        "variable \"p\" {\ntype = string\nsensitive = true\n}\nvariable \"q\" {\ntype = string\n}\n";
    let tfvars = format!("p = \"{SECRET}\"\nq = \"{SECRET}\"\n");
    let text = variable.to_owned() + &secret("var.p");
    let root = root_of(&[("main.tf", &text), ("terraform.tfvars", &tfvars)], "~> 4.81");
    assert_eq!(told("SEC-002", &root), "var.p fail");
    assert_eq!(told("SEC-001", &root), "azurerm_key_vault_secret.s pass");
    let report = root.report(Profile::Strict);
    let json = serde_json::to_string(&report.json(&root.evaluation.sources, Profile::Strict, true)).unwrap();
    assert!(!json.contains(SECRET) && !format!("{:?}", report.findings).contains(SECRET));
    assert!(json.contains("\"file\":\"terraform.tfvars\",\"line\":1"), "{json}");
}

#[test]
fn credentials_by_shape_are_found_anywhere() {
    let key = format!("{}==", "Ab3/".repeat(21) + "xy");
    let text = format!("locals {{\n  key = \"{key}\"\n}}\n");
    assert_eq!(told("SEC-001", &root(&text)), "locals fail");
}

#[test]
fn ignored_changes() {
    let with = |list: &str| vault("k", &format!("lifecycle {{\nignore_changes = {list}\n}}"));
    for (list, want) in [
        ("all", "fail"),
        ("[tags]", "pass"),
        ("[network_acls[0].default_action]", "fail"),
        ("[purge_protection_enabled]", "fail"),
    ] {
        assert_eq!(verdict("SEC-017", "~> 4.81", &with(list), ".k"), format!("{want} medium"), "{list}");
    }
}
