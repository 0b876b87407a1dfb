//! `trueup plan` against what there was before: a state, a base, what is live.

use serde_json::{Value as Json, json};

use crate::harness::{Folder, repository, trueup, trueup_in};

/// The action of each address.
fn actions(plan: &Json) -> Vec<(String, String)> {
    let changes = plan["resource_changes"].as_array().unwrap().iter();
    let text =
        |v: &Json| v.as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect::<Vec<_>>().join("/");
    changes.map(|c| (c["address"].as_str().unwrap().to_owned(), text(&c["change"]["actions"]))).collect()
}

#[test]
fn a_state_beside_the_code_is_what_there_was() {
    let dir = repository().join("tests/data/conformance/state/05-replace-triggered-by");
    let (dir, state) = (dir.to_str().unwrap(), dir.join("terraform.tfstate"));
    let state = state.to_str().unwrap();
    let run = trueup(&["plan", dir, "--state", state, "--detailed-exitcode"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    for line in
        ["-/+ terraform_data.whole  (replace_triggered_by)", "input.b: 1 -> 2", "2 to change, 5 to replace"]
    {
        assert!(run.stdout.contains(line), "{line}: {}", run.stdout);
    }
    let plan = trueup(&["plan", dir, "--state", state, "--format", "json"]).json();
    let whole = plan["resource_changes"].as_array().unwrap().iter();
    let whole = whole.into_iter().find(|c| c["address"] == "terraform_data.whole").unwrap();
    assert_eq!(whole["action_reason"], "replace_by_triggers");
    assert_eq!(whole["change"]["before"]["input"], 1);
    assert!(plan["prior_state"]["values"]["root_module"]["resources"].as_array().unwrap().len() > 8);
}

#[test]
fn a_base_is_what_there_was() {
    let folder = Folder::new("prior-base", &[]);
    let block = |name: &str, location: &str, more: &str| {
        format!(
            "provider \"azurerm\" {{\n  features {{}}\n}}\nresource \"azurerm_resource_group\" \"{name}\" {{\n  \
             name = \"rg\"\n  location = \"{location}\"\n{more}}}\n"
        )
    };
    folder.write("old/main.tf", block("a", "westeurope", ""));
    folder.write(
        "moved/main.tf",
        block("b", "westeurope", "")
            + "moved {\n  from = azurerm_resource_group.a\n  to = azurerm_resource_group.b\n}\n",
    );
    folder.write("replaced/main.tf", block("a", "northeurope", ""));
    folder
        .write("kept/main.tf", block("a", "northeurope", "  lifecycle {\n    prevent_destroy = true\n  }\n"));
    folder.write("gone/main.tf", "locals {}\n");
    let plan =
        |dir: &str| trueup_in(folder.path(), &["plan", dir, "--base", "old", "--format", "json"]).json();
    let one = |address: &str, action: &str| vec![(address.to_owned(), action.to_owned())];
    let moved = plan("moved");
    assert_eq!(actions(&moved), one("azurerm_resource_group.b", "no-op"));
    assert_eq!(moved["resource_changes"][0]["previous_address"], "azurerm_resource_group.a");
    let replaced = plan("replaced");
    assert_eq!(actions(&replaced), one("azurerm_resource_group.a", "delete/create"));
    let change = &replaced["resource_changes"][0]["change"];
    assert_eq!(change["replace_paths"], json!([["location"]]));
    assert_eq!(change["before"]["location"], "westeurope");
    assert_eq!(actions(&plan("gone")), one("azurerm_resource_group.a", "delete"));
    let kept = plan("kept");
    assert_eq!(kept["diagnostics"][0]["summary"], "Instance cannot be destroyed");
    let same = trueup_in(folder.path(), &["plan", "old", "--base", "old", "--detailed-exitcode"]);
    assert_eq!(same.status, 0, "{}", same.stdout);
}

#[test]
fn what_is_live_is_what_there_was() {
    let folder = Folder::new("prior-live", &[]);
    let code = "provider \"azurerm\" {\n  features {}\n  subscription_id = \"00000000-0000-0000-0000-000000000001\"\n}\n\
                resource \"azurerm_resource_group\" \"a\" {\n  name = \"rg-a\"\n  location = \"westeurope\"\n}\n\
                resource \"azurerm_resource_group\" \"b\" {\n  name = \"rg-b\"\n  location = \"westeurope\"\n}\n";
    folder.write("main.tf", code);
    let live = json!([{
        "id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-a",
        "type": "Microsoft.Resources/resourceGroups", "name": "rg-a", "location": "northeurope",
    }]);
    folder.write("live.json", live.to_string());
    let run = trueup_in(folder.path(), &["plan", ".", "--live", "live.json", "--format", "json"]);
    let plan = run.json();
    let expected = [("azurerm_resource_group.a", "delete/create"), ("azurerm_resource_group.b", "create")];
    assert_eq!(actions(&plan), expected.map(|(a, b)| (a.to_owned(), b.to_owned())), "{}", run.stderr);
    assert_eq!(plan["resource_changes"][0]["change"]["before"]["location"], "northeurope");
    let text = trueup_in(folder.path(), &["plan", ".", "--live", "live.json", "--detailed-exitcode"]);
    assert_eq!(text.status, 2);
    assert!(text.stdout.contains("1 to add, 0 to change, 1 to replace"), "{}", text.stdout);
}

/// A type that the catalogue has not: what the code leaves out is removed where azurerm has no default.
#[test]
fn leaving_out_an_argument_is_a_change_unless_it_may_be_a_default() {
    let folder = Folder::new("prior-left-out", &[]);
    folder.write(
        "main.tf",
        "resource \"azurerm_log_analytics_saved_search\" \"s\" {\n  name = \"s\"\n  log_analytics_workspace_id = \"/w\"\n  \
         category = \"c\"\n  display_name = \"d\"\n  query = \"q\"\n}\n\
         resource \"azurerm_monitor_action_group\" \"g\" {\n  name = \"g\"\n  resource_group_name = \"rg\"\n  \
         short_name = \"g\"\n}\n",
    );
    let provider = "provider[\"registry.terraform.io/hashicorp/azurerm\"]";
    let object = |ty: &str, name: &str, attributes: Json| {
        json!({ "mode": "managed", "type": ty, "name": name, "provider": provider,
                "instances": [{ "schema_version": 0, "attributes": attributes }] })
    };
    let plan = |alias: Json| {
        let search = json!({ "id": "/w/s", "name": "s", "log_analytics_workspace_id": "/w", "category": "c",
            "display_name": "d", "query": "q", "function_alias": alias, "function_parameters": [], "tags": {} });
        let group = json!({ "id": "/g", "name": "g", "resource_group_name": "rg", "short_name": "g",
            "location": "global", "enabled": true, "tags": {} });
        let resources = [
            object("azurerm_log_analytics_saved_search", "s", search),
            object("azurerm_monitor_action_group", "g", group),
        ];
        let state = json!({ "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l",
            "outputs": {}, "resources": resources });
        folder.write("terraform.tfstate", state.to_string());
        trueup_in(folder.path(), &["plan", ".", "--state", "terraform.tfstate", "--format", "json"]).json()
    };
    let both = |search: &str| {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let group = pair("azurerm_monitor_action_group.g", "no-op");
        vec![pair("azurerm_log_analytics_saved_search.s", search), group]
    };
    let removed = plan(json!("alias"));
    assert_eq!(actions(&removed), both("update"));
    assert_eq!(removed["resource_changes"][0]["change"]["after"]["function_alias"], Json::Null);
    assert_eq!(actions(&plan(json!(""))), both("no-op"));
}
