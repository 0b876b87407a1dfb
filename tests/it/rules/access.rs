//! Rules of identities, of OpenShift, of secrets and of edges between them: unknown values, majors, azapi,
//! closed world.

use super::edge::run;
use super::{V3, V4};

const SUB: &str = "/subscriptions/11111111-2222-3333-4444-555555555555";
const NOBODY: &str = "\"66666666-7777-8888-9999-000000000000\"";

fn role(scope: &str, name: &str, principal: &str, lines: &str) -> String {
    format!(
        "resource \"azurerm_role_assignment\" \"r\" {{\nscope = {scope}\nrole_definition_name = {name}\n\
         principal_id = {principal}\n{lines}\n}}\n"
    )
}

fn group() -> String {
    format!("\"{SUB}/resourceGroups/rg\"")
}

#[test]
fn role_assignments() {
    let uaa = "\"User Access Administrator\"";
    let user = "data \"azuread_user\" \"u\" {\nuser_principal_name = var.x\n}\n";
    let twice = role(&group(), "\"Reader\"", NOBODY, "count = 2");
    let none = role(&group(), "\"Reader\"", NOBODY, "count = 0");
    let other = |name: &str, principal: &str| role(&group(), name, principal, "").replace("\"r\"", "\"s\"");
    let somebody = "\"77777777-8888-9999-0000-111111111111\"";
    // The owner of a scope, which azapi calls the parent.
    let azapi = |parent: &str| {
        format!(
            "resource \"azapi_resource\" \"g\" {{\ntype = \"Microsoft.Resources/resourceGroups@2024-03-01\"\nname = \"g\"\nlocation = \"westeurope\"\n\
             parent_id = \"{SUB}\"\n}}\nresource \"azapi_resource\" \"r\" {{\ntype = \"Microsoft.Authorization/roleAssignments@2022-04-01\"\n\
             parent_id = {parent}\nbody = {{\nproperties = {{\nprincipalId = {NOBODY}\n\
             roleDefinitionId = \"/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635\"\n}}\n}}\n}}\n"
        )
    };
    run(&[
        ("IAM-002", V4, role(&group(), uaa, NOBODY, ""), "fail"),
        ("IAM-002", V4, role(&group(), uaa, NOBODY, "condition = var.x"), "pass"),
        ("IAM-002", V4, role(&group(), "var.x", NOBODY, ""), "indeterminate"),
        ("IAM-002", V4, role("var.x", uaa, NOBODY, ""), "indeterminate"),
        ("IAM-002", V4, role("var.x", "\"Reader\"", NOBODY, ""), "pass"),
        ("IAM-006", V4, role(&group(), "\"Reader\"", NOBODY, ""), "indeterminate"),
        (
            "IAM-006",
            V4,
            user.to_owned() + &role(&group(), "\"Reader\"", "data.azuread_user.u.object_id", ""),
            "fail",
        ),
        (
            "IAM-008",
            V4,
            user.to_owned() + &role(&group(), "\"Reader\"", "data.azuread_user.u.object_id", ""),
            "indeterminate",
        ),
        ("IAM-008", V4, role(&group(), "\"Reader\"", NOBODY, ""), "not_applicable"),
        ("IAM-024", V4, twice, "pass, fail"),
        ("IAM-024", V4, none, ""),
        // What is not known of one matters only where the rest is the same.
        ("IAM-024", V4, role("var.x", "\"Reader\"", NOBODY, "") + &other("\"Owner\"", NOBODY), "pass, pass"),
        (
            "IAM-024",
            V4,
            role("var.x", "\"Reader\"", NOBODY, "") + &other("\"Reader\"", somebody),
            "pass, pass",
        ),
        (
            "IAM-024",
            V4,
            role("var.x", "\"Reader\"", NOBODY, "") + &other("\"Reader\"", NOBODY),
            "indeterminate, indeterminate",
        ),
        ("IAM-001", V4, azapi(&format!("\"{SUB}\"")), "fail"),
        ("IAM-001", V4, azapi("azapi_resource.g.id"), "pass"),
        ("IAM-001", V4, azapi("var.x"), "indeterminate"),
        ("IAM-027", V3, role(&group(), "\"Reader\"", NOBODY, "condition = \"x\""), "fail"),
        ("IAM-027", V4, role(&group(), "\"Reader\"", NOBODY, "condition = \"x\""), "pass"),
        ("IAM-027", V4, role(&group(), "\"Reader\"", NOBODY, ""), "not_applicable"),
    ]);
}

#[test]
fn custom_roles() {
    let custom = |actions: &str, not: &str, scopes: &str| {
        format!(
            "resource \"azurerm_role_definition\" \"d\" {{\nname = \"d\"\nscope = \"{SUB}\"\n{scopes}\npermissions {{\n\
             actions = {actions}\nnot_actions = {not}\n}}\n}}\n"
        )
    };
    let none = "[]";
    let writes = "[\"Microsoft.Authorization/*/write\"]";
    let azapi = |actions: &str| {
        format!(
            "resource \"azapi_resource\" \"d\" {{\ntype = \"Microsoft.Authorization/roleDefinitions@2022-04-01\"\nname = \"d\"\n\
             parent_id = \"{SUB}\"\nbody = {{\nproperties = {{\nassignableScopes = [\"{SUB}\"]\npermissions = [{{\nactions = {actions}\n}}]\n}}\n}}\n}}\n"
        )
    };
    run(&[
        ("IAM-009", V4, custom("[\"*\"]", none, ""), "fail"),
        ("IAM-009", V4, custom("[\"*\"]", writes, ""), "pass"),
        ("IAM-009", V4, custom("[\"*\"]", none, "assignable_scopes = [var.x]"), "fail"),
        ("IAM-009", V4, custom("[\"*\"]", none, &format!("assignable_scopes = [{}]", group())), "pass"),
        ("IAM-009", V4, custom("[var.x, \"*\"]", none, ""), "fail"),
        ("IAM-009", V4, custom("[var.x]", none, ""), "indeterminate"),
        ("IAM-009", V4, azapi("[\"*\"]"), "fail"),
        ("IAM-010", V4, custom("[\"*\"]", none, ""), "not_applicable"),
        ("IAM-011", V4, custom("[\"*\"]", writes, ""), "pass"),
        ("IAM-011", V4, custom("[\"*/write\"]", none, ""), "fail"),
        ("IAM-011", V4, azapi("[\"Microsoft.Authorization/*\"]"), "fail"),
        (
            "IAM-013",
            V4,
            custom("[\"Microsoft.ContainerService/*\"]", "[\"*/listClusterAdminCredential/action\"]", ""),
            "fail",
        ),
        ("IAM-014", V4, custom("[\"*/read\"]", none, "assignable_scopes = [var.x, \"/\"]"), "fail"),
    ]);
}

#[test]
fn federated_credentials() {
    let credential = |version: &str, issuer: &str, subject: &str| {
        let parent = match version {
            V3 => "parent_id = azurerm_user_assigned_identity.i.id\nresource_group_name = \"rg\"",
            _ => "user_assigned_identity_id = azurerm_user_assigned_identity.i.id",
        };
        format!(
            "resource \"azurerm_user_assigned_identity\" \"i\" {{\nname = \"idi\"\nlocation = \"westeurope\"\n\
             resource_group_name = \"rg\"\n}}\nresource \"azurerm_federated_identity_credential\" \"c\" {{\nname = \"c\"\n\
             {parent}\naudience = [\"api://AzureADTokenExchange\"]\nissuer = {issuer}\nsubject = {subject}\n}}\n"
        )
    };
    let github = "\"https://token.actions.githubusercontent.com\"";
    let pull = "\"repo:o/r:pull_request\"";
    let with = |name: &str| role(&group(), name, "azurerm_user_assigned_identity.i.principal_id", "");
    run(&[
        ("IAM-016", V4, credential(V4, github, pull), "pass"),
        ("IAM-016", V4, credential(V4, github, pull) + &with("\"AcrPush\""), "fail"),
        ("IAM-016", V3, credential(V3, github, pull) + &with("\"AcrPush\""), "fail"),
        ("IAM-016", V4, credential(V4, github, pull) + &with("var.x"), "indeterminate"),
        ("IAM-016", V4, credential(V4, github, "var.x") + &with("\"Owner\""), "indeterminate"),
        ("IAM-018", V4, credential(V4, "var.x", pull), "indeterminate"),
        ("IAM-018", V4, credential(V4, "\"http://a\"", "var.x"), "fail"),
        ("IAM-019", V4, credential(V4, github, "\"system:serviceaccount:kube-system:a\""), "fail"),
        ("IAM-019", V4, credential(V4, github, "\"system:serviceaccount:a:defaults\""), "pass"),
    ]);
}

#[test]
fn secrets_and_providers() {
    let provider = |lines: &str| {
        format!(
            "provider \"azurerm\" {{\nfeatures {{\n{lines}\n}}\n}}\nresource \"azurerm_resource_group\" \"g\" {{\nname = \"rg\"\nlocation = \"westeurope\"\n}}\n"
        )
    };
    let full = |value: &str| {
        provider(&format!("resource_group {{\nprevent_deletion_if_contains_resources = {value}\n}}"))
    };
    let secret =
        |value: &str| format!("provider \"azurerm\" {{\nfeatures {{}}\nclient_secret = {value}\n}}\n");
    let output = |value: &str| {
        format!(
            "resource \"azurerm_resource_group\" \"g\" {{\nname = \"rg\"\nlocation = \"westeurope\"\n}}\noutput \"o\" {{\nvalue = {value}\n}}\n"
        )
    };
    run(&[
        ("SEC-003", V4, output("azurerm_resource_group.g.id"), "pass"),
        ("SEC-007", V4, secret("\"Tr0ub4dor-and-3\""), "fail"),
        ("SEC-007", V4, secret("var.x"), "pass"),
        ("SEC-014", V3, provider(""), "fail"),
        ("SEC-014", V4, provider(""), "pass"),
        ("SEC-016", V4, full("false"), "fail"),
        ("SEC-016", V4, full("var.on"), "indeterminate"),
        ("SEC-016", V4, provider(""), "pass"),
        (
            "SEC-025",
            V4,
            "resource \"azurerm_resource_group\" \"g\" {\nname = \"rg.\"\nlocation = \"westeurope\"\n}\n"
                .into(),
            "fail",
        ),
        (
            "SEC-025",
            V4,
            "resource \"azurerm_resource_group\" \"g\" {\nname = var.x\nlocation = \"westeurope\"\n}\n"
                .into(),
            "indeterminate",
        ),
    ]);
}

#[test]
fn openshift_in_the_words_of_arm() {
    let cluster = |profile: &str| {
        format!(
            "resource \"azapi_resource\" \"c\" {{\ntype = \"Microsoft.RedHatOpenShift/openShiftClusters@2025-07-25\"\nname = \"c\"\n\
             parent_id = \"{SUB}/resourceGroups/rg\"\nlocation = \"westeurope\"\nbody = {{\nproperties = {{\n{profile}\n}}\n}}\n}}\n"
        )
    };
    let version = |v: &str| cluster(&format!("clusterProfile = {{\nversion = {v}\n}}"));
    run(&[
        ("ARO-001", V4, cluster("apiserverProfile = {\nvisibility = \"public\"\n}"), "fail"),
        ("ARO-001", V4, cluster("apiserverProfile = {\nvisibility = var.x\n}"), "indeterminate"),
        (
            "ARO-002",
            V4,
            cluster("ingressProfiles = [{\nvisibility = \"Private\"\n}, {\nvisibility = \"Public\"\n}]"),
            "fail",
        ),
        ("ARO-006", V4, version("\"4.12.1\""), "fail"),
        ("ARO-006", V4, version("\"4.20.1\""), "pass"),
        ("ARO-006", V4, version("\"4.99.1\""), "indeterminate"),
        ("ARO-006", V4, version("var.x"), "indeterminate"),
        ("ARO-007", V4, cluster("workerProfiles = [{\ncount = 2\n}]"), "fail"),
        (
            "ARO-010",
            V4,
            cluster("networkProfile = {\npodCidr = \"10.128.0.0/19\"\nserviceCidr = \"172.30.0.0/16\"\n}"),
            "fail",
        ),
        (
            "ARO-010",
            V4,
            cluster("networkProfile = {\npodCidr = \"172.30.0.0/15\"\nserviceCidr = var.x\n}"),
            "indeterminate",
        ),
        ("ARO-011", V4, cluster("clusterProfile = {\npullSecret = \"Tr0ub4dor-and-3\"\n}"), "fail"),
    ]);
}

#[test]
fn an_archive_is_a_plan_or_a_state_by_the_names_in_it() {
    let told = |file: &str, content: &str| {
        let text = format!("# file main.tf\nlocals {{}}\n# file {file}\n{content}\n");
        super::told("SEC-005", &super::root(&text))
    };
    let zip = |name: &str| format!("PK\u{3}\u{4}\u{14}{name}");
    assert_eq!(told("plan.out", &zip("tfplan")), "plan.out fail");
    assert_eq!(told("plan", &zip("tfstate")), "plan fail");
    // Not by what is in another archive, in a text, or in a file that no plan is kept in.
    assert_eq!(told("plan.zip", &zip("index.html")), ". pass");
    assert_eq!(told("plan.out", "tfplan"), ". pass");
    assert_eq!(told("plan.docx", &zip("tfplan")), ". pass");
}
