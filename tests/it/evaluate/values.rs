//! What values are and where they come from.

use trueup::terraform::value::json::known_json;
use trueup::terraform::value::{Reason, Value};

use super::{evaluate, instance, options, said, summaries, text_at};

/// A value knows the text that a person edits to change it, and the attribute that uses it.
#[test]
fn values_know_where_they_come_from() {
    let main = r#"variable "size" {}
variable "sku" { default = "Free" }
locals {
  location = "westeurope"
}
module "aks" {
  source   = "./aks"
  size     = var.size
  sku      = var.sku
  location = local.location
  tags     = { a = "b" }
}
"#;
    let aks = r#"variable "size" { type = string }
variable "sku" {}
variable "location" {}
variable "tags" { type = map(string) }
variable "zones" { default = ["1"] }
resource "azurerm_kubernetes_cluster" "this" {
  name                = "aks-${var.location}"
  location            = var.location
  resource_group_name = "rg"
  sku_tier            = var.sku
  tags                = var.tags
  default_node_pool {
    name       = "system"
    node_count = var.size
    zones      = var.zones
  }
}
"#;
    let e =
        evaluate(&options(&[("main.tf", main), ("terraform.tfvars", "size = 3\n"), ("aks/main.tf", aks)]));
    let cluster = instance(&e, "module.aks.azurerm_kubernetes_cluster.this");
    let get = |name: &str| cluster.planned.get(name).unwrap();
    let pool = |name: &str| get("default_node_pool").as_slice().unwrap()[0].get(name).unwrap();
    let cases = [
        (get("location"), "main.tf:4 \"westeurope\"", "aks/main.tf:8 location            = var.location"),
        (get("sku_tier"), "main.tf:2 \"Free\"", "aks/main.tf:10 sku_tier            = var.sku"),
        (get("tags"), "main.tf:11 { a = \"b\" }", "aks/main.tf:11 tags                = var.tags"),
        (pool("node_count"), "terraform.tfvars:1 3", "aks/main.tf:14 node_count = var.size"),
        (pool("zones"), "aks/main.tf:5 [\"1\"]", "aks/main.tf:15 zones      = var.zones"),
    ];
    for (value, at, by) in cases {
        assert_eq!(text_at(&e, value.origin.at), at);
        assert_eq!(text_at(&e, value.origin.via().last().copied()), by);
    }
    let name = cluster.config.get("name").unwrap();
    assert_eq!(name.as_str(), Some("aks-westeurope"));
    let via: Vec<String> = name.origin.via().iter().map(|s| text_at(&e, Some(*s))).collect();
    assert_eq!(text_at(&e, name.origin.at), "aks/main.tf:7 \"aks-${var.location}\"");
    assert_eq!(via[0], "main.tf:4 \"westeurope\"");
    let calls: Vec<String> = cluster.calls.iter().map(|s| text_at(&e, Some(*s))).collect();
    assert_eq!(calls, ["main.tf:6 module \"aks\""]);
    let block = "aks/main.tf:6 resource \"azurerm_kubernetes_cluster\" \"this\"";
    assert_eq!(text_at(&e, Some(cluster.block)), block);
}

fn why(value: &Value) -> String {
    let tail = |derived: bool| if derived { " derived" } else { "" };
    match value.unknown_reason() {
        Some(Reason::Computed { address, path, derived }) => format!("{address} {path}{}", tail(derived)),
        Some(Reason::Data { address, path, derived, .. }) => format!("{address} {path}{}", tail(derived)),
        Some(other) => format!("{other:?}"),
        None => value.as_str().unwrap_or("?").to_owned(),
    }
}

/// A reference to what the provider computes is known to be that attribute, however it is reached.
#[test]
fn computed_attributes_keep_their_name() {
    let text = r#"
resource "azurerm_resource_group" "rg" {
  for_each = toset(["a", "b"])
  name     = "rg-${each.key}"
  location = "westeurope"
}
resource "azurerm_kubernetes_cluster" "c" {
  name                = "c"
  location            = azurerm_resource_group.rg["a"].location
  resource_group_name = azurerm_resource_group.rg["a"].name
  default_node_pool {
    name = "x"
  }
  identity {
    type = "SystemAssigned"
  }
  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }
}
data "azurerm_client_config" "me" {}
resource "foo_bar" "x" {
  name = "y"
}
resource "foo_bar" "many" {
  for_each = toset(["k"])
  name     = each.key
}
locals {
  key = "b"
  x = {
    id       = azurerm_resource_group.rg["b"].id
    by_key   = azurerm_resource_group.rg[local.key].id
    splat    = values(azurerm_resource_group.rg)[*].id
    for      = [for r in azurerm_resource_group.rg : r.id]
    identity = azurerm_kubernetes_cluster.c.identity[0].principal_id
    kubelet  = azurerm_kubernetes_cluster.c.kubelet_identity[0].object_id
    legacy   = azurerm_kubernetes_cluster.c.kube_config.0.client_certificate
    secret   = azurerm_kubernetes_cluster.c.key_vault_secrets_provider[0].secret_identity[0].object_id
    tenant   = data.azurerm_client_config.me.tenant_id
    known    = azurerm_kubernetes_cluster.c.location
    made     = "${azurerm_resource_group.rg["a"].id}/x"
    nothing  = foo_bar.x.baz
    set      = foo_bar.x.name
    deep     = foo_bar.x.a[0].b["c"]
    each     = foo_bar.many["k"].id
    each_set = foo_bar.many["k"].name
  }
}
output "x" {
  value     = local.x
  sensitive = true
}
"#;
    let e = evaluate(&options(&[("main.tf", text)]));
    let x = &e.outputs["x"].value;
    let cases = [
        ("id", "azurerm_resource_group.rg[\"b\"] id"),
        ("by_key", "azurerm_resource_group.rg[\"b\"] id"),
        ("identity", "azurerm_kubernetes_cluster.c identity[0].principal_id"),
        ("kubelet", "azurerm_kubernetes_cluster.c kubelet_identity[0].object_id"),
        ("legacy", "azurerm_kubernetes_cluster.c kube_config[0].client_certificate"),
        ("secret", "azurerm_kubernetes_cluster.c key_vault_secrets_provider[0].secret_identity[0].object_id"),
        ("tenant", "data.azurerm_client_config.me tenant_id"),
        ("known", "westeurope"),
        ("made", "azurerm_resource_group.rg[\"a\"] id derived"),
        ("nothing", "foo_bar.x baz"),
        ("set", "y"),
        ("deep", "foo_bar.x a[0].b[\"c\"]"),
        ("each", "foo_bar.many[\"k\"] id"),
        ("each_set", "k"),
    ];
    for (name, want) in cases {
        assert_eq!(why(x.get(name).unwrap()), want, "{name}: {:?}", said(&e));
    }
    for list in ["splat", "for"] {
        let ids: Vec<String> = x.get(list).unwrap().as_slice().unwrap().iter().map(why).collect();
        assert_eq!(
            ids,
            ["azurerm_resource_group.rg[\"a\"] id", "azurerm_resource_group.rg[\"b\"] id"],
            "{list}"
        );
    }
}

/// `dynamic` blocks: iterators, nesting, and what cannot be told.
#[test]
fn dynamic_blocks_expand() {
    let text = r#"
variable "rules" {
  default = { ssh = { port = 22, from = ["10.0.0.0/8"] }, web = { port = 443, from = [] } }
}
variable "more" {}
resource "azurerm_network_security_group" "n" {
  name                = "n"
  location            = "l"
  resource_group_name = "g"
  dynamic "security_rule" {
    for_each = var.rules
    iterator = r
    content {
      name                       = r.key
      priority                   = 100
      direction                  = "Inbound"
      access                     = "Allow"
      protocol                   = "Tcp"
      source_port_range          = "*"
      destination_port_range     = r.value.port
      source_address_prefixes    = r.value.from
      destination_address_prefix = "*"
    }
  }
}
resource "azurerm_application_gateway" "g" {
  name                = "g"
  location            = "l"
  resource_group_name = "r"
  dynamic "url_path_map" {
    for_each = ["m"]
    content {
      name = url_path_map.value
      dynamic "path_rule" {
        for_each = toset(["a", "b"])
        content {
          name  = "${url_path_map.value}-${path_rule.key}"
          paths = [path_rule.value]
        }
      }
    }
  }
  dynamic "probe" {
    for_each = var.more
    content {
      name = probe.value
    }
  }
}
"#;
    let e = evaluate(&options(&[("main.tf", text)]));
    let names = |value: &Value| -> Vec<String> {
        value
            .as_slice()
            .unwrap()
            .iter()
            .map(|r| r.get("name").unwrap().as_str().unwrap().to_owned())
            .collect()
    };
    let rules = instance(&e, "azurerm_network_security_group.n").config.get("security_rule").unwrap();
    assert_eq!(names(rules), ["ssh", "web"]);
    let port = rules.as_slice().unwrap()[0].get("destination_port_range").unwrap();
    assert_eq!((port.as_i64(), text_at(&e, port.origin.at)), (Some(22), "main.tf:3 22".into()));
    let gateway = instance(&e, "azurerm_application_gateway.g");
    let map = &gateway.config.get("url_path_map").unwrap().as_slice().unwrap()[0];
    assert_eq!(names(map.get("path_rule").unwrap()), ["m-a", "m-b"]);
    assert!(gateway.planned.get("probe").unwrap().is_unknown());
}

/// Provider configurations reach the resources of modules under the names of the root.
#[test]
fn providers_with_aliases_are_passed_on() {
    let main = r#"
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 3.50, < 5.0"
    }
  }
}
provider "azurerm" {
  features {}
  subscription_id = "one"
}
provider "azurerm" {
  alias = "hub"
  features {}
  subscription_id = "two"
}
module "m" {
  source    = "./m"
  providers = { azurerm = azurerm.hub, azurerm.spoke = azurerm }
}
resource "azurerm_resource_group" "a" {
  name     = "a"
  location = "l"
}
"#;
    let m = r#"
resource "azurerm_resource_group" "b" {
  name     = "b"
  location = "l"
}
resource "azurerm_resource_group" "c" {
  provider = azurerm.spoke
  name     = "c"
  location = "l"
}
module "n" {
  source = "../n"
}
"#;
    let n = "resource \"azurerm_resource_group\" \"d\" {\n  name = \"d\"\n  location = \"l\"\n}\n";
    let e = evaluate(&options(&[("main.tf", main), ("m/main.tf", m), ("n/main.tf", n)]));
    assert_eq!(said(&e), Vec::<String>::new());
    let used: Vec<String> = e.instances.iter().map(|i| format!("{} {}", i.address, i.provider)).collect();
    let want = [
        "azurerm_resource_group.a azurerm",
        "module.m.azurerm_resource_group.b azurerm.hub",
        "module.m.azurerm_resource_group.c azurerm",
        "module.m.module.n.azurerm_resource_group.d azurerm.hub",
    ];
    assert_eq!(used, want);
    let hub = &e.providers["azurerm.hub"];
    assert_eq!(hub.config.as_ref().unwrap().get("subscription_id").unwrap().as_str(), Some("two"));
    assert_eq!((hub.major, &*hub.source), (Some(4), "hashicorp/azurerm"));

    let lock =
        "provider \"registry.terraform.io/hashicorp/azurerm\" {\n  version = \"3.117.0\"\n  hashes = []\n}\n";
    let e = evaluate(&options(&[("main.tf", n), (".terraform.lock.hcl", lock)]));
    let provider = &e.providers["azurerm"];
    assert_eq!((provider.major, provider.version.as_deref()), (Some(3), Some("3.117.0")));
}

/// Nested blocks in JSON syntax, and a `dynamic` one, are what they are in native syntax.
#[test]
fn json_blocks_are_blocks() {
    let json = r#"{
  "variable": {"rules": {"default": {"ssh": 22}}},
  "resource": {
    "azurerm_network_security_group": {
      "n": {
        "name": "n",
        "location": "${lower("WE")}",
        "resource_group_name": "g",
        "tags": {"a": "b"},
        "timeouts": {"create": "5m"},
        "dynamic": {"security_rule": {"for_each": "${var.rules}", "content": {"name": "${security_rule.key}", "priority": 100}}}
      }
    },
    "azurerm_kubernetes_cluster": {
      "c": {
        "name": "c", "location": "l", "resource_group_name": "g",
        "default_node_pool": [{"name": "x", "upgrade_settings": {"max_surge": "10%"}}],
        "identity": {"type": "SystemAssigned"}
      }
    }
  }
}"#;
    let json = json.replace("lower(\"WE\")", "lower(\\\"WE\\\")");
    let e = evaluate(&options(&[("main.tf.json", &json)]));
    let n = instance(&e, "azurerm_network_security_group.n");
    assert_eq!(n.planned.get("location").unwrap().as_str(), Some("we"), "{:?}", said(&e));
    let rule = &n.config.get("security_rule").unwrap().as_slice().unwrap()[0];
    assert_eq!(rule.get("name").unwrap().as_str(), Some("ssh"));
    assert_eq!(n.planned.get("timeouts").unwrap().get("create").unwrap().as_str(), Some("5m"));
    let pool = &instance(&e, "azurerm_kubernetes_cluster.c")
        .planned
        .get("default_node_pool")
        .unwrap()
        .as_slice()
        .unwrap()[0];
    let surge = &pool.get("upgrade_settings").unwrap().as_slice().unwrap()[0];
    assert_eq!(surge.get("max_surge").unwrap().as_str(), Some("10%"));
    assert_eq!(text_at(&e, pool.get("name").unwrap().origin.at), "main.tf.json:17 \"x\"");
}

/// What the content of a `dynamic` block refers to matters once such a block is made, as for Terraform.
#[test]
fn content_that_is_not_made_may_name_anything() {
    let text = |each: &str| {
        format!(
            "resource \"azurerm_network_security_group\" \"n\" {{\n  name = \"n\"\n  location = \"l\"\n  \
             resource_group_name = \"g\"\n  dynamic \"security_rule\" {{\n    for_each = {each}\n    content {{\n      \
             name = try(other.value.name, \"r\")\n    }}\n  }}\n}}\n"
        )
    };
    let errors = |each: &str| {
        let evaluation = evaluate(&options(&[("main.tf", &text(each))]));
        evaluation.diagnostics.iter().filter(|d| d.summary == "Reference to undeclared resource").count()
    };
    assert_eq!(errors("[]"), 0);
    assert_eq!(errors("[1]"), 1);
}

/// Seen in public code, and right for Terraform 1.11.4.
#[test]
fn what_looks_wrong_and_is_not() {
    let main = r#"
module "m" {
  source = "./m"
}
module "away" {
  source = "a/b/c"
}
output "none" { value = try(module.m.none, "default") }
output "can" { value = can(module.m.none) }
output "one" { value = try(module.m.one, "default") }
module "each" {
  source   = "./m"
  for_each = { k = 1 }
}
output "key" { value = [module.each.k.one, module.each.k, try(module.each.other.one, 0)] }
resource "terraform_data" "b" {
  input      = 1
  depends_on = [terraform_data.b]
}
moved {
  from = terraform_data.a
  to   = terraform_data.b
}
moved {
  from = terraform_data.a
  to   = terraform_data.b
}
import {
  to = module.away.module.in.terraform_data.x
  id = "x"
}
output "id" { value = try(provider::azurerm::parse_resource_id("/subscriptions/s/resourceGroups/g").subscription_id, "") }
output "other" { value = provider::other::thing(1) }
"#;
    let e = evaluate(&options(&[("main.tf", main), ("m/main.tf", "output \"one\" { value = 1 }\n")]));
    let want = ["main.tf:6:12 error Module not installed", "main.tf:33:26 warning Unknown provider function"];
    assert_eq!(summaries(&e), want);
    for (name, value) in [
        ("none", "\"default\""),
        ("can", "false"),
        ("one", "1"),
        ("id", "\"s\""),
        ("key", r#"[1,{"one":1},0]"#),
    ] {
        assert_eq!(known_json(&e.outputs[name].value).unwrap().to_string(), value, "{name}");
    }
    assert!(e.outputs["other"].value.is_unknown());
    assert_eq!(e.moves.len(), 1);
}
