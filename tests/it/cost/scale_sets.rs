//! Scale sets and Defender plans from azurerm code: what they cost, and that their addresses are counted.

use crate::harness::{Folder, trueup_in};
use serde_json::Value as Json;

const NETWORK: &str = r#"
resource "azurerm_resource_group" "a" {
  name     = "rg-a"
  location = "eastus"
}

resource "azurerm_virtual_network" "a" {
  name                = "vnet-a"
  location            = azurerm_resource_group.a.location
  resource_group_name = azurerm_resource_group.a.name
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "a" {
  name                 = "snet-a"
  resource_group_name  = azurerm_resource_group.a.name
  virtual_network_name = azurerm_virtual_network.a.name
  address_prefixes     = ["10.0.0.0/28"]
}
"#;

/// A scale set of a kind, its size under `size`, with `more` lines, and one address an instance.
fn scale_set(kind: &str, size: &str, instances: &str, more: &str) -> String {
    format!(
        r#"
variable "open" {{
  type = number
}}

resource "azurerm_{kind}_virtual_machine_scale_set" "set" {{
  name                = "vmss-a"
  location            = azurerm_resource_group.a.location
  resource_group_name = azurerm_resource_group.a.name
  {size}
  {instances}
  {more}

  os_disk {{
    caching              = "ReadWrite"
    storage_account_type = "Premium_LRS"
    disk_size_gb         = 128
  }}

  data_disk {{
    lun                  = 0
    caching              = "ReadOnly"
    storage_account_type = "Standard_LRS"
    disk_size_gb         = 100
  }}

  network_interface {{
    name    = "nic"
    primary = true

    ip_configuration {{
      name      = "ip"
      primary   = true
      subnet_id = azurerm_subnet.a.id
    }}
  }}
}}
"#
    )
}

fn run(name: &str, code: &str, command: &str) -> Json {
    let folder =
        Folder::new(&format!("scale-sets-{name}-{command}"), &[("main.tf", &format!("{NETWORK}{code}"))]);
    trueup_in(folder.path(), &[command, ".", "--format", "json"]).json()
}

/// `name: expected quantity unit` of each line of an address.
fn quantities(cost: &Json, address: &str) -> Vec<String> {
    let resources = cost["resources"].as_array().unwrap();
    let Some(resource) = resources.iter().find(|r| r["address"] == address) else { return Vec::new() };
    let line = |c: &Json| {
        let text = |v: &Json| v.as_str().unwrap().to_owned();
        format!("{}: {} {}", text(&c["name"]), text(&c["quantity"]["expected"]), text(&c["unit"]))
    };
    resource["components"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn scale_sets_are_priced_and_take_addresses() {
    let sku = r#"sku = "Standard_DS2_v2""#;
    let windows =
        "os_profile {\n windows_configuration {\n admin_username = \"a\"\n admin_password = \"b\"\n }\n }";
    for (kind, size, more, machine) in [
        ("linux", sku, r#"admin_username = "a""#, "Standard_DS2_v2 machine"),
        ("windows", sku, "", "Standard_DS2_v2 Windows machine"),
        ("windows", sku, r#"license_type = "Windows_Server""#, "Standard_DS2_v2 machine"),
        ("linux", sku, r#"priority = "Spot""#, "Standard_DS2_v2 Spot machine"),
        (
            "orchestrated",
            r#"sku_name = "Standard_DS2_v2""#,
            "platform_fault_domain_count = 1",
            "Standard_DS2_v2 machine",
        ),
        ("orchestrated", r#"sku_name = "Standard_DS2_v2""#, windows, "Standard_DS2_v2 Windows machine"),
    ] {
        let code = scale_set(kind, size, "instances = 3", more);
        let address = format!("azurerm_{kind}_virtual_machine_scale_set.set");
        let cost = run(kind, &code, "cost");
        assert_eq!(
            quantities(&cost, &address),
            // 3 x 730 = 2190
            [
                format!("{machine}: 2190 machine-hours"),
                "Data disk, S10 LRS: 3 disk-months".to_owned(),
                "OS disk, P10 LRS: 3 disk-months".to_owned(),
            ],
            "{cost:#}"
        );
        let subnets = run(kind, &code, "subnets");
        let consumers = &subnets["subnets"][0]["consumers"];
        assert_eq!(consumers[0]["kind"], "scale_set", "{subnets:#}");
        assert_eq!(subnets["subnets"][0]["steady"], 3, "{subnets:#}");
    }
}

#[test]
fn a_number_of_instances_that_is_not_known_bounds_nothing() {
    let code =
        scale_set("linux", r#"sku = "Standard_DS2_v2""#, "instances = var.open", r#"admin_username = "a""#);
    let cost = run("open", &code, "cost");
    assert_eq!(quantities(&cost, "azurerm_linux_virtual_machine_scale_set.set"), [""; 0]);
    let reason = cost["unpriced"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("capacity is not known"), "{reason}");
    let subnets = run("open", &code, "subnets");
    let subnet = &subnets["subnets"][0];
    assert_eq!(
        (&subnet["bound"], &subnet["steady"]),
        (&Json::from("at_least"), &Json::from(0)),
        "{subnets:#}"
    );
}

#[test]
fn defender_plans_of_a_subscription() {
    let code = r#"
resource "azurerm_security_center_subscription_pricing" "plan" {
  for_each      = toset(["KeyVaults", "Arm"])
  tier          = "Standard"
  resource_type = each.key
}

resource "azurerm_security_center_subscription_pricing" "servers" {
  tier = "Standard"
}

resource "azurerm_security_center_subscription_pricing" "free" {
  tier          = "Free"
  resource_type = "Containers"
}

resource "azurerm_virtual_machine" "old" {
  name                  = "vm-old"
  location              = azurerm_resource_group.a.location
  resource_group_name   = azurerm_resource_group.a.name
  network_interface_ids = []
  vm_size               = "Standard_DS2_v2"

  storage_os_disk {
    name              = "os"
    create_option     = "FromImage"
    managed_disk_type = "Standard_LRS"
  }
}

resource "azurerm_key_vault" "a" {
  name                = "kv-a"
  location            = azurerm_resource_group.a.location
  resource_group_name = azurerm_resource_group.a.name
  tenant_id           = "11111111-1111-1111-1111-111111111111"
  sku_name            = "standard"
}
"#;
    let cost = run("defender", code, "cost");
    let plan = |key: &str| format!("azurerm_security_center_subscription_pricing.{key}");
    assert_eq!(
        quantities(&cost, &plan("plan[\"KeyVaults\"]")),
        ["Defender for Cloud, KeyVaults: 730 vault-hours"]
    );
    assert_eq!(
        quantities(&cost, &plan("servers")),
        ["Defender for Cloud, VirtualMachines: 730 server-hours"]
    );
    assert_eq!(
        quantities(&cost, "azurerm_virtual_machine.old"),
        ["Standard_DS2_v2 machine: 730 machine-hours", "OS disk, S4 LRS: 1 disk-months"]
    );
    assert_eq!(
        quantities(&cost, &plan("plan[\"Arm\"]")),
        ["Defender for Cloud, Arm: 730 subscription-hours"]
    );
    assert_eq!(cost["unpriced"].as_array().unwrap().len(), 0, "{}", cost["unpriced"]);
    let free = cost["free"].as_array().unwrap();
    assert!(free.contains(&plan("free").into()), "{free:?}");
}
