//! Usage files through the command line, and how much Azure says is used.

use super::*;
use crate::harness::{Folder, Run, trueup_in};

const ROOT: &str = r#"
provider "azurerm" {
  features {}
  subscription_id = "11111111-1111-1111-1111-111111111111"
}
resource "azurerm_resource_group" "a" {
  name     = "rg"
  location = "westeurope"
}
resource "azurerm_nat_gateway" "a" {
  count               = 2
  name                = "nat-${count.index}"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.a.name
}
resource "azurerm_log_analytics_workspace" "a" {
  name                = "w"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.a.name
}
resource "azurerm_key_vault_certificate" "a" {
  name         = "c"
  key_vault_id = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v"
}
"#;

fn run(folder: &Folder, more: &[&str]) -> Run {
    trueup_in(folder.path(), &[&["cost", ".", "--format", "json"], more].concat())
}

/// Quantities of a resource: `name: low/expected/high`.
fn quantities(run: &Run, address: &str) -> Vec<String> {
    let json = run.json();
    let all = json["resources"].as_array().unwrap();
    let found = all.iter().find(|r| r["address"] == address).unwrap_or_else(|| panic!("{address}: {json}"));
    let figure = |c: &Json| {
        let q = ["low", "expected", "high"].map(|f| c["quantity"][f].as_str().unwrap().to_owned());
        if q[0] == q[1] && q[1] == q[2] { q[0].clone() } else { q.join("/") }
    };
    let components = found["components"].as_array().unwrap().iter();
    components.map(|c| format!("{}: {}", c["name"].as_str().unwrap(), figure(c))).collect()
}

#[test]
fn yaml_says_what_toml_says() {
    let folder = Folder::new(
        "usage-forms",
        &[
            ("main.tf", ROOT),
            (
                "u.toml",
                "[resources.\"azurerm_nat_gateway.a[*]\"]\ndata_gb = { low = 1, expected = 20, high = 300 }\n",
            ),
            (
                "u.yaml",
                "resources:\n  azurerm_nat_gateway.a[*]:\n    data_gb:\n      low: 1\n      expected: 20\n      high: 300\n",
            ),
            (
                "u.json",
                r#"{"resources": {"azurerm_nat_gateway.a[*]": {"data_gb": {"low": 1, "expected": 20, "high": 300}}}}"#,
            ),
            ("wrong.yml", "resources:\n  azurerm_nat_gateway.b:\n    data_gb: 3\n"),
            ("broken.yml", "resources: [\n"),
        ],
    );
    for file in ["u.toml", "u.yaml", "u.json"] {
        let run = run(&folder, &["--usage", file]);
        assert_eq!(run.status, 0, "{file}: {}", run.stderr);
        for n in 0..2 {
            let lines = quantities(&run, &format!("azurerm_nat_gateway.a[{n}]"));
            assert_eq!(lines[1], "NAT gateway, data processed: 1/20/300", "{file}");
        }
        assert_eq!(run.stderr, "", "{file}");
    }
    let wrong = run(&folder, &["--usage", "wrong.yml"]);
    assert_eq!(wrong.status, 0);
    let told = "the usage file names resources that are not here: azurerm_nat_gateway.b\n";
    assert_eq!(wrong.stderr, told);
    let broken = run(&folder, &["--usage", "broken.yml"]);
    assert_eq!(broken.status, 1);
    assert!(format!("{}{}", broken.stdout, broken.stderr).contains("broken.yml"), "{}", broken.stderr);
}

#[test]
fn the_file_of_another_tool() {
    let usage = "version: 0.1\nresource_type_default_usage:\n  azurerm_nat_gateway:\n    monthly_data_processed_gb: 7\n\
                 resource_usage:\n  azurerm_nat_gateway.a[1]:\n    monthly_data_processed_gb: 12\n  \
                 azurerm_key_vault_certificate.a:\n    monthly_certificate_renewal_requests: 3\n  \
                 azurerm_log_analytics_workspace.a:\n    monthly_log_data_ingestion_gb: 20\n    \
                 monthly_sentinel_data_ingestion_gb: 5\n";
    let folder = Folder::new("usage-infracost", &[("main.tf", ROOT), ("infracost-usage.yml", usage)]);
    let run = run(&folder, &["--usage", "infracost-usage.yml"]);
    assert_eq!(quantities(&run, "azurerm_nat_gateway.a[0]")[1], "NAT gateway, data processed: 7");
    assert_eq!(quantities(&run, "azurerm_nat_gateway.a[1]")[1], "NAT gateway, data processed: 12");
    assert_eq!(quantities(&run, "azurerm_key_vault_certificate.a"), ["Certificate renewals: 3"]);
    assert_eq!(
        quantities(&run, "azurerm_log_analytics_workspace.a"),
        ["Workspace, log ingestion, first 5 GB: 5", "Workspace, log ingestion, over 5 GB: 15"]
    );
    assert_eq!(
        run.stderr,
        "the usage file names figures that nothing here uses: azurerm_log_analytics_workspace.a: \
         monthly_sentinel_data_ingestion_gb\n"
    );
}

/// A snapshot of the workspace that took in so many bytes of its day until noon.
fn snapshot(bytes: f64, captured: &str) -> String {
    let workspace = id("Microsoft.OperationalInsights/workspaces/w");
    let usage = json!({
        "id": format!("{workspace}/usages/DataAnalyzed"),
        "name": { "value": "DataAnalyzed", "localizedValue": "Data Analyzed" },
        "unit": "Bytes", "currentValue": bytes, "limit": -1,
        "nextResetTime": "2026-11-21T00:00:00Z", "quotaPeriod": "P1D"
    });
    let resources = [json!({ "id": workspace, "location": "westeurope", "properties": {} }), usage];
    json!({ "format": "trueup-snapshot/1", "captured_at": captured, "scope": [], "complete": true,
            "gaps": [], "resources": resources })
    .to_string()
}

#[test]
fn what_a_workspace_takes_in_now_is_expected_of_it() {
    let noon = snapshot(2.5e9, "2026-11-20T12:00:00Z");
    let folder = Folder::new(
        "usage-live",
        &[
            ("main.tf", ROOT),
            ("noon.json", &noon),
            ("early.json", &snapshot(2.5e9, "2026-11-20T00:30:00Z")),
            ("stale.json", &snapshot(2.5e9, "2026-11-22T12:00:00Z")),
            ("u.yaml", "defaults:\n  log_analytics.ingestion_gb: 20\n"),
        ],
    );
    let of = |args: &[&str]| run(&folder, args);
    let workspace = "azurerm_log_analytics_workspace.a";
    // 2.5 GB in half a day are 5 GB a day, 152.0835 GB a month: 5 are free.
    let live = of(&["--live", "noon.json"]);
    assert_eq!(
        quantities(&live, workspace),
        [
            "Workspace, log ingestion, first 5 GB: 0/5/5",
            "Workspace, log ingestion, over 5 GB: 0/147.0835/147.0835"
        ]
    );
    let all = live.json();
    let lines = all["resources"].as_array().unwrap().iter().find(|r| r["address"] == workspace).unwrap();
    assert_eq!(lines["components"][1]["assumption"], "Azure has it now: 5 GB a day");
    // Half an hour says too little of a day, and the count of another day says nothing of this one.
    for file in ["early.json", "stale.json"] {
        let lines = quantities(&of(&["--live", file]), workspace);
        assert_eq!(lines, ["Workspace, log ingestion, first 5 GB: 0"], "{file}");
    }
    // What the user says counts more.
    let said = quantities(&of(&["--live", "noon.json", "--usage", "u.yaml"]), workspace);
    assert_eq!(said[1], "Workspace, log ingestion, over 5 GB: 15");
}
