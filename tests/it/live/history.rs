//! Who changed what differs: Resource Graph's record of changes, then the Activity Log.

use serde_json::{Value as Json, json};

use super::arm::{Arm, Fault, Setup};
use super::{principal, trueup};
use crate::harness::Folder;

const SUBSCRIPTION: &str = "/subscriptions/11111111-1111-1111-1111-111111111111";

const MAIN: &str = r#"
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 5.0" }
  }
}
provider "azurerm" {
  features {}
  subscription_id = "11111111-1111-1111-1111-111111111111"
}
resource "azurerm_resource_group" "main" {
  name     = "rg"
  location = "westeurope"
  tags     = { team = "a" }
}
resource "azurerm_public_ip" "main" {
  name                    = "pip"
  location                = "westeurope"
  resource_group_name     = azurerm_resource_group.main.name
  allocation_method       = "Static"
  idle_timeout_in_minutes = 4
  tags                    = { team = "a" }
}
resource "azurerm_route_table" "main" {
  name                = "routes"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
}
"#;

fn setup() -> (Json, Setup) {
    let group = format!("{SUBSCRIPTION}/resourceGroups/rg");
    let [pip, routes] = ["publicIPAddresses/pip", "routeTables/routes"]
        .map(|name| format!("{group}/providers/Microsoft.Network/{name}"));
    let documents = json!([
        {"id": group, "name": "rg", "location": "westeurope", "tags": {"team": "b"}},
        {"id": pip, "name": "pip", "location": "westeurope", "sku": {"name": "Standard", "tier": "Regional"},
         "tags": {"team": "b"},
         "properties": {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4", "idleTimeoutInMinutes": 9}},
    ]);
    let change = |id: &str, at: &str, by: &str, with: &str, changes: Json| {
        json!({"targetResourceId": id, "changeType": "Update", "changes": changes,
            "changeAttributes": {"timestamp": at, "changedBy": by, "clientType": with}})
    };
    let timeout = "properties.idleTimeoutInMinutes";
    let changes = vec![
        change(
            &pip,
            "2026-11-19T08:00:00Z",
            "carol@example.org",
            "Azure CLI",
            json!({"sku.name": {"newValue": "Standard"}}),
        ),
        change(
            &pip.to_uppercase(),
            "2026-11-18T08:00:00Z",
            "alice@example.org",
            "Azure Portal",
            json!({timeout: {"newValue": "9"}}),
        ),
        change(
            &pip,
            "2026-11-18T09:00:00Z",
            "bob@example.org",
            "Azure CLI",
            json!({timeout: {"newValue": "7"}}),
        ),
        change(&group, "2026-11-17T08:00:00Z", "Unspecified", "", json!({"tags.team": {"newValue": "b"}})),
    ];
    let event = |operation: &str, status: &str, at: &str| {
        json!({"resourceId": routes, "caller": "dave@example.org", "eventTimestamp": at,
            "operationName": {"value": operation}, "status": {"value": status}})
    };
    let events = vec![
        event("Microsoft.Network/routeTables/delete", "Started", "2026-10-03T08:00:00Z"),
        event("Microsoft.Network/routeTables/delete", "Succeeded", "2026-10-02T08:00:00Z"),
        event("Microsoft.Network/routeTables/write", "Succeeded", "2026-10-01T08:00:00Z"),
    ];
    (documents, Setup { changes, events, ..Setup::default() })
}

fn who(setup: Setup, documents: &Json) -> (Json, String) {
    let folder = Folder::new("who", &[("main.tf", MAIN)]);
    let dir = folder.path().to_str().unwrap();
    let arm = Arm::new(documents, setup);
    let url = arm.url();
    let run = |format: &str| {
        let run = trueup(&["drift", dir, "--live", "azure", "--who", "--format", format], &principal(&url));
        assert_eq!(run.status, 2, "{}{}", run.stderr, run.stdout);
        run
    };
    (run("json").json(), run("text").stdout)
}

fn found(json: &Json) -> Vec<String> {
    let resources = json["resources"].as_array().unwrap();
    let all = resources.iter().flat_map(|r| {
        let own = r.get("who").map(|w| (r["address"].as_str().unwrap(), w));
        let differences = r["differences"].as_array().unwrap().iter();
        own.into_iter()
            .chain(differences.filter_map(|d| Some((d["attribute"].as_str().unwrap(), d.get("who")?))))
    });
    let text = |w: &Json, name: &str| w[name].as_str().unwrap_or("-").to_owned();
    all.map(|(what, w)| match w["unknown"].as_str() {
        Some(why) => format!("{what}: {why}"),
        None => format!("{what}: {} {} {}", text(w, "by"), &text(w, "at")[..10], text(w, "evidence")),
    })
    .collect()
}

#[test]
fn a_record_that_names_the_property_wins_and_silence_has_a_reason() {
    let (documents, setup_all) = setup();
    let (json, text) = who(setup_all, &documents);
    assert_eq!(
        found(&json),
        [
            "idle_timeout_in_minutes: alice@… 2026-11-18 value",
            "tags.team: carol@… 2026-11-19 last",
            "tags.team:  2026-11-17 value",
            "azurerm_route_table.main: dave@… 2026-10-02 resource",
        ]
    );
    for line in [
        "changed 2026-11-18 by alice@… with Azure Portal",
        "resource last changed 2026-11-19 by carol@… with Azure CLI",
        "changed 2026-11-17 by nobody that Azure names",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!json.to_string().contains("example.org"), "names are shortened");

    // Nothing recorded, and nothing that may be read.
    let (json, _) = who(Setup::default(), &documents);
    assert!(found(&json).iter().all(|f| f.contains("no record of a change in the last 90 days")), "{json}");
    let forbidden = Setup {
        faults: Box::new(|_, _, path: &str| {
            let closed = path.contains("resourcegraph") || path.contains("eventtypes");
            closed.then_some(Fault::Status(403, None, "AuthorizationFailed"))
        }),
        ..setup().1
    };
    let (json, _) = who(forbidden, &documents);
    assert!(found(&json).iter().all(|f| f.contains("AuthorizationFailed")), "{json}");
    let run = trueup(&["drift", "environments/production", "--live", "live.json", "--who"], &[]);
    assert!(run.status == 1 && run.stderr.contains("--live azure"), "{}", run.stderr);
}
