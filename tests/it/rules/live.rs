//! The same rules on azapi bodies and on what Azure answers.

use super::*;

#[test]
fn azapi_bodies_are_judged_alike() {
    let text = r#"
resource "azapi_resource" "vault" {
  type      = "Microsoft.KeyVault/vaults@2024-11-01"
  name      = "kv"
  parent_id = "/subscriptions/s/resourceGroups/rg"
  location  = "westeurope"
  body = {
    properties = {
      tenantId              = "t"
      sku                   = { family = "A", name = "standard" }
      enablePurgeProtection = true
      networkAcls           = { defaultAction = "Allow", bypass = "AzureServices" }
    }
  }
}

resource "azapi_resource" "cluster" {
  type      = "Microsoft.ContainerService/managedClusters@2025-10-01"
  name      = "aks"
  parent_id = "/subscriptions/s/resourceGroups/rg"
  location  = "westeurope"
  body = {
    properties = {
      kubernetesVersion    = "1.36"
      disableLocalAccounts = true
      apiServerAccessProfile = { authorizedIPRanges = ["0.0.0.0/0"] }
      networkProfile       = { networkPlugin = "azure", networkPolicy = "cilium" }
      agentPoolProfiles = [
        { name = "system", mode = "System", count = 3, vmSize = "Standard_DS2_v2", osType = "Linux", enableNodePublicIP = true },
        { name = "apps", mode = "User", count = 2, vmSize = "Standard_DS2_v2", osType = "Linux" },
      ]
    }
  }
}

resource "azapi_resource" "nsg" {
  type      = "Microsoft.Network/networkSecurityGroups@2024-05-01"
  name      = "nsg"
  parent_id = "/subscriptions/s/resourceGroups/rg"
  location  = "westeurope"
  body = {
    properties = {
      securityRules = [{
        name = "ssh"
        properties = {
          access = "Allow", direction = "Inbound", priority = 100, protocol = "Tcp"
          sourceAddressPrefix = "Internet", sourcePortRange = "*"
          destinationAddressPrefix = "*", destinationPortRange = "22"
        }
      }]
    }
  }
}
"#;
    let root = root(text);
    let of = |rule: &str| told(rule, &root);
    assert_eq!(of("KV-001"), "azapi_resource.vault fail");
    assert_eq!(of("KV-005"), "azapi_resource.vault pass");
    assert_eq!(of("AKS-001"), "azapi_resource.cluster pass");
    assert_eq!(of("AKS-007"), "azapi_resource.cluster pass");
    assert_eq!(of("AKS-008"), "azapi_resource.cluster fail");
    assert_eq!(of("AKS-014"), "azapi_resource.cluster pass");
    assert_eq!(of("AKS-031"), "azapi_resource.cluster fail");
    assert_eq!(of("AKS-055"), "azapi_resource.cluster pass");
    assert_eq!(of("AKS-067"), "azapi_resource.cluster fail");
    assert_eq!(of("NSG-002"), "azapi_resource.nsg fail");
}

#[test]
fn a_snapshot_is_judged_alike() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("environments/production/live.json");
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let estate = Estate::from_documents(json["resources"].as_array().unwrap());
    let report = rules::run(&Context::new(&estate, None, TODAY), Profile::Default);
    let mut lines: Vec<_> = report
        .findings
        .iter()
        .map(|f| format!("{} {} {}", f.severity.word(), f.code, f.address.rsplit('/').next().unwrap_or("")))
        .collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    critical TU-IAM-004 619b10b8-ee04-572e-b3ac-75327fec8c52
    critical TU-NSG-002 tmp-debug-ssh
    high TU-ACR-001 crhblledgerprodweu
    high TU-KV-001 kv-hbl-ledger-prod-weu
    high TU-X-004 aks-ledger-prod-weu
    "#);
}

/// What LIV-016 says of a registry and a policy with this condition.
fn denied(lines: &str, condition: &str) -> String {
    denied_by(lines, condition, "Deny", "", "")
}

/// The same with an effect, members of the assignment, and documents beside it.
/// Without a scope of its own the assignment holds where it stands.
fn denied_by(lines: &str, condition: &str, effect: &str, assigned: &str, beside: &str) -> String {
    const ROOT: &str =
        "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Authorization";
    let text = format!(
        "resource \"azurerm_container_registry\" \"r\" {{\nname = \"crshop\"\nlocation = \"westeurope\"\n\
         resource_group_name = \"rg-shop\"\nsku = \"Premium\"\n{lines}\n}}\nvariable \"v\" {{}}\n# live\n[{{\
         \"id\": \"{ROOT}/policyDefinitions/p\", \"name\": \"p\", \"properties\": {{\"policyRule\": {{\
         \"if\": {condition}, \"then\": {{\"effect\": \"{effect}\"}}}}}}}}, {{\
         \"id\": \"{ROOT}/policyAssignments/a\", \"name\": \"a\", \"properties\": {{\
         \"parameters\": {{\"wanted\": {{\"value\": \"Premium\"}}}}, {assigned}\
         \"policyDefinitionId\": \"{ROOT}/policyDefinitions/p\"}}}}{beside}]"
    );
    let outcome = root(&text).outcomes("LIV-016").remove(0);
    format!("{} {}", outcome.verdict.word(), outcome.verdict.text()).trim_end().to_owned()
}

#[test]
fn conditions_of_policies() {
    const DENIED: &str = "fail the policy \"a\" denies it";
    let kind = "Microsoft.ContainerRegistry/registries";
    let field = |name: &str, test: &str| format!("{{\"field\": \"{name}\", {test}}}");
    let of = |alias: &str, test: &str| field(&format!("{kind}/{alias}"), test);
    let yes = || field("type", &format!("\"equals\": \"{kind}\""));
    let no = || field("type", "\"equals\": \"Microsoft.KeyVault/vaults\"");
    let rules = "network_rule_set {\ndefault_action = \"Deny\"\nip_rule {\naction = \"Allow\"\n\
                 ip_range = \"203.0.113.0/24\"\n}\nip_rule {\naction = \"Allow\"\nip_range = \"198.51.100.0/24\"\n}\n}";
    let range = "networkRuleSet.ipRules[*].value";
    for (lines, condition, want) in [
        // What holds together.
        ("", format!("{{\"allOf\": [{}, {}]}}", yes(), no()), "pass"),
        ("", format!("{{\"anyOf\": [{}, {}]}}", yes(), no()), DENIED),
        ("", format!("{{\"anyOf\": [{}, {}]}}", no(), no()), "pass"),
        ("", format!("{{\"not\": {}}}", no()), DENIED),
        ("", format!("{{\"not\": {}}}", yes()), "pass"),
        // Fields.
        ("", field("name", "\"equals\": \"CRshop\""), DENIED),
        ("", field("location", "\"notEquals\": \"westeurope\""), "pass"),
        ("", field("location", "\"notEquals\": \"northeurope\""), DENIED),
        ("", field("tags.owner", "\"exists\": \"false\""), DENIED),
        ("tags = {\nOwner = \"a\"\n}", field("tags.owner", "\"exists\": \"false\""), "pass"),
        ("tags = {\nother = \"a\"\n}", field("tags['owner']", "\"exists\": false"), DENIED),
        ("tags = {\nowner = \"a\"\n}", field("tags[owner]", "\"exists\": true"), DENIED),
        (
            "tags = var.v",
            field("tags['owner']", "\"equals\": \"a\""),
            "indeterminate the policy a: var.v has no value",
        ),
        ("tags = {\nowner = \"a\"\n}", field("tags", "\"containsKey\": \"OWNER\""), DENIED),
        ("tags = {\nowner = \"a\"\n}", field("tags", "\"containsKey\": \"cost\""), "pass"),
        ("", field("Microsoft.KeyVault/vaults/sku", "\"exists\": false"), DENIED),
        (
            "",
            of("noSuchThing", "\"exists\": false"),
            "indeterminate the policy a: not checked: Microsoft.ContainerRegistry/registries/noSuchThing",
        ),
        (
            "",
            of("encryption.status", "\"exists\": false"),
            "indeterminate the policy a: not checked: Microsoft.ContainerRegistry/registries/encryption.status",
        ),
        ("", of("networkRuleSet.defaultAction", "\"exists\": false"), DENIED),
        ("", of("sku.name", "\"equals\": \"premium\""), DENIED),
        // Tests.
        ("", of("sku.name", "\"notEquals\": \"Premium\""), "pass"),
        ("", of("sku.name", "\"in\": [\"Basic\", \"Premium\"]"), DENIED),
        ("", of("sku.name", "\"in\": [\"Basic\"]"), "pass"),
        ("", of("sku.name", "\"notIn\": [\"Basic\", \"Premium\"]"), "pass"),
        ("", of("sku.name", "\"notIn\": [\"Basic\"]"), DENIED),
        ("", of("sku.name", "\"like\": \"Pre*\""), DENIED),
        ("", of("sku.name", "\"like\": \"*mium\""), DENIED),
        ("", of("sku.name", "\"like\": \"Basic*\""), "pass"),
        ("", of("sku.name", "\"like\": \"Pr*x\""), "pass"),
        ("", of("sku.name", "\"like\": \"Premium*premium\""), "pass"),
        ("", of("sku.name", "\"like\": \"Premium\""), DENIED),
        ("", of("sku.name", "\"notLike\": \"Pre*\""), "pass"),
        ("", of("sku.name", "\"notLike\": \"Bas*\""), DENIED),
        ("", of("sku.name", "\"contains\": \"emi\""), DENIED),
        ("", of("sku.name", "\"contains\": \"basic\""), "pass"),
        ("", of("sku.name", "\"notContains\": \"emi\""), "pass"),
        ("", of("networkRuleSet.defaultAction", "\"contains\": \"D\""), "pass"),
        (
            "",
            of("sku.name", "\"matchInsensitively\": \"x\""),
            "indeterminate the policy a: not checked: matchinsensitively",
        ),
        (
            "admin_enabled = var.v",
            of("adminUserEnabled", "\"equals\": true"),
            "indeterminate the policy a: var.v has no value",
        ),
        ("admin_enabled = var.v", of("adminUserEnabled", "\"exists\": false"), "pass"),
        ("retention_policy_in_days = 7", of("policies.retentionPolicy.days", "\"greater\": 6"), DENIED),
        ("retention_policy_in_days = 7", of("policies.retentionPolicy.days", "\"greater\": 7"), "pass"),
        (
            "retention_policy_in_days = 7",
            of("policies.retentionPolicy.days", "\"greaterOrEquals\": 7"),
            DENIED,
        ),
        ("retention_policy_in_days = 7", of("policies.retentionPolicy.days", "\"less\": 8"), DENIED),
        ("retention_policy_in_days = 7", of("policies.retentionPolicy.days", "\"lessOrEquals\": 6"), "pass"),
        // Members of lists: each must pass, and none fails.
        (rules, of(range, "\"like\": \"*/24\""), DENIED),
        (rules, of(range, "\"like\": \"203*\""), "pass"),
        (rules, of("networkRuleSet.ipRules[*]", "\"exists\": true"), DENIED),
        ("", of(range, "\"equals\": \"203.0.113.0/24\""), DENIED),
        // Values and parameters.
        ("", "{\"value\": \"[field('location')]\", \"equals\": \"westeurope\"}".to_owned(), DENIED),
        (
            "",
            "{\"value\": \"[field('tags')]\", \"equals\": \"a\"}".to_owned(),
            "indeterminate the policy a: not checked: field('tags')",
        ),
        ("", "{\"value\": \"[field('name')]\", \"notEquals\": \"crshop\"}".to_owned(), "pass"),
        (
            "",
            "{\"value\": \"[utcNow()]\", \"equals\": \"x\"}".to_owned(),
            "indeterminate the policy a: not checked: utcNow()",
        ),
        ("", of("sku.name", "\"equals\": \"[parameters('wanted')]\""), DENIED),
        ("", of("sku.name", "\"in\": [\"[parameters('wanted')]\"]"), DENIED),
        (
            "",
            of("sku.name", "\"equals\": \"[parameters('other')]\""),
            "indeterminate the policy a: not checked: the parameter other is not given",
        ),
        // What is no condition.
        (
            "",
            "{\"count\": {\"field\": \"tags\"}, \"less\": 1}".to_owned(),
            "indeterminate the policy a: not checked: count",
        ),
        (
            "",
            "{\"field\": \"name\"}".to_owned(),
            "indeterminate the policy a: not checked: a condition without a test",
        ),
        ("", "{\"not\": \"x\"}".to_owned(), "indeterminate the policy a: not checked: a condition"),
    ] {
        assert_eq!(denied(lines, &condition), want, "{lines} {condition}");
    }
}

#[test]
fn assignments_of_policies() {
    let any = "{\"field\": \"name\", \"exists\": true}";
    let exempt = |of: &str, until: &str| {
        let subscription = "/subscriptions/00000000-0000-0000-0000-000000000000";
        format!(
            ", {{\"id\": \"{subscription}/resourceGroups/rg-shop/providers/Microsoft.Authorization/policyExemptions/e\", \
             \"name\": \"e\", \"properties\": {{{until}\"policyAssignmentId\": \
             \"{subscription}/providers/Microsoft.Authorization/policyAssignments/{of}\"}}}}"
        )
    };
    let scope = |subscription: &str| format!("\"scope\": \"/subscriptions/{subscription}\", ");
    let not = |group: &str| {
        format!(
            "\"notScopes\": [\"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/{group}\"], "
        )
    };
    let (old, new) =
        ("\"expiresOn\": \"2026-11-19T00:00:00Z\", ", "\"expiresOn\": \"2026-11-20T00:00:00Z\", ");
    let denied = "fail the policy \"a\" denies it";
    let none = "not_applicable no policy that denies was read for it";
    for (effect, assigned, beside, want) in [
        ("deny", String::new(), String::new(), denied),
        ("deny", scope("00000000-0000-0000-0000-000000000000"), String::new(), denied),
        ("Audit", String::new(), String::new(), none),
        ("DenyAction", String::new(), String::new(), denied),
        ("Deny", "\"enforcementMode\": \"DoNotEnforce\", ".to_owned(), String::new(), none),
        ("Deny", "\"enforcementMode\": \"Default\", ".to_owned(), String::new(), denied),
        ("Deny", not("rg-shop"), String::new(), none),
        ("Deny", not("rg-other"), String::new(), denied),
        ("Deny", String::new(), exempt("a", ""), none),
        ("Deny", String::new(), exempt("b", ""), denied),
        ("Deny", String::new(), exempt("a", old), denied),
        ("Deny", String::new(), exempt("a", new), none),
    ] {
        assert_eq!(denied_by("", any, effect, &assigned, &beside), want, "{effect} {assigned} {beside}");
    }
}
