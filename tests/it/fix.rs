//! `trueup security --fix` as a user runs it, and the rules about changes.

use crate::harness::{Folder, trueup_in};

const CLUSTER: &str = r#"provider "azurerm" {
  features {}
}

resource "azurerm_kubernetes_cluster" "a" {
  name                   = "a"
  location               = "westeurope"
  resource_group_name    = "rg"
  dns_prefix             = "a"
  local_account_disabled = false # later

  default_node_pool {
    name       = "a"
    vm_size    = "Standard_D4s_v5"
    node_count = 3
  }

  identity {
    type = "SystemAssigned"
  }
}
"#;

#[test]
fn safe_edits_are_made_and_others_are_asked_for() {
    let folder = Folder::new("fix", &[("main.tf", CLUSTER)]);
    let read = || std::fs::read_to_string(folder.path().join("main.tf")).unwrap();
    let run = |more: &[&str]| trueup_in(folder.path(), &[&["security", ".", "--no-live"], more].concat());
    let patch = run(&["--diff", "--unsafe"]);
    assert_eq!(patch.status, 0, "{}", patch.stderr);
    assert!(
        patch
            .stdout
            .contains("-  local_account_disabled = false # later\n+  local_account_disabled = true # later"),
        "{}",
        patch.stdout
    );
    assert_eq!(read(), CLUSTER, "--diff writes nothing");
    let safe = run(&["--fix"]);
    assert!(safe.stdout.contains("more with --unsafe"), "{}{}", safe.stdout, safe.stderr);
    assert!(read().contains("local_account_disabled = false # later"), "it is not safe");
    let all = run(&["--fix", "--unsafe"]);
    assert!(read().contains("  local_account_disabled = true # later\n"), "{}{}", all.stdout, all.stderr);
    let once = read();
    let again = run(&["--fix", "--unsafe"]);
    assert_eq!((read(), again.stdout.as_str()), (once, ""));
}

#[test]
fn a_base_and_what_is_live_are_what_a_change_is_judged_by() {
    let folder = Folder::new("changes", &[("old/main.tf", CLUSTER)]);
    let changed = CLUSTER.replace("= \"a\"\n  location", "= \"b\"\n  location");
    folder.write("new/main.tf", &changed);
    for command in ["security", "review"] {
        let run = trueup_in(folder.path(), &[command, "new", "--base", "old", "--format", "json"]).json();
        let found = run["findings"].as_array().unwrap();
        let replaced = found
            .iter()
            .find(|f| f["code"] == "TU-CHG-001")
            .unwrap_or_else(|| panic!("{command}: {found:?}"));
        assert_eq!((&replaced["line"], &replaced["severity"]), (&6.into(), &"critical".into()), "{replaced}");
    }
    let same = trueup_in(folder.path(), &["security", "new", "--base", "new", "--format", "json"]).json();
    let changes =
        same["findings"].as_array().unwrap().iter().filter(|f| f["code"].as_str().unwrap().contains("CHG"));
    assert_eq!(changes.count(), 0);
}
