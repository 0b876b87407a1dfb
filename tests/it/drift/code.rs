//! Code from drift: what a patch or import blocks say is in sync once they are in the code.

use std::process::Command;

use serde_json::{Value as Json, json};

use crate::harness::{Folder, Run, trueup_in};

const MAIN: &str = r#"terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 5.0" }
  }
}

locals {
  tags = { cost = "1" }
}

variable "propagation" {
  type    = bool
  default = true
}

variable "given" {
  type = number
}

resource "azurerm_resource_group" "main" {
  name     = "rg"
  location = "westeurope"
  tags = {
    team = "a" # who to call
    gone = "x"
  }
}

resource "azurerm_resource_group" "merged" {
  name     = "merged"
  location = "westeurope"
  tags     = merge(local.tags, { team = "b" })
}

resource "azurerm_route_table" "main" {
  name                          = "routes"
  location                      = "westeurope"
  resource_group_name           = azurerm_resource_group.main.name
  bgp_route_propagation_enabled = var.propagation
}

resource "azurerm_public_ip" "each" {
  for_each                = toset(["a", "b"])
  name                    = each.key
  location                = "westeurope"
  resource_group_name     = azurerm_resource_group.main.name
  allocation_method       = "Static"
  sku                     = "Standard"
  idle_timeout_in_minutes = 5
}

resource "azurerm_public_ip" "plain" {
  name                = "plain"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
  sku                 = "Standard"
}

resource "azurerm_public_ip" "given" {
  name                    = "given"
  location                = "westeurope"
  resource_group_name     = azurerm_resource_group.main.name
  allocation_method       = "Static"
  sku                     = "Standard"
  idle_timeout_in_minutes = var.given
}

resource "azurerm_virtual_network" "main" {
  name                = "net"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
  address_space = [
    "10.0.0.0/16", # the first
    "10.1.0.0/16", # to go
  ]
}

resource "azurerm_network_security_group" "main" {
  name                = "nsg"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name

  # Only what is needed.
  security_rule {
    name                       = "https"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_range     = "443"
    source_address_prefix      = "10.0.0.0/8"
    destination_address_prefix = "*"
  }
}
"#;

const VARS: &str = "propagation = true # as ever\n";

fn id(path: &str) -> String {
    format!("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/{path}")
}

fn address(name: &str, idle: u32) -> Json {
    json!({"id": id(&format!("publicIPAddresses/{name}")), "name": name, "location": "westeurope",
        "sku": {"name": "Standard", "tier": "Regional"}, "properties": {"provisioningState": "Succeeded",
        "publicIPAddressVersion": "IPv4", "publicIPAllocationMethod": "Static", "idleTimeoutInMinutes": idle,
        "ddosSettings": {"protectionMode": "VirtualNetworkInherited"}}})
}

fn rule(priority: u32) -> Json {
    json!({"name": "https", "id": id("networkSecurityGroups/nsg/securityRules/https"), "properties": {
        "priority": priority, "direction": "Inbound", "access": "Allow", "protocol": "Tcp", "sourcePortRange": "*",
        "destinationPortRange": "8443", "sourceAddressPrefix": "10.0.0.0/8", "destinationAddressPrefix": "*"}})
}

/// What is live, with further documents.
fn live(more: &[Json]) -> String {
    let group = |name: &str, tags: Json| {
        json!({"id": format!("/subscriptions/s/resourceGroups/{name}"), "name": name, "location": "westeurope",
            "tags": tags})
    };
    let network = |ty: &str, name: &str, properties: Json| json!({"id": id(&format!("{ty}/{name}")), "name": name, "location": "westeurope", "properties": properties});
    let mut all = vec![
        group("rg", json!({"team": "z", "new tag": "n"})),
        group("merged", json!({"cost": "2", "team": "b", "extra": "e"})),
        network("routeTables", "routes", json!({"disableBgpRoutePropagation": true, "routes": []})),
        address("a", 10),
        address("b", 5),
        address("plain", 30),
        address("given", 7),
        network(
            "virtualNetworks",
            "net",
            json!({"addressSpace": {"addressPrefixes": ["10.0.0.0/16", "10.2.0.0/16"]}, "subnets": []}),
        ),
        network("networkSecurityGroups", "nsg", json!({"securityRules": [rule(110)]})),
    ];
    all.extend_from_slice(more);
    json!({"format": "trueup-snapshot/1", "complete": true, "scope": ["/subscriptions/s"], "resources": all})
        .to_string()
}

fn drift(folder: &Folder, more: &[&str]) -> Run {
    let args = [
        "drift",
        ".",
        "--live",
        "live.json",
        "--format",
        "json",
        "--var",
        "given=4",
        "--today",
        "2026-11-20",
    ];
    trueup_in(folder.path(), &[&args, more].concat())
}

/// `ADDRESS ATTRIBUTE` of what drifts.
fn open(run: &Run) -> Vec<String> {
    let report = run.json();
    let resources = report["resources"].as_array().unwrap().clone();
    let of = |r: &Json| {
        let address = r["address"].as_str().unwrap().to_owned();
        let drift =
            r["differences"].as_array().unwrap().clone().into_iter().filter(|d| d["class"] == "drift");
        drift.map(move |d| format!("{address} {}", d["attribute"].as_str().unwrap())).collect::<Vec<_>>()
    };
    resources.iter().flat_map(of).collect()
}

fn texts(report: &Json, of: &str) -> Vec<String> {
    let left = report[of]["left"].as_array().unwrap().clone();
    let text = |l: &Json, name: &str| l[name].as_str().unwrap_or_default().to_owned();
    left.iter()
        .map(|l| format!("{} {}: {}", text(l, "address"), text(l, "attribute"), text(l, "reason")))
        .collect()
}

#[test]
fn a_patch_makes_the_code_say_what_is_live_and_tells_what_it_leaves() {
    let folder =
        Folder::new("patch", &[("main.tf", MAIN), ("terraform.tfvars", VARS), ("live.json", &live(&[]))]);
    assert_eq!(open(&drift(&folder, &[])).len(), 11, "{:?}", open(&drift(&folder, &[])));
    let run = drift(&folder, &["--patch", "out.diff"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    let report = run.json();
    let left = texts(&report, "patch");
    assert_eq!(
        left,
        [
            "azurerm_public_ip.each[\"a\"] idle_timeout_in_minutes: the same text sets azurerm_public_ip.each[\"b\"] idle_timeout_in_minutes",
            "azurerm_public_ip.given idle_timeout_in_minutes: the variable given is given from outside of the files",
            "azurerm_resource_group.merged tags.extra: tags is computed at main.tf:32",
        ]
    );
    assert_eq!(report["patch"]["patched"], 8);
    let copy =
        Folder::new("patched", &[("main.tf", MAIN), ("terraform.tfvars", VARS), ("live.json", &live(&[]))]);
    let diff = folder.path().join("out.diff");
    let applied = Command::new("git").arg("apply").arg(&diff).current_dir(copy.path()).output().unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let still: Vec<String> = left.iter().map(|l| l.split(": ").next().unwrap().to_owned()).collect();
    assert_eq!(open(&drift(&copy, &[])), still);
    let text = std::fs::read_to_string(copy.path().join("main.tf")).unwrap();
    for kept in [
        "# who to call",
        "# the first",
        "# Only what is needed.",
        "    \"10.2.0.0/16\",\n",
        "\"new tag\" = \"n\"",
        "cost = \"2\"",
    ] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    assert!(!text.contains("gone") && !text.contains("# to go"), "{text}");
    let vars = std::fs::read_to_string(copy.path().join("terraform.tfvars")).unwrap();
    assert_eq!(vars, "propagation = false # as ever\n");
    // The text form tells the same; `-` prints the patch alone.
    let text = trueup_in(
        folder.path(),
        &["drift", ".", "--live", "live.json", "--var", "given=4", "--patch", "again.diff"],
    );
    assert!(
        text.stdout.contains("the patch takes 8 differences away") && text.stdout.contains("not patched: "),
        "{}",
        text.stdout
    );
    assert_eq!(drift(&folder, &["--patch", "-"]).stdout, std::fs::read_to_string(diff).unwrap());
    let state =
        trueup_in(folder.path(), &["drift", "--plan", "none.json", "--live", "live.json", "--patch", "-"]);
    assert_eq!(state.status, 1);
}

#[test]
fn import_blocks_bring_what_is_live_into_the_code() {
    let stranger = json!({"id": "/subscriptions/s/resourcegroups/rg/providers/microsoft.network/publicipaddresses/1-Odd.Name",
        "name": "1-Odd.Name", "location": "westeurope", "sku": {"name": "Standard", "tier": "Regional"},
        "tags": {"by": "hand ${x}"}, "zones": ["1", "2"], "properties": {"provisioningState": "Succeeded",
        "publicIPAddressVersion": "IPv4", "publicIPAllocationMethod": "Static", "idleTimeoutInMinutes": 15,
        "ddosSettings": {"protectionMode": "VirtualNetworkInherited"}}});
    let subnet = json!({"id": id("virtualNetworks/net/subnets/extra"), "name": "extra", "properties": {
        "addressPrefix": "10.0.9.0/24", "privateEndpointNetworkPolicies": "Enabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
        "delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.Web/serverFarms",
            "actions": ["Microsoft.Network/virtualNetworks/subnets/action"]}}]}});
    let other = json!({"id": id("networkSecurityGroups/other"), "name": "other", "location": "westeurope", "properties": {
        "securityRules": [{"name": "ssh", "id": id("networkSecurityGroups/other/securityRules/ssh"), "properties": {
            "priority": 200, "direction": "Inbound", "access": "Deny", "protocol": "*", "sourcePortRange": "*",
            "destinationPortRange": "22", "sourceAddressPrefix": "*", "destinationAddressPrefix": "*"}}]}});
    let machine = json!({"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm",
        "name": "vm", "location": "westeurope", "properties": {"osProfile": {"linuxConfiguration": {}}}});
    let files = |live: &str| {
        Folder::new("imports", &[("main.tf", MAIN), ("terraform.tfvars", VARS), ("live.json", live)])
    };
    let live = live(&[stranger, subnet, other, machine]);
    let folder = files(&live);
    let run = drift(&folder, &["--import-blocks", "imports.tf"]);
    let report = run.json();
    assert_eq!((run.status, texts(&report, "imports").len()), (2, 0), "{report}");
    let unmanaged = |run: &Run| {
        let report = run.json();
        let all = report["resources"].as_array().unwrap().clone();
        all.iter()
            .filter(|r| r["status"] == "unmanaged")
            .map(|r| r["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(unmanaged(&run).len(), 4, "{:?}", unmanaged(&run));
    let text = std::fs::read_to_string(folder.path().join("imports.tf")).unwrap();
    for part in [
        "to = azurerm_public_ip._1-Odd_Name\n  id = \"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/1-Odd.Name\"",
        "resource \"azurerm_subnet\" \"extra\" {",
        "= azurerm_virtual_network.main.name\n",
        "\"hand $${x}\"",
        "# No resource block: the catalogue knows only some arguments of azurerm_linux_virtual_machine.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // With the file in the code, all that has a resource block is in sync.
    let report = drift(&folder, &[]).json();
    let all = report["resources"].as_array().unwrap();
    for address in
        ["azurerm_public_ip._1-Odd_Name", "azurerm_subnet.extra", "azurerm_network_security_group.other"]
    {
        let found = all.iter().find(|r| r["address"] == address).unwrap();
        assert_eq!(found["status"], "in_sync", "{found}");
    }
    assert_eq!(
        unmanaged(&drift(&folder, &[])),
        ["/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm"]
    );
    let again = drift(&folder, &["--import-blocks", "imports.tf"]);
    assert!(again.status == 1 && again.stderr.contains("is there already"), "{}", again.stderr);
}
