//! Edges through expressions over ids that Terraform knows only after apply.

use std::sync::Arc;

use camino::Utf8Path;
use serde_json::Value as Json;
use trueup::azure::translate::{Account, ComputedIds};
use trueup::terraform::configuration::{Options, evaluate};
use trueup::terraform::value::json::known_json;

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

const CLUSTER: &str = r#"
resource "azurerm_kubernetes_cluster" "c" {
  name                = "aks"
  resource_group_name = azurerm_resource_group.a.name
  location            = azurerm_resource_group.a.location
  dns_prefix          = "aks"
  default_node_pool {
    name    = "default"
    vm_size = "Standard_D4s_v5"
  }
  identity {
    type = "SystemAssigned"
  }
}
"#;

/// What the second pass knows of an argument: a value, an attribute that is known after apply, or nothing.
fn derived(name: &str, expression: &str, subscription: Option<&str>) -> String {
    let grant = format!(
        "{HEAD}{CLUSTER}
resource \"azurerm_role_assignment\" \"r\" {{
  scope                = {expression}
  principal_id         = \"p\"
  role_definition_name = \"Reader\"
}}
"
    );
    let folder = Folder::new(name, &[("main.tf", &grant)]);
    let mut options = Options::disk(Utf8Path::from_path(folder.path()).unwrap()).unwrap();
    let account = Account { subscription: subscription.map(str::to_owned), tenant: None };
    options.derivation = Some(Arc::new(ComputedIds(account)));
    let evaluation = evaluate(&options);
    let scope = evaluation.derived.get("azurerm_role_assignment.r").and_then(|config| config.get("scope"));
    match scope {
        None => "open".to_owned(),
        Some(value) => match value.as_unknown() {
            Some(unknown) => unknown.reason.to_string(),
            None => known_json(value).unwrap().as_str().unwrap_or_default().to_owned(),
        },
    }
}

#[test]
fn names_and_identities_that_azure_makes_are_known_as_far_as_they_are() {
    const NODES: &str =
        r#""/subscriptions/s1/resourceGroups/${azurerm_kubernetes_cluster.c.node_resource_group}""#;
    const IDENTITY: &str = "azurerm_kubernetes_cluster.c.kubelet_identity[0].object_id is known after apply";
    for (at, (expression, expected)) in [
        (NODES, "/subscriptions/s1/resourceGroups/MC_rg_aks_westeurope"),
        ("one(azurerm_kubernetes_cluster.c.kubelet_identity[*].object_id)", IDENTITY),
        ("[for i in azurerm_kubernetes_cluster.c.kubelet_identity : i.object_id][0]", IDENTITY),
        ("try(azurerm_kubernetes_cluster.c.kubelet_identity[0].object_id, \"/none\")", IDENTITY),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(derived(&format!("derived-aks-{at}"), expression, Some("s1")), expected, "{expression}");
    }
}

/// That something fails on an id whose subscription nothing names says nothing of the real id.
#[test]
fn a_default_is_not_taken_because_a_placeholder_does_not_fit() {
    const ID: &str = "azurerm_virtual_network.v.id";
    const GUID: &str = "11111111-2222-3333-4444-555555555555";
    let text = format!("try(regex(\"^/subscriptions/11111111-[^/]*\", {ID}), \"/none\")");
    let can = format!("can(regex(\"^/subscriptions/11111111-\", {ID})) ? \"/yes\" : \"/no\"");
    let index = format!("try({{ \"{GUID}\" = \"/one\" }}[split(\"/\", {ID})[2]], \"/none\")");
    let whole = format!("/subscriptions/{GUID}");
    for (at, (expression, known)) in
        [(&text, &*whole), (&can, "/yes"), (&index, "/one")].into_iter().enumerate()
    {
        assert_eq!(derived(&format!("derived-try-{at}"), expression, None), "open", "{expression}");
        assert_eq!(derived(&format!("derived-try-with-{at}"), expression, Some(GUID)), known, "{expression}");
    }
}
