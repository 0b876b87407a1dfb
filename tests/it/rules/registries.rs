//! Rules of container registries: majors, unknown values, closed world, azapi.

use super::*;

const OPEN: &str = "variable \"x\" {}\nvariable \"on\" {\n  type = bool\n}\n";

fn registry(sku: &str, lines: &str) -> String {
    format!(
        "resource \"azurerm_container_registry\" \"r\" {{\nname = \"crexample\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n\
         sku = {sku}\n{lines}\n}}\n"
    )
}

fn premium(lines: &str) -> String {
    registry("\"Premium\"", lines)
}

/// A registry in the words of ARM.
fn body(properties: &str) -> String {
    format!(
        "resource \"azapi_resource\" \"r\" {{\ntype = \"Microsoft.ContainerRegistry/registries@2025-11-01\"\nname = \"crexample\"\n\
         parent_id = \"/subscriptions/s/resourceGroups/rg\"\nlocation = \"westeurope\"\n\
         body = {{\nsku = {{ name = \"Premium\" }}\nproperties = {{\n{properties}\n}}\n}}\n}}\n"
    )
}

fn part(kind: &str, lines: &str) -> String {
    format!(
        "resource \"azurerm_container_registry_{kind}\" \"p\" {{\nname = \"partname\"\nresource_group_name = \"rg\"\n{lines}\n}}\n"
    )
}

/// Each case: rule, version, configuration, the verdicts in the order of their addresses.
pub(super) fn run(cases: &[(&str, &str, String, &str)]) {
    let mut wrong = Vec::new();
    for (rule, version, text, want) in cases {
        let root = root_of(&[("main.tf", &format!("{OPEN}{text}"))], version);
        let errors: Vec<_> = root.evaluation.diagnostics.iter().filter(|d| d.is_error()).collect();
        let outcomes = root.outcomes(rule);
        let got = outcomes.iter().map(|o| o.verdict.word()).collect::<Vec<_>>().join(", ");
        if got != *want || !errors.is_empty() {
            let texts: Vec<_> = outcomes.iter().map(|o| o.verdict.text()).collect();
            wrong.push(format!("{rule} {version}\n{text}  want {want}\n  got  {got} {texts:?} {errors:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} disagree\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn who_reaches_a_registry() {
    let rule = |range: &str| {
        format!(
            "network_rule_set {{\ndefault_action = \"Deny\"\nip_rule {{\naction = \"Allow\"\nip_range = {range}\n}}\n}}"
        )
    };
    let closed = "public_network_access_enabled = false\n";
    run(&[
        ("ACR-004", V4, premium(&rule("\"203.0.113.0/24\"")), "fail"),
        ("ACR-004", V4, premium("public_network_access_enabled = var.on"), "indeterminate"),
        ("ACR-005", V3, premium(&rule("\"0.0.0.0/0\"")), "fail"),
        ("ACR-005", V4, premium(&rule("\"20.0.0.0/15\"")), "fail"),
        ("ACR-005", V4, premium(&rule("\"10.0.0.0/8\"")), "pass"),
        ("ACR-005", V4, premium(&rule("var.x")), "indeterminate"),
        ("ACR-005", V4, premium(""), "not_applicable"),
        ("ACR-005", V4, body("networkRuleSet = { ipRules = [{ value = \"0.0.0.0/0\" }] }"), "fail"),
        ("ACR-006", V4, registry("var.x", ""), "indeterminate"),
        ("ACR-006", V4, registry("\"basic\"", ""), "fail"),
        ("ACR-014", V4, registry("\"Standard\"", ""), "not_applicable"),
        ("ACR-014", V4, registry("var.x", ""), "indeterminate"),
        ("ACR-014", V4, registry("var.x", "data_endpoint_enabled = true"), "pass"),
        ("ACR-015", V4, premium(""), "not_applicable"),
        ("ACR-015", V4, premium(closed), "fail"),
        ("ACR-019", V4, premium(&rule("\"203.0.113.0/24\"")), "fail"),
        ("ACR-019", V4, premium(""), "not_applicable"),
        ("ACR-020", V3, premium(""), "not_applicable"),
        ("ACR-020", V5, premium(""), "fail"),
        ("ACR-024", V4, premium("network_rule_bypass_for_tasks_enabled = true"), "not_applicable"),
        ("ACR-029", V4, premium("").replace("crexample", "cr-example"), "fail"),
        ("ACR-029", V4, premium("").replace("\"crexample\"", "var.x"), "indeterminate"),
    ]);
}

#[test]
fn what_a_sku_does_not_have() {
    let standard = |lines: &str| registry("\"Standard\"", lines);
    run(&[
        ("ACR-007", V4, standard(""), "pass"),
        ("ACR-007", V4, standard("public_network_access_enabled = false"), "fail"),
        ("ACR-007", V4, standard("zone_redundancy_enabled = true"), "fail"),
        ("ACR-007", V4, standard("georeplications {\nlocation = \"northeurope\"\n}"), "fail"),
        ("ACR-007", V4, standard("network_rule_set = []"), "pass"),
        ("ACR-007", V4, standard("retention_policy_in_days = 7"), "fail"),
        ("ACR-007", V4, standard("retention_policy_in_days = 0"), "pass"),
        ("ACR-007", V3, standard("retention_policy {\nenabled = true\n}"), "fail"),
        ("ACR-007", V3, standard("retention_policy {\nenabled = false\n}"), "pass"),
        ("ACR-007", V3, standard("trust_policy {\nenabled = true\n}"), "fail"),
        (
            "ACR-007",
            V3,
            standard(
                "encryption {\nenabled = false\nkey_vault_key_id = \"https://k.vault.azure.net/keys/k\"\nidentity_client_id = \"i\"\n}",
            ),
            "pass",
        ),
        ("ACR-007", V4, standard("data_endpoint_enabled = var.on"), "indeterminate"),
        ("ACR-007", V4, registry("var.x", "data_endpoint_enabled = true"), "indeterminate"),
        ("ACR-007", V4, registry("\"Basic\"", "anonymous_pull_enabled = true"), "fail"),
        ("ACR-007", V4, premium("export_policy_enabled = false"), "fail"),
        (
            "ACR-007",
            V4,
            premium("export_policy_enabled = false\npublic_network_access_enabled = false"),
            "pass",
        ),
    ]);
}

#[test]
fn contents_of_a_registry() {
    let copy = |lines: &str| premium(&format!("georeplications {{\nlocation = \"northeurope\"\n{lines}\n}}"));
    let zones = "zone_redundancy_enabled = true";
    run(&[
        ("ACR-009", V4, registry("\"Standard\"", ""), "fail"),
        ("ACR-010", V4, registry("\"Standard\"", ""), "not_applicable"),
        ("ACR-010", V4, premium("retention_policy_in_days = 0"), "fail"),
        ("ACR-010", V3, premium("retention_policy {\ndays = 14\nenabled = true\n}"), "pass"),
        ("ACR-010", V4, premium("retention_policy_in_days = var.x"), "indeterminate"),
        ("ACR-010", V4, body("policies = { retentionPolicy = { days = 7, status = \"disabled\" } }"), "fail"),
        ("ACR-011", V4, copy("").replace("sku", "zone_redundancy_enabled = true\nsku"), "fail"),
        ("ACR-011", V4, copy(zones).replace("sku", "zone_redundancy_enabled = true\nsku"), "pass"),
        ("ACR-016", V3, premium("trust_policy {\nenabled = true\n}"), "fail"),
        ("ACR-016", V4, premium("trust_policy_enabled = var.on"), "indeterminate"),
        ("ACR-016", V5, premium(""), "pass"),
        ("ACR-016", V4, body("policies = { trustPolicy = { status = \"enabled\" } }"), "fail"),
        ("ACR-017", V4, premium(""), "not_applicable"),
        ("ACR-017", V4, body(""), "fail"),
        (
            "ACR-017",
            V4,
            body("policies = { retentionPolicy = { days = 7, status = \"enabled\" } }"),
            "not_applicable",
        ),
        ("ACR-018", V4, registry("\"Basic\"", ""), "not_applicable"),
        ("ACR-008", V4, premium(""), "indeterminate"),
    ]);
}

#[test]
fn webhooks_and_tokens() {
    let hook = |uri: &str| {
        part(
            "webhook",
            &format!(
                "registry_name = \"crexample\"\nlocation = \"westeurope\"\nactions = [\"push\"]\nservice_uri = {uri}"
            ),
        )
    };
    let map = |actions: &str| {
        part("scope_map", &format!("container_registry_name = \"crexample\"\nactions = {actions}"))
    };
    let token =
        |id: &str| part("token", &format!("container_registry_name = \"crexample\"\nscope_map_id = {id}"));
    let system = |name: &str| {
        format!(
            "\"/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/crexample/scopeMaps/{name}\""
        )
    };
    let password = |lines: &str| {
        format!(
            "resource \"azurerm_container_registry_token_password\" \"p\" {{\ncontainer_registry_token_id = var.x\n{lines}\n}}\n"
        )
    };
    let rotating = "resource \"time_rotating\" \"t\" {\nrotation_days = 30\n}\n".to_owned();
    run(&[
        ("ACR-021", V4, hook("\"HTTPS://a\""), "pass"),
        ("ACR-021", V4, hook("\"http://${var.x}\""), "fail"),
        ("ACR-021", V4, hook("\"https://${var.x}\""), "pass"),
        ("ACR-021", V4, hook("var.x"), "indeterminate"),
        (
            "ACR-022",
            V4,
            map("[\"repositories/app/content/read\", \"repositories/*/content/delete\"]"),
            "fail",
        ),
        ("ACR-022", V4, map("[var.x, \"repositories/*/content/delete\"]"), "fail"),
        ("ACR-022", V4, map("[var.x]"), "indeterminate"),
        ("ACR-022", V4, map("[\"repositories/*/content/read\"]"), "pass"),
        ("ACR-022", V4, token(&system("_repositories_admin")), "fail"),
        ("ACR-022", V4, token(&system("_repositories_pull")), "pass"),
        ("ACR-023", V4, password("password1 {\nexpiry = \"2027-01-01T00:00:00Z\"\n}\npassword2 {}"), "fail"),
        ("ACR-023", V4, password("password1 {\nexpiry = var.x\n}"), "pass"),
        (
            "ACR-023",
            V4,
            rotating + &password("password1 {\nexpiry = time_rotating.t.rotation_rfc3339\n}"),
            "pass",
        ),
        ("ACR-029", V4, hook("\"https://a\""), "pass"),
    ]);
}

#[test]
fn registries_and_clusters() {
    let cluster = super::clusters::cluster("", "");
    let private = super::clusters::cluster("private_cluster_enabled = true", "");
    let pull = "resource \"azurerm_role_assignment\" \"a\" {\nscope = azurerm_container_registry.r.id\nrole_definition_name = \"AcrPull\"\n\
                principal_id = azurerm_kubernetes_cluster.c.kubelet_identity[0].object_id\n}\n";
    let all = |cluster: &str, more: &str| format!("{}{cluster}{pull}{more}", premium(""));
    run(&[
        ("ACR-012", V4, all(&cluster, ""), "not_applicable"),
        ("ACR-013", V4, premium(""), "not_applicable"),
        ("ACR-026", V4, all(&cluster, ""), "not_applicable"),
        ("ACR-026", V4, all(&private, ""), "fail"),
        ("ACR-028", V4, all(&private, ""), "not_applicable"),
    ]);
}
