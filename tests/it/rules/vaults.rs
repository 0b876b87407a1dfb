//! Rules of vaults and of what they hold: majors, unknown values, closed world, azapi.

use super::registries::run;
use super::{V3, V4, V5};

fn vault(lines: &str) -> String {
    format!(
        "resource \"azurerm_key_vault\" \"k\" {{\nname = \"kv-example\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n\
         tenant_id = \"11111111-2222-3333-4444-555555555555\"\nsku_name = \"standard\"\n{lines}\n}}\n"
    )
}

fn body(properties: &str) -> String {
    format!(
        "resource \"azapi_resource\" \"k\" {{\ntype = \"Microsoft.KeyVault/vaults@2026-02-01\"\nname = \"kv-example\"\n\
         parent_id = \"/subscriptions/s/resourceGroups/rg\"\nlocation = \"westeurope\"\nbody = {{\nproperties = {{\n{properties}\n}}\n}}\n}}\n"
    )
}

fn key(kind: &str, lines: &str) -> String {
    vault("")
        + &format!(
            "resource \"azurerm_key_vault_key\" \"y\" {{\nname = \"y\"\nkey_vault_id = azurerm_key_vault.k.id\nkey_type = {kind}\n{lines}\n}}\n"
        )
}

fn policy(object: &str, list: &str) -> String {
    format!(
        "data \"azurerm_client_config\" \"me\" {{}}\nresource \"azurerm_key_vault_access_policy\" \"p\" {{\nkey_vault_id = azurerm_key_vault.k.id\n\
         tenant_id = \"11111111-2222-3333-4444-555555555555\"\nobject_id = {object}\nsecret_permissions = {list}\n}}\n"
    )
}

const SOMEBODY: &str = "\"66666666-7777-8888-9999-000000000000\"";

#[test]
fn firewalls() {
    let acls = |lines: &str| {
        format!("network_acls {{\ndefault_action = \"Deny\"\nbypass = \"AzureServices\"\n{lines}\n}}")
    };
    let set = "resource \"azurerm_disk_encryption_set\" \"d\" {\nname = \"d\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n\
               key_vault_key_id = azurerm_key_vault_key.y.id\nidentity {\ntype = \"SystemAssigned\"\n}\n}\n";
    let lock = "resource \"azurerm_management_lock\" \"l\" {\nname = \"l\"\nscope = azurerm_key_vault.k.id\nlock_level = \"CanNotDelete\"\n}\n";
    let denying = |more: &str| vault(&acls("")) + more;
    let with_key = key("\"RSA\"", "key_size = 3072\nkey_opts = [\"wrapKey\"]");
    let with_key =
        with_key.replace("sku_name = \"standard\"", &format!("sku_name = \"standard\"\n{}", acls("")));
    run(&[
        ("KV-002", V4, vault(&acls("ip_rules = [\"203.0.113.7\"]")), "pass"),
        ("KV-002", V4, vault(&acls("virtual_network_subnet_ids = [var.x]")), "pass"),
        ("KV-002", V4, vault(&acls("ip_rules = var.x")), "indeterminate"),
        ("KV-002", V4, vault(&acls("")), "fail"),
        ("KV-003", V4, vault(&acls("ip_rules = [\"203.0.113.7\", \"0.0.0.0/0\"]")), "fail"),
        ("KV-003", V3, vault(&acls("ip_rules = [\"20.0.0.0/14\"]")), "fail"),
        ("KV-003", V4, vault(&acls("ip_rules = [\"203.0.113.7\", var.x]")), "indeterminate"),
        ("KV-003", V4, vault(""), "not_applicable"),
        ("KV-003", V4, body("networkAcls = { ipRules = [{ value = \"0.0.0.0/0\" }] }"), "fail"),
        ("KV-004", V4, vault(""), "not_applicable"),
        ("KV-004", V4, denying(lock), "fail"),
        ("KV-004", V4, with_key.clone() + set, "pass"),
        ("KV-004", V4, with_key, "fail"),
        ("KV-004", V4, denying("output \"o\" {\nvalue = azurerm_key_vault.k.id\n}\n"), "indeterminate"),
        ("KV-006", V4, body("enableSoftDelete = true"), "pass"),
        ("KV-007", V4, vault("soft_delete_retention_days = var.x"), "indeterminate"),
        ("KV-007", V3, vault(""), "pass"),
        ("KV-013", V4, vault("enabled_for_deployment = true"), "fail"),
        ("KV-022", V4, vault(""), "fail"),
        (
            "KV-022",
            V4,
            vault("")
                + "resource \"azurerm_private_endpoint\" \"e\" {\nname = \"e\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\nsubnet_id = \"s\"\n\
                   private_service_connection {\nname = \"c\"\nis_manual_connection = false\nprivate_connection_resource_id = var.x\nsubresource_names = [\"vault\"]\n}\n}\n",
            "indeterminate",
        ),
    ]);
}

#[test]
fn access_policies() {
    let rbac = |value: &str| vault(&format!("rbac_authorization_enabled = {value}"));
    let inline = "access_policy {\ntenant_id = \"t\"\nobject_id = \"o\"\nsecret_permissions = [\"Get\"]\n}\n";
    let separate = policy(SOMEBODY, "[\"Get\"]");
    run(&[
        ("KV-009", V4, rbac("true"), "pass"),
        ("KV-009", V4, vault(&format!("enable_rbac_authorization = true\n{inline}")), "fail"),
        ("KV-009", V3, vault(&format!("enable_rbac_authorization = true\n{inline}")), "fail"),
        ("KV-009", V5, rbac("true") + &separate, "fail"),
        ("KV-009", V4, rbac("var.on") + &separate, "indeterminate"),
        ("KV-009", V4, rbac("var.on"), "pass"),
        ("KV-011", V4, vault("") + &policy(SOMEBODY, "[\"get\", \"purge\"]"), "fail"),
        ("KV-011", V4, vault("") + &policy(SOMEBODY, "[var.x]"), "indeterminate"),
        (
            "KV-011",
            V4,
            vault("") + &policy("data.azurerm_client_config.me.object_id", "[\"Purge\"]"),
            "not_applicable",
        ),
        ("KV-012", V4, vault(inline), "pass"),
        ("KV-012", V4, vault(inline) + &separate, "fail"),
        ("KV-012", V4, vault("access_policy = []") + &separate, "pass"),
        (
            "KV-012",
            V4,
            vault(&format!("{inline}lifecycle {{\nignore_changes = [access_policy]\n}}")) + &separate,
            "pass",
        ),
    ]);
}

#[test]
fn keys() {
    let signing = "key_size = 3072\nkey_opts = [\"sign\"]\n";
    let rsa = |lines: &str| key("\"RSA\"", &format!("{signing}{lines}"));
    let rotation = |lines: &str| rsa(&format!("rotation_policy {{\n{lines}\n}}"));
    let automatic = "automatic {\ntime_before_expiry = \"P30D\"\n}";
    run(&[
        ("KV-014", V4, rotation("expire_after = \"P90D\""), "pass"),
        ("KV-014", V4, rotation(automatic), "fail"),
        ("KV-014", V4, rsa("expiration_date = var.x"), "pass"),
        ("KV-014", V4, rsa("expiration_date = timeadd(timestamp(), \"8760h\")"), "pass"),
        ("KV-019", V4, rotation(automatic), "pass"),
        ("KV-019", V4, rotation("expire_after = \"P90D\""), "fail"),
        ("KV-018", V4, key("var.x", signing), "indeterminate"),
        ("KV-020", V4, key("\"EC\"", "key_opts = [\"sign\"]"), "pass"),
        ("KV-020", V4, key("\"EC\"", "key_opts = [\"sign\"]\ncurve = \"P-256K\""), "fail"),
        ("KV-020", V4, key("\"RSA-HSM\"", "key_opts = [\"sign\"]\nkey_size = 2048"), "fail"),
        ("KV-020", V4, key("\"RSA\"", "key_opts = [\"sign\"]"), "not_applicable"),
        ("KV-021", V4, key("\"RSA\"", "key_opts = [\"sign\", \"decrypt\"]"), "fail"),
        ("KV-021", V4, key("\"RSA\"", "key_opts = [\"sign\", var.x]"), "indeterminate"),
        ("KV-021", V4, key("\"RSA\"", "key_opts = [\"wrapKey\", \"decrypt\"]"), "pass"),
        ("KV-026", V4, rsa("lifecycle {\nprevent_destroy = true\n}"), "fail, pass"),
        (
            "KV-026",
            V4,
            rsa("").replace("sku_name", "purge_protection_enabled = true\nsku_name"),
            "pass, pass",
        ),
        ("KV-027", V4, rsa(""), "pass, pass"),
        ("KV-027", V4, rsa("").replace("name = \"y\"", "name = \"a_b\""), "pass, fail"),
        ("KV-027", V4, vault("").replace("kv-example", "kv--example"), "fail"),
        ("KV-027", V4, vault("").replace("\"kv-example\"", "var.x"), "indeterminate"),
        ("KV-027", V4, vault("").replace("\"standard\"", "\"free\""), "fail"),
    ]);
}

#[test]
fn secrets_and_certificates() {
    let secret = |lines: &str| {
        format!(
            "resource \"azurerm_key_vault_secret\" \"s\" {{\nname = \"s\"\nkey_vault_id = var.x\nvalue = var.x\n{lines}\n}}\n"
        )
    };
    let certificate = |lines: &str| {
        format!(
            "resource \"azurerm_key_vault_certificate\" \"c\" {{\nname = \"c\"\nkey_vault_id = var.x\n{lines}\n}}\n"
        )
    };
    let made = |issuer: &str, months: &str, more: &str| {
        certificate(&format!(
            "certificate_policy {{\nissuer_parameters {{\nname = \"{issuer}\"\n}}\nkey_properties {{\nexportable = true\nkey_type = \"RSA\"\nreuse_key = false\n}}\n\
             secret_properties {{\ncontent_type = \"application/x-pkcs12\"\n}}\nx509_certificate_properties {{\nkey_usage = []\nsubject = \"CN=a\"\nvalidity_in_months = {months}\n}}\n{more}\n}}"
        ))
    };
    let action = |kind: &str| {
        format!(
            "lifetime_action {{\naction {{\naction_type = \"{kind}\"\n}}\ntrigger {{\ndays_before_expiry = 30\n}}\n}}"
        )
    };
    let pod = "resource \"kubernetes_secret\" \"p\" {\nmetadata {\nname = \"p\"\n}\ndata = {\ncert = azurerm_key_vault_certificate.c.secret_id\n}\n}\n";
    let rotating = "resource \"time_rotating\" \"t\" {\nrotation_days = 30\n}\n".to_owned();
    run(&[
        ("KV-015", V4, rotating + &secret("expiration_date = time_rotating.t.rotation_rfc3339"), "pass"),
        ("KV-015", V4, secret("expiration_date = var.x"), "pass"),
        ("KV-015", V4, secret("count = 0"), ""),
        ("KV-016", V4, secret("content_type = \"\""), "fail"),
        ("KV-016", V4, secret("content_type = var.x"), "indeterminate"),
        ("KV-024", V4, made("Self", "12", &action("AutoRenew")), "pass"),
        ("KV-024", V4, made("Self", "12", &action("EmailContacts")), "fail"),
        ("KV-024", V4, made("Unknown", "12", ""), "pass"),
        ("KV-024", V4, made("Self", "var.x", &action("AutoRenew")), "indeterminate"),
        ("KV-024", V4, certificate("certificate {\ncontents = var.x\n}"), "not_applicable"),
        ("KV-025", V4, made("Self", "12", ""), "not_applicable"),
        ("KV-025", V4, made("Self", "12", "") + pod, "pass"),
    ]);
}

#[test]
fn roles_of_workloads_and_managed_hsms() {
    let identity = "resource \"azurerm_user_assigned_identity\" \"i\" {\nname = \"i\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n}\n";
    let trust = "resource \"azurerm_federated_identity_credential\" \"f\" {\nname = \"f\"\nresource_group_name = \"rg\"\nparent_id = azurerm_user_assigned_identity.i.id\n\
                 audience = [\"api://AzureADTokenExchange\"]\nissuer = \"https://oidc.example.com\"\nsubject = \"system:serviceaccount:a:b\"\n}\n";
    let given = |scope: &str, principal: &str| {
        format!(
            "{}{identity}data \"azurerm_client_config\" \"me\" {{}}\nresource \"azurerm_role_assignment\" \"a\" {{\nscope = {scope}\nrole_definition_name = \"Key Vault Secrets Officer\"\nprincipal_id = {principal}\n}}\n",
            vault("")
        )
    };
    let own = "azurerm_user_assigned_identity.i.principal_id";
    let hsm = |lines: &str| {
        format!(
            "resource \"azurerm_key_vault_managed_hardware_security_module\" \"h\" {{\nname = \"h\"\nlocation = \"westeurope\"\nresource_group_name = \"rg\"\n\
             sku_name = \"Standard_B1\"\ntenant_id = \"t\"\nadmin_object_ids = [\"o\"]\n{lines}\n}}\n"
        )
    };
    run(&[
        ("KV-028", V4, given("azurerm_key_vault.k.id", own) + trust, "fail"),
        ("KV-028", V4, given("azurerm_key_vault.k.id", own), "not_applicable"),
        (
            "KV-028",
            V4,
            given("azurerm_key_vault.k.id", "data.azurerm_client_config.me.object_id"),
            "not_applicable",
        ),
        ("KV-028", V4, given("azurerm_key_vault.k.id", "var.x"), "indeterminate"),
        ("KV-028", V4, given("azurerm_key_vault.k.resource_group_name", own) + trust, "fail"),
        ("KV-029", V4, hsm("purge_protection_enabled = true"), "fail"),
        (
            "KV-029",
            V3,
            hsm(
                "purge_protection_enabled = true\nnetwork_acls {\ndefault_action = \"Deny\"\nbypass = \"None\"\n}",
            ),
            "pass",
        ),
        (
            "KV-029",
            V4,
            hsm("public_network_access_enabled = false\npurge_protection_enabled = var.on"),
            "indeterminate",
        ),
    ]);
}
