//! Names that evaluation cannot know: the state says which resource it is.

use serde_json::{Value as Json, json};

use crate::harness::{Folder, trueup_in};

const MAIN: &str = r#"
terraform {
  required_providers {
    azurerm  = { source = "hashicorp/azurerm", version = "~> 5.0" }
    external = { source = "hashicorp/external" }
  }
}
data "external" "names" {
  program = ["./names"]
}
resource "azurerm_resource_group" "main" {
  name     = "rg"
  location = "westeurope"
}
resource "azurerm_virtual_network" "main" {
  name                = data.external.names.result.net
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
  address_space       = ["10.0.0.0/16"]
}
resource "azurerm_subnet" "a" {
  name                 = "a"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.0.1.0/24"]
}
resource "azurerm_virtual_network" "gone" {
  name                = data.external.names.result.gone
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
  address_space       = ["10.1.0.0/16"]
}
"#;

fn network(name: &str) -> String {
    format!("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/{name}")
}

fn object(ty: &str, name: &str, attributes: &Json) -> Json {
    json!({"mode": "managed", "type": ty, "name": name,
        "provider": "provider[\"example.org/hashicorp/azurerm\"]",
        "instances": [{"schema_version": 0, "attributes": attributes}]})
}

#[test]
fn the_state_says_which_resource_it_is() {
    let vnet = |name: &str, prefix: &str| {
        json!({"id": network(name), "name": name, "resource_group_name": "rg", "location": "westeurope",
            "address_space": [prefix]})
    };
    let subnet = json!({"id": format!("{}/subnets/a", network("net-7")), "name": "a", "resource_group_name": "rg",
        "virtual_network_name": "net-7", "address_prefixes": ["10.0.1.0/24"]});
    let group = json!({"id": "/subscriptions/s/resourceGroups/rg", "name": "rg", "location": "westeurope"});
    let state = json!({"version": 4, "serial": 1, "lineage": "l", "outputs": {}, "resources": [
        object("azurerm_resource_group", "main", &group),
        object("azurerm_virtual_network", "main", &vnet("net-7", "10.0.0.0/16")),
        object("azurerm_virtual_network", "gone", &vnet("net-8", "10.1.0.0/16")),
        object("azurerm_subnet", "a", &subnet),
    ]});
    let live = json!({"format": "trueup-snapshot/1", "complete": true, "scope": ["/subscriptions/s"], "resources": [
        group,
        {"id": network("net-7"), "name": "net-7", "location": "westeurope", "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16", "10.9.0.0/16"]}, "subnets": [
                {"id": format!("{}/subnets/a", network("net-7")), "name": "a", "properties": {
                    "addressPrefix": "10.0.1.0/24", "privateEndpointNetworkPolicies": "Disabled",
                    "privateLinkServiceNetworkPolicies": "Enabled"}}]}},
    ]});
    let (state, live) = (state.to_string(), live.to_string());
    let folder = Folder::new("names", &[("main.tf", MAIN), ("live.json", &live), ("one.tfstate", &state)]);
    let status = |more: &[&str]| -> Vec<String> {
        let args = [&["drift", ".", "--live", "live.json", "--format", "json"], more].concat();
        let report = trueup_in(folder.path(), &args).json();
        let all = report["resources"].as_array().unwrap().clone();
        let text = |r: &Json, name: &str| r[name].as_str().unwrap().to_owned();
        all.iter().map(|r| format!("{} {}", text(r, "address"), text(r, "status"))).collect()
    };
    assert_eq!(
        status(&["--state", "one.tfstate"]),
        [
            "azurerm_resource_group.main in_sync",
            "azurerm_subnet.a in_sync",
            "azurerm_virtual_network.gone missing",
            "azurerm_virtual_network.main changed",
        ]
    );
    let without = status(&[]);
    assert!(without.contains(&"azurerm_virtual_network.main not_comparable".to_owned()), "{without:?}");
}
