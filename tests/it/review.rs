//! The main job as a user runs it: `trueup review` on the repository's own environments and on a
//! first example, with a base, with gates, and on input that is wrong.

use crate::harness::{Folder, repository, trueup, trueup_in};

/// A cluster with the traits of many first examples: azurerm 3.x names, no service CIDR, a small
/// system pool, a vault without purge protection.
const FIRST: &str = r#"
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 3.0"
    }
  }
}

provider "azurerm" {
  features {}
}

data "azurerm_client_config" "me" {}

resource "azurerm_resource_group" "app" {
  name     = "rg-first"
  location = "East US"
}

resource "azurerm_virtual_network" "app" {
  name                = "vnet-first"
  resource_group_name = azurerm_resource_group.app.name
  location            = azurerm_resource_group.app.location
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-first"
  resource_group_name  = azurerm_resource_group.app.name
  virtual_network_name = azurerm_virtual_network.app.name
  address_prefixes     = ["10.0.4.0/24"]
}

resource "azurerm_kubernetes_cluster" "app" {
  name                = "aks-first"
  resource_group_name = azurerm_resource_group.app.name
  location            = azurerm_resource_group.app.location
  dns_prefix          = "first"

  default_node_pool {
    name                = "system"
    vm_size             = "Standard_DS2_v2"
    vnet_subnet_id      = azurerm_subnet.nodes.id
    node_count          = 3
    enable_auto_scaling = true
    min_count           = 3
    max_count           = 5
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin = "azure"
  }
}

resource "azurerm_key_vault" "app" {
  name                      = "kv-first"
  resource_group_name       = azurerm_resource_group.app.name
  location                  = azurerm_resource_group.app.location
  tenant_id                 = data.azurerm_client_config.me.tenant_id
  sku_name                  = "standard"
  enable_rbac_authorization = true
}

output "certificate" {
  value     = azurerm_kubernetes_cluster.app.kube_config.0.client_certificate
  sensitive = true
}
"#;

fn codes(report: &serde_json::Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_first_example_gets_its_overlap_its_arithmetic_its_cost_and_its_rules() {
    let folder = Folder::new("first", &[("main.tf", FIRST)]);
    let run = trueup_in(folder.path(), &["review", ".", "--format", "json", "--today", "2026-11-20"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    let report = run.json();
    assert_eq!(report["complete"], true);
    assert_eq!(report["diagnostics"], serde_json::json!([]));

    // AKS takes 10.0.0.0/16 for services when nobody says otherwise, and refuses the overlap.
    let codes = codes(&report);
    let overlap =
        report["findings"].as_array().unwrap().iter().find(|f| f["name"] == "cluster-range-overlaps-subnet");
    let overlap = overlap.expect("the default service CIDR overlaps the subnet");
    assert!(overlap["title"].as_str().unwrap().contains("10.0.0.0/16"), "{overlap}");

    // Node subnet: 1 + 30 addresses a node; 3, 5 and 5 + 1 nodes.
    let subnet = &report["network"]["subnets"][0];
    assert_eq!(subnet["capacity"], 251);
    let stages = ["steady", "autoscaler_max", "upgrade_peak"].map(|s| subnet[s].as_u64().unwrap());
    assert_eq!(stages, [3 * 31, 5 * 31, 6 * 31]);

    // Purge protection, and local accounts.
    assert!(codes.contains(&"TU-KV-005".to_owned()), "{codes:?}");
    assert!(codes.contains(&"TU-AKS-001".to_owned()), "{codes:?}");

    let monthly = &report["cost"]["monthly"];
    let amount = |k: &str| monthly[k].as_str().unwrap().parse::<f64>().unwrap();
    assert!(
        amount("low") > 300.0 && amount("low") <= amount("expected") && amount("expected") < amount("high")
    );
}

#[test]
fn production_shows_the_mistakes_planted_there_and_says_so_in_the_exit_status() {
    let run = trueup(&["review", "environments/production", "--format", "json", "--today", "2026-11-20"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    let report = run.json();
    let grave: Vec<&serde_json::Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| ["critical", "high", "medium"].contains(&f["severity"].as_str().unwrap()))
        .collect();
    let mut codes: Vec<&str> = grave.iter().map(|f| f["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    codes.dedup();
    for planted in ["TU-ACR-001", "TU-IP-003", "TU-KV-001", "TU-NSG-002"] {
        assert!(codes.contains(&planted), "{planted} is planted in production: {codes:?}");
    }
    for finding in grave {
        assert!(finding["file"].is_string() && finding["line"].is_u64(), "{finding}");
    }
    let drift = &report["drift"];
    let statuses = |wanted: &str| {
        drift["resources"].as_array().unwrap().iter().filter(|r| r["status"] == wanted).count()
    };
    assert_eq!([statuses("changed"), statuses("missing"), statuses("unmanaged")], [3, 1, 2]);
}

#[test]
fn the_same_input_gives_the_same_bytes_in_every_form() {
    let subscription = regex::Regex::new("/subscriptions/[0-9a-f]{8}-").unwrap();
    for format in ["text", "markdown", "json"] {
        let args = ["review", "environments/production", "--format", format, "--today", "2026-11-20"];
        let (one, two) = (trueup(&args), trueup(&args));
        assert_eq!(one.stdout, two.stdout, "{format}");
        assert!(!one.stdout.contains("\u{1b}["), "no colours in a pipe");
        assert!(!subscription.is_match(&one.stdout), "subscription ids are not shown ({format})");
    }
}

#[test]
fn a_form_can_be_written_to_a_file_beside_what_is_printed() {
    let folder = Folder::new("outputs", &[("main.tf", FIRST)]);
    let run = trueup_in(
        folder.path(),
        &[
            "review",
            ".",
            "--output",
            "markdown=comment.md",
            "--output",
            "json=report.json",
            "--fail-on",
            "nothing",
        ],
    );
    assert_eq!(run.status, 0, "{}", run.stderr);
    let comment = std::fs::read_to_string(folder.path().join("comment.md")).unwrap();
    assert!(comment.starts_with("### "), "{comment}");
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(report["root"], ".");
    assert!(run.stdout.contains("high[TU-KV-005"), "{}", run.stdout);
}

#[test]
fn a_base_in_git_shows_what_the_change_does() {
    let folder = Folder::new("base", &[("main.tf", FIRST)]);
    folder.git(&["init", "-q"]);
    folder.git(&["add", "."]);
    folder.git(&["commit", "-qm", "base"]);
    let changed = FIRST
        .replace("max_count           = 5", "max_count           = 8")
        .replace(
            "sku_name                  = \"standard\"",
            "sku_name                  = \"standard\"\n  purge_protection_enabled = true",
        )
        .replace("vnet-first", "vnet-second")
        + "\nresource \"azurerm_public_ip\" \"new\" {\n  name = \"pip\"\n  resource_group_name = azurerm_resource_group.app.name\n  location = azurerm_resource_group.app.location\n  allocation_method = \"Static\"\n  sku = \"Standard\"\n}\n";
    folder.write("main.tf", changed);
    let run = trueup_in(folder.path(), &["review", ".", "--base", "HEAD", "--format", "json"]);
    let report = run.json();
    let change = &report["change"];
    let action = |address: &str| {
        let all = change["resources"].as_array().unwrap();
        all.iter().find(|r| r["address"] == address).map(|r| r["action"].as_str().unwrap().to_owned())
    };
    assert_eq!(action("azurerm_public_ip.new").as_deref(), Some("add"));
    assert_eq!(
        action("azurerm_virtual_network.app").as_deref(),
        Some("replace"),
        "a network's name cannot change"
    );
    assert_eq!(action("azurerm_key_vault.app").as_deref(), Some("change"));
    assert_eq!(action("azurerm_resource_group.app"), None);
    let fixed: Vec<_> =
        change["fixed"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert_eq!(fixed, ["TU-KV-005"]);
    // Its place is that of the base, where the vault's block begins.
    let line = FIRST.lines().position(|l| l.starts_with("resource \"azurerm_key_vault\"")).unwrap() + 1;
    assert_eq!(
        (&change["fixed"][0]["file"], &change["fixed"][0]["line"]),
        (&"HEAD:./main.tf".into(), &line.into())
    );
    let standing = |code: &str| {
        let all = report["findings"].as_array().unwrap();
        all.iter().find(|f| f["code"] == code).map(|f| f["standing"].as_str().unwrap().to_owned())
    };
    assert_eq!(standing("TU-AKS-001").as_deref(), Some("unchanged"));
    // 8 nodes of 31 fit into 251 addresses, 8 + 1 during an upgrade do not.
    assert_eq!(standing("TU-IP-003").as_deref(), Some("new"));
    assert_eq!(change["network_before"]["subnets"][0]["upgrade_peak"], 186);
    assert_eq!(report["network"]["subnets"][0]["upgrade_peak"], 279);
    let expected = |side: &str| change["cost"][side]["expected"].as_str().unwrap().parse::<f64>().unwrap();
    assert!(
        (expected("after") - expected("before") - 3.65).abs() < 0.001,
        "a Standard public IP is 0.005 an hour"
    );
    assert_eq!(run.status, 2);
}

#[test]
fn a_change_cannot_loosen_its_own_gate() {
    let folder = Folder::new("gate", &[("main.tf", "locals {}\n")]);
    folder.git(&["init", "-q"]);
    folder.git(&["add", "."]);
    folder.git(&["commit", "-qm", "base"]);
    folder.write("main.tf", FIRST);
    folder.write("trueup.toml", "fail_on = \"nothing\"\n");
    assert_eq!(trueup_in(folder.path(), &["review", "."]).status, 0, "the settings hold without a base");
    assert_eq!(trueup_in(folder.path(), &["review", ".", "--base", "HEAD"]).status, 2, "and not against one");
}

#[test]
fn a_change_that_brings_nothing_new_passes_the_gate() {
    let folder = Folder::new("same", &[("main.tf", FIRST)]);
    let other = Folder::new("same-base", &[("main.tf", FIRST)]);
    let base = other.path().to_str().unwrap();
    let run = trueup_in(folder.path(), &["review", ".", "--base", base]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert!(run.stdout.contains("0 added, 0 changed, 0 replaced, 0 removed"), "{}", run.stdout);
}

#[test]
fn an_unknown_base_is_one_clear_error() {
    let folder = Folder::new("nobase", &[("main.tf", FIRST)]);
    let run = trueup_in(folder.path(), &["review", ".", "--base", "no-such-branch"]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.starts_with("error: cannot read the base no-such-branch"), "{}", run.stderr);
}

/// What is wrong, the files, and what the diagnostic must name: file, line, summary.
type Wrong = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str);

const WRONG: &[Wrong] = &[
    ("syntax", &[("main.tf", "locals {\n  a = \n}\n")], "main.tf:2:", "Invalid expression"),
    (
        "undeclared",
        &[("main.tf", "locals {\n  a = var.nope\n}\n")],
        "main.tf:2:",
        "undeclared input variable",
    ),
    (
        "module",
        &[("main.tf", "module \"m\" {\n  source = \"./nope\"\n}\n")],
        "main.tf:2:",
        "Unreadable module",
    ),
    ("cycle", &[("main.tf", "locals {\n  a = local.b\n  b = local.a\n}\n")], "main.tf:2:", "Cycle"),
    (
        "type",
        &[("main.tf", "variable \"n\" {\n  type    = number\n  default = \"x\"\n}\n")],
        "main.tf:3:",
        "Invalid default",
    ),
    ("binary", &[("main.tf", "\u{0}\u{1}\u{2}ELF")], "main.tf:1:", "Invalid character encoding"),
    (
        "tfvars",
        &[("main.tf", "variable \"a\" {}\n"), ("terraform.tfvars", "a = 1\nb = = 2\n")],
        "terraform.tfvars:2:",
        "Invalid",
    ),
    (
        "passwd",
        &[("main.tf", "output \"x\" {\n  value = file(\"/etc/passwd\")\n}\n")],
        "main.tf:2:",
        "outside the checkout",
    ),
    (
        "climb",
        &[("main.tf", "module \"m\" {\n  source = \"../../../../..\"\n}\n")],
        "main.tf:2:",
        "outside the checkout",
    ),
];

#[test]
fn bad_input_gets_one_clear_diagnostic_and_status_1() {
    for (name, files, place, summary) in WRONG {
        let folder = Folder::new(&format!("wrong-{name}"), files);
        let run = trueup_in(folder.path(), &["review", "."]);
        assert_eq!(run.status, 1, "{name}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains(place), "{name} names {place}: {}", run.stdout);
        assert!(run.stdout.contains(summary), "{name} says {summary}: {}", run.stdout);
        let errors = run.stdout.lines().filter(|l| l.starts_with("error"));
        assert_eq!(errors.count(), 1, "{name}: one diagnostic: {}", run.stdout);
        assert!(run.stdout.contains('^'), "{name} has a caret: {}", run.stdout);
        assert!(!run.stdout.contains("root:x:"), "{name}");
        let json = trueup_in(folder.path(), &["review", ".", "--format", "json"]);
        let diagnostics = json.json()["diagnostics"].as_array().unwrap().clone();
        assert_eq!(diagnostics.iter().filter(|d| d["severity"] == "error").count(), 1, "{name}");
    }
}

#[test]
fn an_empty_folder_and_a_missing_one_say_so() {
    let folder = Folder::new("empty", &[]);
    let run = trueup_in(folder.path(), &["review", "."]);
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("No configuration files"), "{}", run.stdout);
    let run = trueup_in(folder.path(), &["review", "nowhere", "--format", "json"]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("cannot read the root module nowhere"), "{}", run.stderr);
    assert_eq!(run.json()["diagnostics"].as_array().unwrap().len(), 1);
}

#[test]
fn one_broken_file_leaves_the_rest_reviewed_and_the_result_incomplete() {
    let folder = Folder::with_environments("part");
    folder.write("environments/staging/broken.tf", "resource \"x\" {{{\n");
    let args = ["review", "environments/staging", "--format", "json", "--fail-on", "nothing"];
    let run = trueup_in(folder.path(), &args);
    assert_eq!(run.status, 3, "{}", run.stderr);
    let report = run.json();
    assert_eq!(report["complete"], false);
    assert_eq!(report["verdict"], "incomplete");
    assert!(report["network"]["subnets"].as_array().unwrap().len() >= 3);
    let diagnostics = report["diagnostics"].as_array().unwrap();
    let errors: Vec<_> = diagnostics.iter().filter(|d| d["severity"] == "error").collect();
    assert!(!errors.is_empty());
    for error in errors {
        assert!(error["range"]["filename"].as_str().unwrap().ends_with("broken.tf"), "{error}");
    }
}

#[test]
fn sensitive_values_and_secrets_are_judged_and_not_printed() {
    let secret = "correct-horse-battery";
    let main = format!(
        "variable \"password\" {{\n  type      = string\n  sensitive = true\n}}\n{FIRST}\nresource \"azurerm_resource_group\" \"tagged\" {{\n  name     = \"rg\"\n  location = \"westeurope\"\n  tags     = {{ pass = var.password }}\n}}\n"
    );
    let folder = Folder::new(
        "secret",
        &[("main.tf", &main), ("terraform.tfvars", &format!("password = \"{secret}\"\n"))],
    );
    for format in ["text", "markdown", "json"] {
        let run = trueup_in(folder.path(), &["review", ".", "--format", format]);
        assert!(!run.stdout.contains(secret), "{format}");
    }
}

#[test]
fn hostile_names_come_out_inert() {
    let hostile = "x\\u001b[31m<img src=x onerror=alert(1)>|`::error::`@team";
    let main = FIRST.replace("kv-first", hostile).replace("snet-first", hostile);
    let folder = Folder::new("hostile", &[("main.tf", &main)]);
    let text = trueup_in(folder.path(), &["review", "."]).stdout;
    assert!(!text.contains('\u{1b}'), "no escape sequence reaches the terminal");
    let markdown = trueup_in(folder.path(), &["review", ".", "--format", "markdown"]).stdout;
    let outside_code: String = markdown.split("```").step_by(2).collect();
    assert!(!outside_code.contains("<img"), "{outside_code}");
}

#[test]
fn a_long_object_of_json_syntax_is_read_as_blocks() {
    let locals: serde_json::Map<String, serde_json::Value> =
        (0..3000).map(|i| (format!("k{i}"), i.into())).collect();
    let main = serde_json::json!({ "locals": locals, "output": { "n": { "value": "${local.k2999 + 1}" } } });
    let folder = Folder::new("long-json", &[("main.tf.json", &main.to_string())]);
    let run = trueup_in(folder.path(), &["plan", ".", "--format", "json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.json()["output_changes"]["n"]["after"], 3000);
}

#[test]
fn nested_loops_end_in_one_clear_error() {
    let main = "output \"x\" {\n  value = length([for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]])\n}\n";
    let folder = Folder::new("loops", &[("main.tf", main)]);
    let run = trueup_in(folder.path(), &["plan", "."]);
    assert_eq!(run.status, 1);
    let errors: Vec<&str> = run.stdout.lines().filter(|l| l.starts_with("error")).collect();
    assert_eq!(errors, ["error: Evaluation limit exceeded"]);
}

#[test]
fn settings_of_the_change_reach_no_file_outside_the_checkout_and_errors_show_the_place() {
    for setting in
        ["live = \"/etc/passwd\"", "var_files = [\"../../../../../../etc/passwd\"]", "usage = \"/etc/hosts\""]
    {
        let folder = Folder::new("settings", &[("main.tf", FIRST), ("trueup.toml", setting)]);
        let run = trueup_in(folder.path(), &["review", "."]);
        assert_eq!(run.status, 1, "{setting}");
        assert!(run.stderr.contains("leads outside the checkout"), "{setting}: {}", run.stderr);
        assert!(!run.stderr.contains("root:"), "{setting}");
    }
    let folder = Folder::new(
        "settings-typo",
        &[("main.tf", FIRST), ("trueup.toml", "profile = \"default\"\nlvie = 1\n")],
    );
    let run = trueup_in(folder.path(), &["review", "."]);
    assert_eq!(run.status, 1);
    for part in ["trueup.toml", "line 2, column 1", "^^^^", "unknown field"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
}

/// Production in a checkout of its own with its six mistakes mended, each by one edit.
fn mended_production() -> Folder {
    let folder = Folder::new("mended", &[]);
    let mut open = vec!["modules".to_owned(), "environments/production".to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(repository().join(&dir)).unwrap().map(|e| e.unwrap()) {
            let name = format!("{dir}/{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                open.push(name);
            } else if name.ends_with(".tf") || name.ends_with(".tfvars") {
                folder.write(&name, std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    let debug_rule = ("      tmp-debug-ssh = {", "      allow-ssh-from-hub-bastion = {");
    let contributor = ("resource \"azurerm_role_assignment\" \"cluster_deployments\" {", "\0");
    // From a place on, up to another: what stands there instead.
    let edits = [
        (
            "terraform.tfvars",
            ("    newbits     = 5", "    nat_gateway"),
            "    newbits     = 4\n    netnum      = 1\n",
        ),
        ("terraform.tfvars", debug_rule, ""),
        ("terraform.tfvars", ("key_vault_default_action", "\n"), "key_vault_default_action = \"Deny\""),
        ("main.tf", ("  admin_enabled = true", "\n"), "  admin_enabled = false"),
        ("main.tf", ("\"Key Vault Reader\"", "\n"), "\"Key Vault Secrets User\""),
        ("main.tf", contributor, ""),
    ];
    for (file, (from, to), instead) in edits {
        let name = format!("environments/production/{file}");
        let text = std::fs::read_to_string(folder.path().join(&name)).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{file}: {from} is no mistake of production any more");
        let (before, rest) = text.split_once(from).unwrap();
        let after = rest.find(to).map_or("", |at| &rest[at..]);
        folder.write(&name, format!("{before}{instead}{after}"));
    }
    folder.git(&["init", "--quiet"]);
    folder
}

#[test]
fn a_mended_production_has_no_finding_of_medium_or_above() {
    let folder = mended_production();
    let run = trueup_in(
        folder.path(),
        &["review", "environments/production", "--format", "json", "--fail-on", "medium"],
    );
    let found: Vec<String> = run.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            format!(
                "{} {} {}",
                f["severity"].as_str().unwrap(),
                f["code"].as_str().unwrap(),
                f["address"].as_str().unwrap()
            )
        })
        .collect();
    // Nodes that always run would cost less with a commitment: true, advice, and nothing that code can mend.
    let defended = [
        "info TU-COST-010 module.aks.azurerm_kubernetes_cluster.this",
        "info TU-COST-010 module.aks.azurerm_kubernetes_cluster_node_pool.this[\"apps\"]",
    ];
    assert_eq!(found, defended);
    assert_eq!(run.status, 0, "{}", run.stderr);
}
