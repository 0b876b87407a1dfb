//! Several root modules read Azure in one run: the sign-in and each list once, and the reports of each as by itself.

use serde_json::{Value as Json, json};

use super::arm::{Arm, Setup};
use super::{principal, trueup};
use crate::harness::Folder;

const SUBSCRIPTION: &str = "00000000-0000-4000-8000-000000000001";

fn group(name: &str) -> Json {
    json!({"id": format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}"), "name": name,
        "type": "Microsoft.Resources/resourceGroups", "location": "westeurope", "properties": {}})
}

fn identity(group: &str, name: &str) -> Json {
    json!({"id": format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/\
        Microsoft.ManagedIdentity/userAssignedIdentities/{name}"), "name": name, "location": "westeurope",
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "properties": {}})
}

/// A root module with two groups of its own, and an identity in each.
fn code(root: usize) -> String {
    let one = |name: String| {
        format!(
            "resource \"azurerm_resource_group\" \"{name}\" {{\n  name = \"{name}\"\n  location = \"westeurope\"\n}}\n\
             resource \"azurerm_user_assigned_identity\" \"{name}\" {{\n  name = \"id\"\n  location = \"westeurope\"\n  \
             resource_group_name = azurerm_resource_group.{name}.name\n}}\n"
        )
    };
    format!(
        "terraform {{\n  required_providers {{\n    azurerm = {{ source = \"hashicorp/azurerm\", version = \"5.2.0\" }}\n  }}\n}}\n\
         provider \"azurerm\" {{\n  features {{}}\n  subscription_id = \"{SUBSCRIPTION}\"\n}}\n{}{}",
        one(format!("a-{root}")),
        one(format!("b-{root}"))
    )
}

#[test]
fn root_modules_share_the_sign_in_and_what_is_read() {
    const ROOTS: usize = 6;
    let files: Vec<(String, String)> =
        (0..ROOTS).map(|root| (format!("roots/r{root}/main.tf"), code(root))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = Folder::new("several-live", &files);
    let mut documents = vec![];
    for root in 0..ROOTS {
        for group_name in [format!("a-{root}"), format!("b-{root}")] {
            documents.push(group(&group_name));
            // One root misses an identity, another has one that nobody declares.
            if group_name != "b-2" {
                documents.push(identity(&group_name, "id"));
            }
        }
    }
    documents.push(identity("a-3", "more"));
    let arm = Arm::new(&Json::Array(documents), Setup::default());
    let url = arm.url();
    let environment = principal(&url);
    let at = |root: usize| folder.path().join(format!("roots/r{root}")).to_str().unwrap().to_owned();
    let mut alone = Vec::new();
    for root in 0..ROOTS {
        let run = trueup(&["drift", &at(root), "--live", "azure", "--format", "json"], &environment);
        alone.push((run.status, run.json()));
    }
    let (apart, tokens) = (arm.asked().len(), arm.tokens());
    let dirs: Vec<String> = (0..ROOTS).map(at).collect();
    let mut args = vec!["drift"];
    args.extend(dirs.iter().map(String::as_str));
    args.extend(["--live", "azure", "--format", "json"]);
    let run = trueup(&args, &environment);
    assert_eq!(run.status, 2, "{}", run.stderr);
    let together = run.json();
    assert_eq!(together["complete"], true);
    for (root, (status, report)) in alone.iter().enumerate() {
        let shared = &together["roots"][root];
        assert_eq!(shared["resources"], report["resources"], "root {root}");
        assert_eq!(*status, if matches!(root, 2 | 3) { 2 } else { 0 }, "root {root}: {report}");
    }
    assert_eq!(arm.tokens() - tokens, 1, "one sign-in");
    let paths: Vec<String> = arm.asked()[apart..].iter().map(|a| a.path.to_ascii_lowercase()).collect();
    let lists = |part: &str| paths.iter().filter(|p| p.split('?').next().unwrap().ends_with(part)).count();
    assert_eq!(lists("/userassignedidentities"), 1, "{paths:?}");
    assert_eq!((lists("/resourcegroups"), lists("/resources"), lists("/roleassignments")), (1, 1, 1));
    let counted: u64 = (0..ROOTS)
        .flat_map(|r| together["roots"][r]["requests"].as_object().unwrap().clone())
        .filter(|(name, _)| !matches!(&**name, "bytes" | "retries"))
        .map(|(_, n)| n.as_u64().unwrap())
        .sum();
    assert_eq!(counted, paths.len() as u64, "each request is counted where it was asked for");
    say!("live: {} requests for {ROOTS} root modules together, {apart} one by one", paths.len());
}
