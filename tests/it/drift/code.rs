//! Code from drift: what a patch or import blocks say is in sync once they are in the code.

use std::process::Command;

use serde_json::{Value as Json, json};

use super::recording::Recordings;
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
        ]
    );
    assert_eq!(report["patch"]["patched"], 9);
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
        text.stdout.contains("the patch takes 9 differences away") && text.stdout.contains("not patched: "),
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
        "# No resource block: it needs network_interface_ids, of which the catalogue knows nothing.",
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

const NESTED: &str = r#"terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 5.0" }
  }
}

variable "owner" {
  type    = string
  default = "a"
}

variable "addresses" {
  type = map(object({ idle = number }))
  default = {
    one = { idle = 5 }
    two = { idle = 6 }
  }
}

resource "azurerm_resource_group" "main" {
  name     = "rg"
  location = "westeurope"
  tags = merge({ base = "1" }, {
    owner = var.owner # who to call
  })
}

resource "azurerm_public_ip" "each" {
  for_each                = var.addresses
  name                    = each.key
  location                = "westeurope"
  resource_group_name     = azurerm_resource_group.main.name
  allocation_method       = "Static"
  sku                     = "Standard"
  idle_timeout_in_minutes = each.value.idle
}

module "net" {
  source = "./net"
  prefix = "10.0.1.0/24" # of the subnet
  group  = azurerm_resource_group.main.name
  rules  = { https = 443 }
}
"#;

const NET: &str = r#"variable "prefix" {}
variable "group" {}
variable "rules" {}

resource "azurerm_virtual_network" "main" {
  name                = "net"
  location            = "westeurope"
  resource_group_name = var.group
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "a" {
  name                 = "a"
  resource_group_name  = var.group
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = [var.prefix, "10.0.8.0/24", "10.0.9.0/24"]

  # Of the functions.
  delegation {
    name = "d"
    service_delegation {
      name    = "Microsoft.Web/serverFarms"
      actions = ["Microsoft.Network/virtualNetworks/subnets/action"]
    }
  }
}

resource "azurerm_firewall_policy" "main" {
  name                = "policy"
  location            = "westeurope"
  resource_group_name = var.group

  intrusion_detection {
    mode = "Alert"

    traffic_bypass {
      name     = "one"
      protocol = "TCP"
    }
  }
}

resource "azurerm_network_security_group" "main" {
  name                = "nsg"
  location            = "westeurope"
  resource_group_name = var.group

  dynamic "security_rule" {
    for_each = var.rules
    content {
      name                       = security_rule.key
      priority                   = 100
      direction                  = "Inbound"
      access                     = "Allow"
      protocol                   = "Tcp"
      source_port_range          = "*"
      destination_port_range     = security_rule.value
      source_address_prefix      = "10.0.0.0/8"
      destination_address_prefix = "*"
    }
  }
}
"#;

/// What hangs on blocks in blocks, on entries of a map, on an argument of a module and on merged maps.
#[test]
fn a_patch_edits_the_text_of_origin_wherever_it_stands() {
    let network = |ty: &str, name: &str, properties: Json| json!({"id": id(&format!("{ty}/{name}")), "name": name, "location": "westeurope", "properties": properties});
    let subnet = json!({"id": id("virtualNetworks/net/subnets/a"), "name": "a", "properties": {
        "addressPrefixes": ["10.0.7.0/24", "10.0.9.0/24"], "privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled",
        "delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.Web/hostingEnvironments", "actions": []}}]}});
    let bypass = |name: &str| json!({"name": name, "protocol": "TCP"});
    let policy = json!({"sku": {"tier": "Standard"}, "threatIntelMode": "Alert", "intrusionDetection": {
        "mode": "Alert", "configuration": {"bypassTrafficSettings": [bypass("one"), bypass("two")]}}});
    let live = json!({"format": "trueup-snapshot/1", "complete": true, "scope": ["/subscriptions/s"], "resources": [
        {"id": "/subscriptions/s/resourceGroups/rg", "name": "rg", "location": "westeurope",
            "tags": {"base": "1", "owner": "b", "extra": "e"}},
        address("one", 15), address("two", 6),
        network("virtualNetworks", "net", json!({"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [subnet]})),
        network("firewallPolicies", "policy", policy),
        network("networkSecurityGroups", "nsg", json!({"securityRules": [
            {"name": "https", "id": id("networkSecurityGroups/nsg/securityRules/https"), "properties": {
                "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp", "sourcePortRange": "*",
                "destinationPortRange": "8443", "sourceAddressPrefix": "10.0.0.0/8", "destinationAddressPrefix": "*"}}]})),
    ]});
    let files = [("main.tf", NESTED), ("net/main.tf", NET), ("live.json", &live.to_string())];
    let folder = Folder::new("nested", &files);
    let run = |folder: &Folder, more: &[&str]| {
        trueup_in(folder.path(), &[&["drift", ".", "--live", "live.json", "--format", "json"], more].concat())
    };
    let report = run(&folder, &["--patch", "out.diff"]);
    let copy = Folder::new("nested-patched", &files);
    let diff = folder.path().join("out.diff");
    let applied = Command::new("git").arg("apply").arg(&diff).current_dir(copy.path()).output().unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let report = report.json();
    assert_eq!(texts(&report, "patch"), Vec::<String>::new(), "{}", std::fs::read_to_string(&diff).unwrap());
    assert_eq!(open(&run(&copy, &[])), Vec::<String>::new());
    let text = |name: &str| std::fs::read_to_string(copy.path().join(name)).unwrap();
    let (main, net) = (text("main.tf"), text("net/main.tf"));
    for part in [
        "one = { idle = 15 }",
        "two = { idle = 6 }",
        "prefix = \"10.0.7.0/24\" # of the subnet",
        "# who to call",
    ] {
        assert!(main.contains(part), "{part}: {main}");
    }
    for part in [
        "# Of the functions.",
        "[var.prefix, \"10.0.9.0/24\"]",
        "      name     = \"two\"",
        "mode = \"Alert\"",
    ] {
        assert!(net.contains(part), "{part}: {net}");
    }
}

/// Every resource of every recording, as if nobody had declared it: a block is written that is in sync.
#[test]
fn what_was_recorded_is_written_as_code_in_sync() {
    let (mut imported, mut wrong) = (0, Vec::new());
    for case in Recordings::of_repository().cases() {
        let major = if case.name.starts_with("provider-4") { 4 } else { 5 };
        let mut main = format!(
            "terraform {{\n  required_providers {{\n    azurerm = {{ source = \"hashicorp/azurerm\", version = \"~> {major}.0\" }}\n  }}\n}}\n"
        );
        let documents = case.arm.as_array().unwrap();
        for (at, group) in documents.iter().enumerate() {
            let name = group["id"].as_str().unwrap().split('/').skip(3).collect::<Vec<_>>();
            if let [_, name] = name[..]
                && group["managedBy"].is_null()
            {
                let location = group["location"].as_str().unwrap();
                main.push_str(&format!(
                    "resource \"azurerm_resource_group\" \"g{at}\" {{\n  name     = \"{name}\"\n  location = \"{location}\"\n}}\n"
                ));
            }
        }
        let folder = Folder::new(
            &format!("written-{}", case.name.replace('/', "-")),
            &[("main.tf", &main), ("live.json", &case.arm.to_string())],
        );
        let args = ["drift", ".", "--live", "live.json", "--format", "json", "--import-blocks", "imports.tf"];
        let report = trueup_in(folder.path(), &args).json();
        let count = |name: &str| report["imports"][name].as_u64().unwrap();
        imported += count("imported");
        if count("imported") != count("written") || report["imports"]["left"] != json!([]) {
            let text = std::fs::read_to_string(folder.path().join("imports.tf")).unwrap();
            let why: Vec<&str> = text.lines().filter(|l| l.starts_with("# No")).collect();
            wrong.push(format!("{}: {why:?} {}", case.name, report["imports"]["left"]));
        }
        let text = std::fs::read_to_string(folder.path().join("imports.tf")).unwrap_or_default();
        if text.contains("(unknown") || text.contains("<unknown") {
            wrong.push(format!("{}: {text}", case.name));
        }
    }
    say!("imports: {imported} recorded resources, {} cases with one that is not written", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(imported > 200, "{imported}");
}
