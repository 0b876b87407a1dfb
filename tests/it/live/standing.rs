//! What rules ask of Azure beside resources: policies, watchers, quotas, and findings about images.

use serde_json::{Value as Json, json};

use super::arm::{Arm, Fault, Setup};
use super::{principal, trueup};
use crate::harness::{Folder, Run, repository, trueup_with};

const SUBSCRIPTION: &str = "00000000-0000-4000-8000-000000000001";

const CODE: &str = r#"
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "5.2.0" }
  }
}
provider "azurerm" {
  features {}
  subscription_id = "00000000-0000-4000-8000-000000000001"
}
resource "azurerm_resource_group" "main" {
  name     = "rg"
  location = "westeurope"
}
resource "azurerm_virtual_network" "main" {
  name                = "vnet"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
  address_space       = ["10.0.0.0/16"]
}
resource "azurerm_container_registry" "main" {
  name                = "crtest"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
  sku                 = "Premium"
  admin_enabled       = true
}
resource "azurerm_public_ip" "main" {
  count               = 3
  name                = "ip-${count.index}"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
  sku                 = "Standard"
}
"#;

/// What is in Azure; of an initiative one member may deny and one audits.
fn documents() -> Json {
    let of = |rest: &str| format!("/subscriptions/{SUBSCRIPTION}{rest}");
    let registry = of("/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/crtest");
    let built_in = |name: &str| format!("/providers/Microsoft.Authorization/policyDefinitions/{name}");
    let initiative = "/providers/Microsoft.Authorization/policySetDefinitions/all";
    let member = |name: &str, effect: &str| json!({"policyDefinitionId": built_in(name), "parameters": {"effect": {"value": effect}}});
    let policy = |name: &str| {
        json!({"id": built_in(name), "name": name, "type": "Microsoft.Authorization/policyDefinitions",
            "properties": {"displayName": name, "parameters": {"effect": {"type": "String", "defaultValue": "Audit"}},
                "policyRule": {"if": {"allOf": [
                    {"field": "type", "equals": "Microsoft.ContainerRegistry/registries"},
                    {"field": "Microsoft.ContainerRegistry/registries/adminUserEnabled", "equals": true}]},
                    "then": {"effect": "[parameters('effect')]"}}}})
    };
    json!([
        {"id": of("/resourceGroups/rg"), "name": "rg", "type": "Microsoft.Resources/resourceGroups",
         "location": "westeurope", "properties": {}},
        {"id": of("/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet"), "name": "vnet",
         "location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}},
        {"id": registry, "name": "crtest", "location": "westeurope", "sku": {"name": "Premium"},
         "properties": {"adminUserEnabled": true}},
        {"id": of("/resourceGroups/NetworkWatcherRG/providers/Microsoft.Network/networkWatchers/nw"), "name": "nw",
         "location": "northeurope", "properties": {}},
        {"id": of("/providers/Microsoft.Network/locations/westeurope/usages/a"), "currentValue": 9, "limit": 10,
         "unit": "Count", "name": {"value": "StandardSkuPublicIpAddresses", "localizedValue": "Public addresses"}},
        {"id": of("/providers/Microsoft.Security/assessments/c0b7cfc6-3172-465a-b378-53c7ff2cc0d5/subAssessments/1"),
         "name": "1", "properties": {"displayName": "CVE-2026-0001", "status": {"code": "Unhealthy", "severity": "High"},
             "resourceDetails": {"source": "Azure", "id": format!("{registry}/repositories/web")}}},
        {"id": of("/providers/Microsoft.Authorization/policyAssignments/all"), "name": "all",
         "properties": {"displayName": "House rules", "policyDefinitionId": initiative, "scope": of(""),
             "parameters": {"adminEffect": {"value": "Deny"}}}},
        {"id": initiative, "name": "all", "properties": {"parameters": {"adminEffect": {"type": "String"}},
             "policyDefinitions": [member("no-admin", "[parameters('adminEffect')]"), member("noted", "Audit")]}},
        policy("no-admin"),
        policy("noted")
    ])
}

fn security(arm: &Arm, more: &[&str]) -> Run {
    let folder = Folder::new("standing", &[("main.tf", CODE)]);
    let mut args = vec!["security", folder.path().to_str().unwrap(), "--live", "azure", "--format", "json"];
    args.extend(["--profile", "strict"]);
    args.extend(more);
    // Texts of findings speak of tokens.
    trueup_with(&repository(), &args, &principal(&arm.url()))
}

/// Addresses that a rule finds fault with.
fn found(report: &Json, rule: &str) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter().filter(|f| f["code"] == rule);
    all.map(|f| f["address"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn rules_about_what_is_live_are_decided_without_a_snapshot() {
    let arm = Arm::new(&documents(), Setup::default());
    let run = security(&arm, &[]);
    let report = run.json();
    assert_eq!(found(&report, "TU-LIV-016"), ["azurerm_container_registry.main"]);
    assert_eq!(found(&report, "TU-LOG-024"), ["azurerm_virtual_network.main"]);
    assert_eq!(found(&report, "TU-ACR-027"), ["azurerm_container_registry.main"]);
    assert_eq!(found(&report, "TU-LIV-017"), ["azurerm_public_ip.main[0]"]);
    let paths: Vec<String> = arm.asked().iter().map(|a| a.path.clone()).collect();
    let asked = |part: &str| paths.iter().filter(|p| p.contains(part)).count();
    assert_eq!((asked("policyDefinitions/no-admin"), asked("policyDefinitions/noted")), (1, 0), "{paths:?}");
    assert_eq!(asked("/registries/crtest/listUsages"), 1);
}

#[test]
fn who_may_not_read_them_is_not_told_that_the_run_is_in_part() {
    let forbidden = |_: usize, _: usize, path: &str| {
        let beside =
            ["policyassignments", "policyexemptions", "subassessments", "/locations/", "networkwatchers"];
        beside.iter().any(|p| path.contains(p)).then_some(Fault::Status(403, None, "AuthorizationFailed"))
    };
    let arm = Arm::new(&documents(), Setup { faults: Box::new(forbidden), ..Setup::default() });
    let run = security(&arm, &[]);
    assert_ne!(run.status, 3, "{}{}", run.stdout, run.stderr);
    let report = run.json();
    for rule in ["TU-LIV-016", "TU-LOG-024", "TU-LIV-017", "TU-ACR-027"] {
        assert_eq!(found(&report, rule), [""; 0], "{rule}");
    }
}

#[test]
fn drift_does_not_ask_for_them() {
    let arm = Arm::new(&documents(), Setup::default());
    let folder = Folder::new("standing-drift", &[("main.tf", CODE)]);
    let run = trueup(&["drift", folder.path().to_str().unwrap(), "--live", "azure"], &principal(&arm.url()));
    assert_eq!(run.status, 2, "{}", run.stderr);
    let beside = ["policy", "networkWatchers", "usages", "listUsages", "subAssessments"];
    let asked: Vec<String> = arm.asked().iter().map(|a| a.path.clone()).collect();
    assert!(!asked.iter().any(|path| beside.iter().any(|b| path.contains(b))), "{asked:?}");
}
