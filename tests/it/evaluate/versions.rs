//! Which provider major and which Terraform an evaluation follows, where the code leaves a choice.

use super::{options, summaries};
use trueup::terraform::configuration::evaluate;

/// Code that only version 3 of azurerm accepts, that only 4 and later accept, and that all accept.
const OLD: &str = r#"
resource "azurerm_storage_account" "a" {
  name                      = "a"
  resource_group_name       = "g"
  location                  = "l"
  account_tier              = "Standard"
  account_replication_type  = "LRS"
  enable_https_traffic_only = true
}
"#;
const NEW: &str = r#"
resource "azurerm_kubernetes_cluster" "a" {
  name                = "a"
  resource_group_name = "g"
  location            = "l"
  dns_prefix          = "a"
  dynamic "default_node_pool" {
    for_each = [1]
    content {
      name                 = "a"
      vm_size              = "Standard_D2s_v5"
      auto_scaling_enabled = true
    }
  }
}
"#;
const ANY: &str = "resource \"azurerm_resource_group\" \"a\" {\n  name = \"a\"\n  location = \"l\"\n}\n";

#[test]
fn the_major_is_one_that_the_code_fits() {
    for (constraint, code, major) in [
        ("", ANY, None),
        ("", NEW, None),
        ("", OLD, Some(3)),
        (">= 3.50", ANY, Some(5)),
        (">= 3.50", OLD, Some(3)),
        (">= 3.50, < 5", NEW, Some(4)),
        (">= 3.50, < 5", OLD, Some(3)),
        // What the constraint admits is taken at its word, and what does not fit is then an error.
        ("~> 4.0", OLD, Some(4)),
        ("~> 3.0", NEW, Some(3)),
    ] {
        let required = match constraint {
            "" => String::new(),
            c => {
                format!("terraform {{\n required_providers {{\n azurerm = {{ version = \"{c}\" }}\n}}\n}}\n")
            }
        };
        let evaluation = evaluate(&options(&[("main.tf", &format!("{required}{code}"))]));
        assert_eq!(evaluation.providers["azurerm"].major, major, "{constraint:?} {code}");
        let wrong = matches!((constraint, major), ("~> 4.0" | "~> 3.0", _));
        assert_eq!(!evaluation.is_complete(), wrong, "{:?}", summaries(&evaluation));
    }
}

#[test]
fn a_terraform_version_is_followed_when_one_is_given() {
    let code = "terraform {\n required_version = \"~> 1.9.0\"\n}\nvariable \"x\" {\n default = null\n}\n\
                output \"a\" {\n value = var.x == null || var.x.y\n}\n";
    let root = options(&[("main.tf", code)]);
    assert_eq!(summaries(&evaluate(&root)), Vec::<String>::new());
    for (version, expected) in [
        ("1.9.8", vec!["main.tf:8:32 error Attempt to get attribute from null value"]),
        ("1.12.0", vec!["main.tf:2:21 error Unsupported Terraform Core version"]),
    ] {
        let exact = trueup::terraform::configuration::Options {
            terraform_version: Some(version.to_owned()),
            ..root.clone()
        };
        assert_eq!(summaries(&evaluate(&exact)), expected, "{version}");
    }
}
