//! Rules of workspaces, flow logs, exports, alerts and Defender: majors, unknown values, azapi.

use super::registries::run;
use super::{V3, V4, V5};

fn block(kind: &str, label: &str, lines: &str) -> String {
    format!(
        "resource \"{kind}\" \"{label}\" {{\nname = \"{label}\"\nresource_group_name = \"rg\"\n{lines}\n}}\n"
    )
}

fn workspace(lines: &str) -> String {
    block("azurerm_log_analytics_workspace", "w", &format!("location = \"westeurope\"\n{lines}"))
}

#[test]
fn workspaces() {
    run(&[
        ("LOG-001", V4, workspace("retention_in_days = var.x"), "indeterminate"),
        ("LOG-001", V4, workspace("retention_in_days = 365"), "pass"),
        ("LOG-002", V3, workspace("internet_ingestion_enabled = false"), "pass"),
        ("LOG-002", V3, workspace(""), "fail"),
        ("LOG-002", V5, workspace("internet_ingestion_access_type = \"SecuredByPerimeter\""), "pass"),
        ("LOG-002", V5, workspace(""), "fail"),
        ("LOG-003", V5, workspace("internet_query_access_type = \"Disabled\""), "pass"),
        ("LOG-003", V4, workspace("internet_query_enabled = var.on"), "indeterminate"),
        ("LOG-004", V3, workspace("local_authentication_disabled = true"), "pass"),
        ("LOG-004", V4, workspace("local_authentication_disabled = true"), "pass"),
        ("LOG-004", V5, workspace(""), "fail"),
        ("LOG-005", V4, workspace(""), "pass"),
        ("LOG-005", V4, workspace("daily_quota_gb = 0.5"), "fail"),
        ("LOG-005", V4, workspace("daily_quota_gb = 10"), "pass"),
        ("LOG-005", V4, workspace("daily_quota_gb = var.x"), "indeterminate"),
        ("LOG-006", V4, workspace(""), "not_applicable"),
    ]);
}

#[test]
fn flow_logs() {
    let network = "resource \"azurerm_virtual_network\" \"v\" {\nname = \"v\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\naddress_space = [\"10.0.0.0/16\"]\n}\n\
                   resource \"azurerm_subnet\" \"s\" {\nname = \"s\"\nresource_group_name = \"rg\"\nvirtual_network_name = azurerm_virtual_network.v.name\naddress_prefixes = [\"10.0.0.0/24\"]\n}\n\
                   resource \"azurerm_network_security_group\" \"n\" {\nname = \"n\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n}\n";
    let log = |target: &str, enabled: &str, policy: &str| {
        network.to_owned()
            + &block(
                "azurerm_network_watcher_flow_log",
                "f",
                &format!(
                    "network_watcher_name = \"w\"\n{target}\nstorage_account_id = \"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a\"\n\
                     enabled = {enabled}\nretention_policy {{\n{policy}\n}}"
                ),
            )
    };
    let to =
        |target: &str| log(&format!("target_resource_id = {target}"), "true", "enabled = true\ndays = 90");
    let whole = "azurerm_virtual_network.v.id";
    let kept = |policy: &str| log(&format!("target_resource_id = {whole}"), "true", policy);
    let group = "network_security_group_id = azurerm_network_security_group.n.id";
    let azapi = "resource \"azapi_resource\" \"f\" {\ntype = \"Microsoft.Network/networkWatchers/flowLogs@2025-01-01\"\nname = \"f\"\n\
                 parent_id = \"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkWatchers/w\"\nlocation = \"westeurope\"\n\
                 body = { properties = { enabled = false, targetResourceId = \"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/n\" } }\n}\n";
    run(&[
        ("LOG-007", V4, network.to_owned(), "fail"),
        ("LOG-007", V4, to(whole), "pass"),
        ("LOG-007", V4, to("azurerm_subnet.s.id"), "pass"),
        ("LOG-007", V4, to("azurerm_network_security_group.n.id"), "fail"),
        ("LOG-007", V4, to("var.x"), "indeterminate"),
        (
            "LOG-008",
            V4,
            log(&format!("target_resource_id = {whole}"), "var.on", "enabled = true\ndays = 90"),
            "indeterminate",
        ),
        ("LOG-008", V3, log(group, "false", "enabled = true\ndays = 90"), "fail"),
        ("LOG-008", V4, azapi.to_owned(), "fail"),
        ("LOG-009", V4, kept("enabled = true\ndays = 0"), "pass"),
        ("LOG-009", V4, kept("enabled = false\ndays = 90"), "fail"),
        ("LOG-009", V4, kept("enabled = true\ndays = var.x"), "indeterminate"),
        ("LOG-009", V3, log(group, "false", "enabled = true\ndays = 7"), "not_applicable"),
        ("LOG-010", V4, azapi.to_owned(), "fail"),
        ("LOG-011", V3, log(group, "true", "enabled = true\ndays = 90"), "fail"),
        ("LOG-011", V4, log(group, "true", "enabled = true\ndays = 90"), "fail"),
        ("LOG-011", V4, to("azurerm_network_security_group.n.id"), "fail"),
        ("LOG-011", V5, to(whole), "pass"),
        ("LOG-011", V5, to("var.x"), "indeterminate"),
        ("LOG-011", V4, azapi.to_owned(), "fail"),
    ]);
}

#[test]
fn diagnostic_settings() {
    let setting = |blocks: &str| {
        format!(
            "resource \"azurerm_monitor_diagnostic_setting\" \"d\" {{\nname = \"d\"\ntarget_resource_id = \"/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/k\"\n\
             log_analytics_workspace_id = \"/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/w\"\n{blocks}\n}}\n"
        )
    };
    let kept = "retention_policy {\nenabled = true\ndays = 7\n}\n";
    let metric = "metric {\ncategory = \"AllMetrics\"\n}\n";
    run(&[
        ("LOG-012", V3, setting("log {\ncategory = \"AuditEvent\"\n}"), "fail"),
        ("LOG-012", V3, setting(metric), "pass"),
        ("LOG-012", V4, setting(metric), "fail"),
        ("LOG-012", V4, setting(&format!("enabled_log {{\ncategory = \"AuditEvent\"\n{kept}}}")), "fail"),
        ("LOG-012", V3, setting(&format!("enabled_log {{\ncategory = \"AuditEvent\"\n{kept}}}")), "pass"),
        (
            "LOG-012",
            V4,
            setting("dynamic \"metric\" {\nfor_each = []\ncontent {\ncategory = \"a\"\n}\n}"),
            "pass",
        ),
        ("LOG-012", V5, setting("enabled_metric {\ncategory = \"AllMetrics\"\n}"), "pass"),
        ("LOG-014", V4, setting("enabled_log {\ncategory = \"AuditEvent\"\n}"), "not_applicable"),
    ]);
}

#[test]
fn the_activity_log() {
    let plan = "data \"azurerm_subscription\" \"s\" {}\nresource \"azurerm_security_center_subscription_pricing\" \"p\" {\ntier = \"Standard\"\n}\n";
    let export = |target: &str, categories: &str| {
        format!(
            "{plan}resource \"azurerm_monitor_diagnostic_setting\" \"d\" {{\nname = \"d\"\ntarget_resource_id = {target}\nstorage_account_id = var.x\n\
             dynamic \"enabled_log\" {{\nfor_each = {categories}\ncontent {{\ncategory = enabled_log.value\n}}\n}}\n}}\n"
        )
    };
    let all = "[\"Administrative\", \"Security\", \"Policy\", \"Alert\"]";
    let profile = |lines: &str| {
        format!(
            "resource \"azurerm_monitor_log_profile\" \"l\" {{\nname = \"l\"\nlocations = [\"global\"]\n{lines}\n}}\n"
        )
    };
    let kept = |days: &str| {
        profile(&format!(
            "categories = [\"Action\", \"Delete\", \"Write\"]\nretention_policy {{\nenabled = true\ndays = {days}\n}}"
        ))
    };
    let alert = |operation: &str| {
        format!(
            "{plan}resource \"azurerm_monitor_activity_log_alert\" \"a\" {{\nname = \"a\"\nresource_group_name = \"rg\"\nlocation = \"global\"\nscopes = [data.azurerm_subscription.s.id]\n\
             criteria {{\ncategory = var.x\noperation_name = {operation}\n}}\n}}\n"
        )
    };
    let subscription = "data.azurerm_subscription.s.id";
    run(&[
        ("LOG-013", V4, String::new(), ""),
        ("LOG-013", V4, plan.to_owned(), "fail"),
        ("LOG-013", V4, export(subscription, all), "pass"),
        ("LOG-013", V4, export("\"/subscriptions/11111111-2222-3333-4444-555555555555\"", all), "pass"),
        ("LOG-013", V4, export("var.x", all), "indeterminate"),
        ("LOG-014", V4, export(subscription, all), "pass"),
        ("LOG-014", V4, export(subscription, "[\"Administrative\"]"), "fail"),
        ("LOG-014", V4, export(subscription, "var.x"), "indeterminate"),
        ("LOG-014", V3, kept("365"), "pass, pass"),
        ("LOG-014", V3, kept("180"), "pass, fail"),
        (
            "LOG-014",
            V3,
            profile("categories = [\"Action\", \"Write\"]\nretention_policy {\nenabled = false\n}"),
            "fail, pass",
        ),
        ("LOG-015", V4, alert("\"Microsoft.Network/networkSecurityGroups/write\""), "fail"),
        ("LOG-015", V4, alert("var.x"), "indeterminate"),
        ("LOG-016", V4, alert("\"a\""), "indeterminate"),
    ]);
}

#[test]
fn defender() {
    let plan = |name: &str, tier: &str| {
        format!(
            "resource \"azurerm_security_center_subscription_pricing\" \"p\" {{\n{name}\ntier = {tier}\n}}\n"
        )
    };
    let named = |name: &str| format!("resource_type = \"{name}\"");
    let contact = |lines: &str| {
        format!(
            "resource \"azurerm_security_center_contact\" \"c\" {{\nname = \"c\"\nemail = \"a@example.com\"\nphone = \"+1\"\nalerts_to_admins = true\n{lines}\n}}\n"
        )
    };
    let azapi = "resource \"azapi_resource\" \"p\" {\ntype = \"Microsoft.Security/pricings@2024-01-01\"\nname = \"Containers\"\n\
                 parent_id = \"/subscriptions/s\"\nbody = { properties = { pricingTier = \"Free\" } }\n}\n";
    run(&[
        ("LOG-017", V4, plan(&named("KubernetesService"), "\"Free\""), "fail"),
        ("LOG-017", V4, plan(&named("Containers"), "\"standard\""), "pass"),
        ("LOG-017", V4, plan(&named("KeyVaults"), "\"Free\""), "not_applicable"),
        ("LOG-017", V4, plan("resource_type = var.x", "\"Free\""), "indeterminate"),
        ("LOG-017", V4, plan("resource_type = var.x", "\"Standard\""), "pass"),
        ("LOG-017", V4, azapi.to_owned(), "fail"),
        ("LOG-018", V4, plan(&named("ContainerRegistry"), "\"Free\""), "fail"),
        ("LOG-018", V4, plan("", "\"Free\""), "pass"),
        ("LOG-019", V4, plan(&named("KeyVaults"), "var.x"), "indeterminate"),
        ("LOG-020", V4, plan(&named("arm"), "\"Free\""), "fail"),
        ("LOG-021", V4, plan("", "\"Free\""), "fail"),
        ("LOG-021", V4, plan(&named("Arm"), "\"Free\""), "not_applicable"),
        ("LOG-022", V4, contact("alert_notifications = true"), "pass, pass, pass, pass"),
        ("LOG-022", V4, contact("alert_notifications = false"), "fail, pass, pass, pass"),
        ("LOG-022", V4, contact("alert_notifications = var.on"), "indeterminate, pass, pass, pass"),
    ]);
}

/// Others have a check for each part of a contact: each stays an outcome of its own.
#[test]
fn parts_of_a_contact() {
    let text = "resource \"azurerm_security_center_contact\" \"c\" {\nname = \"c\"\nemail = \"a@example.com\"\nalert_notifications = true\nalerts_to_admins = false\n}\n";
    let told: Vec<_> = super::root(text)
        .outcomes("LOG-022")
        .iter()
        .map(|o| format!("{} {}", o.part, o.verdict.word()))
        .collect();
    assert_eq!(told, ["alert_notifications pass", "alerts_to_admins fail", "email pass", "phone fail"]);
}

#[test]
fn alerts_of_clusters() {
    let cluster = super::clusters::cluster(
        "oms_agent {\nlog_analytics_workspace_id = azurerm_log_analytics_workspace.w.id\n}",
        "",
    ) + &workspace("");
    let with = |alert: String| cluster.clone() + &alert;
    let query = |scope: &str| {
        block(
            "azurerm_monitor_scheduled_query_rules_alert_v2",
            "q",
            &format!(
                "location = \"westeurope\"\nscopes = [{scope}]\nevaluation_frequency = \"PT5M\"\nwindow_duration = \"PT5M\"\nseverity = 1\n\
                 criteria {{\nquery = \"a\"\ntime_aggregation_method = \"Count\"\nthreshold = 1\noperator = \"GreaterThan\"\n}}"
            ),
        )
    };
    let prometheus = |name: &str| {
        block(
            "azurerm_monitor_alert_prometheus_rule_group",
            "p",
            &format!(
                "location = \"westeurope\"\ncluster_name = {name}\nscopes = [\"/subscriptions/s\"]\nrule {{\nexpression = \"a\"\n}}"
            ),
        )
    };
    run(&[
        ("LOG-023", V4, cluster.clone(), "fail"),
        ("LOG-023", V4, with(query("azurerm_log_analytics_workspace.w.id")), "pass"),
        ("LOG-023", V4, with(query("azurerm_kubernetes_cluster.c.id")), "pass"),
        ("LOG-023", V4, with(query("var.x")), "indeterminate"),
        ("LOG-023", V4, with(prometheus("azurerm_kubernetes_cluster.c.name")), "pass"),
        ("LOG-023", V4, with(prometheus("\"other\"")), "fail"),
    ]);
}
