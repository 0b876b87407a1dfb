//! Edges through expressions over ids that Terraform knows only after apply.

use serde_json::Value as Json;

use crate::harness::{Folder, trueup_in};

const HEAD: &str = r#"
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}
variable "given" {
  default = null
}
resource "azurerm_resource_group" "a" {
  name     = "rg"
  location = "westeurope"
}
resource "azurerm_virtual_network" "v" {
  name                = "vnet"
  resource_group_name = azurerm_resource_group.a.name
  location            = azurerm_resource_group.a.location
  address_space       = ["10.0.0.0/16"]
  subnet {
    name             = "nodes"
    address_prefixes = ["10.0.1.0/24"]
  }
}
resource "azapi_resource" "v" {
  type      = "Microsoft.Network/virtualNetworks@2024-05-01"
  name      = "azapi"
  parent_id = azurerm_resource_group.a.id
  location  = "westeurope"
  body = { properties = { addressSpace = { addressPrefixes = ["10.1.0.0/16"] },
    subnets = [{ name = "nodes", properties = { addressPrefix = "10.1.1.0/24" } }] } }
}
"#;

/// Ways to name a subnet, and the network that it is in.
const WAYS: &[(&str, &str)] = &[
    (r#""${azurerm_virtual_network.v.id}/subnets/nodes""#, "vnet"),
    (r#"format("%s/subnets/nodes", azurerm_virtual_network.v.id)"#, "vnet"),
    (r#"join("/", [azurerm_virtual_network.v.id, "subnets", "nodes"])"#, "vnet"),
    ("one(azurerm_virtual_network.v.subnet[*].id)", "vnet"),
    ("one(azurerm_virtual_network.v.subnet).id", "vnet"),
    ("tolist(azurerm_virtual_network.v.subnet)[0].id", "vnet"),
    (r#"{ for s in azurerm_virtual_network.v.subnet : s.name => s.id }["nodes"]"#, "vnet"),
    (r#"[for s in azurerm_virtual_network.v.subnet : s.id if endswith(s.name, "nodes")][0]"#, "vnet"),
    (r#""${azapi_resource.v.id}/subnets/nodes""#, "azapi"),
    (r#"replace("${azapi_resource.v.id}/x", "//x$/", "/subnets/nodes")"#, "azapi"),
    (r#"var.given != null ? var.given : "${azurerm_virtual_network.v.id}/subnets/nodes""#, "vnet"),
    (r#"coalesce(var.given, "${azurerm_virtual_network.v.id}/subnets/nodes")"#, "vnet"),
    (
        r#"azurerm_virtual_network.v.id == null ? "none" : "${azurerm_virtual_network.v.id}/subnets/nodes""#,
        "vnet",
    ),
    (r#"join("/", concat(slice(split("/", azapi_resource.v.id), 0, 9), ["subnets", "nodes"]))"#, "azapi"),
];

/// Expressions whose text would be made up: they stay unknown.
const OPEN: &[&str] = &[
    "sha1(azurerm_virtual_network.v.id)",
    r#"split("/", azurerm_virtual_network.v.id)[2] == "s1" ? "/one" : "/two""#,
    r#"tostring(length(azurerm_virtual_network.v.id))"#,
];

fn code(expression: &str) -> String {
    format!(
        "{HEAD}
resource \"azurerm_network_interface\" \"n\" {{
  name                = \"nic\"
  resource_group_name = azurerm_resource_group.a.name
  location            = azurerm_resource_group.a.location
  ip_configuration {{
    name                          = \"ip\"
    private_ip_address_allocation = \"Dynamic\"
    subnet_id                     = {expression}
  }}
}}
"
    )
}

/// The consumers that certainly stand in subnets of networks whose address begins so.
fn consumers(report: &Json, network: &str) -> usize {
    let subnets = report["subnets"].as_array().into_iter().flatten();
    let of = subnets.filter(|s| s["address"].as_str().is_some_and(|a| a.starts_with(network)));
    let consumers = of.flat_map(|s| s["consumers"].as_array().into_iter().flatten());
    consumers.filter(|c| c.get("unknown").is_none_or(Json::is_null)).count()
}

#[test]
fn every_way_to_name_a_subnet_is_an_edge_and_no_plan_shows_it() {
    let mut wrong = Vec::new();
    let ways = WAYS.iter().copied().chain(OPEN.iter().map(|e| (*e, "none")));
    for (at, (expression, network)) in ways.enumerate() {
        let folder = Folder::new(&format!("derived-{at}"), &[("main.tf", &code(expression))]);
        let report = trueup_in(folder.path(), &["subnets", ".", "--format", "json"]).json();
        let found = ["azurerm_virtual_network.v", "azapi_resource.v"].map(|a| consumers(&report, a) > 0);
        if found != [network == "vnet", network == "azapi"] {
            wrong.push(format!("{expression}: {}", report["subnets"]));
        }
        let plan = trueup_in(folder.path(), &["plan", ".", "--format", "json"]).json();
        let nic = plan["resource_changes"].as_array().unwrap().iter();
        let nic = nic.clone().find(|r| r["address"] == "azurerm_network_interface.n").unwrap();
        assert!(nic["change"]["after"]["ip_configuration"][0].get("subnet_id").is_none(), "{expression}");
    }
    assert!(wrong.is_empty(), "{} of {}: {}", wrong.len(), WAYS.len(), wrong.join("\n"));
}
