//! Snapshots over some time: what others use, and when a subnet is full.

use serde_json::{Value, json};

use crate::harness::{Folder, trueup_in};

/// A root with one cluster in one subnet.
pub(crate) const ROOT: &str = r#"
provider "azurerm" {
  features {}
  subscription_id = "11111111-1111-1111-1111-111111111111"
}
resource "azurerm_virtual_network" "this" {
  name                = "v"
  resource_group_name = "rg"
  location            = "westeurope"
  address_space       = ["10.1.0.0/16"]
}
resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = "rg"
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = ["10.1.0.0/22"]
}
resource "azurerm_kubernetes_cluster" "this" {
  name                = "aks"
  resource_group_name = "rg"
  location            = "westeurope"
  dns_prefix          = "aks"
  identity { type = "SystemAssigned" }
  default_node_pool {
    name                 = "sys"
    vm_size              = "Standard_D4s_v5"
    vnet_subnet_id       = azurerm_subnet.nodes.id
    auto_scaling_enabled = true
    min_count            = 3
    max_count            = 20
    max_pods             = 30
    upgrade_settings { max_surge = "1" }
  }
  network_profile {
    network_plugin = "azure"
    service_cidr   = "172.16.0.0/16"
    dns_service_ip = "172.16.0.10"
  }
}
"#;

const GROUP: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers";

/// A snapshot of a day: nodes of the pool, and what the network says is in use (-1: it does not say).
fn snapshot(day: u32, nodes: u32, used: i64) -> String {
    let network = format!("{GROUP}/Microsoft.Network/virtualNetworks/v");
    let cluster = format!("{GROUP}/Microsoft.ContainerService/managedClusters/aks");
    let pool = json!({"name": "sys", "count": nodes, "maxPods": 30, "mode": "System", "enableAutoScaling": true,
        "minCount": 3, "maxCount": 20, "vnetSubnetID": format!("{network}/subnets/nodes")});
    json!({"format": "trueup-snapshot/1", "captured_at": format!("2026-11-{day:02}T02:00:00Z"), "complete": true,
        "scope": ["/subscriptions/11111111-1111-1111-1111-111111111111"], "resources": [
        {"id": network, "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}},
        {"id": format!("{network}/subnets/nodes"), "properties": {"addressPrefix": "10.1.0.0/22"}},
        {"id": cluster, "properties": {"networkProfile": {"networkPlugin": "azure"}, "agentPoolProfiles": [pool]}},
        {"id": format!("{network}/subnets/nodes"), "name": {"value": "SubnetSpace"}, "unit": "Count",
            "currentValue": used, "limit": 1019},
    ]})
    .to_string()
}

/// The subnet as `trueup subnets` reports it, and the whole report.
fn subnet(folder: &Folder, args: &[&str]) -> (Value, Value) {
    let run = trueup_in(folder.path(), &[&["subnets", ".", "--format", "json"], args].concat());
    assert!(run.status == 0, "{}{}", run.stdout, run.stderr);
    let report = run.json();
    (report["subnets"][0].clone(), report)
}

/// A folder with the newest snapshot and a history by `used`, a week apart, of 3 more nodes each.
fn history(name: &str, used: impl Fn(u32) -> i64) -> Folder {
    let folder = Folder::new(name, &[("main.tf", ROOT)]);
    for week in 0..3 {
        folder
            .write(&format!("history/{week}.json"), snapshot(1 + 7 * week, 3 + 3 * week, used(3 + 3 * week)));
    }
    folder.write("live.json", snapshot(22, 12, used(12)));
    folder
}

#[test]
fn growth_tells_when_a_subnet_is_full_and_little_history_tells_nothing() {
    // 31 addresses a node: 12 nodes use 372 of 1019; 647 left at 93 a week are used up in 48.7 days.
    let folder = history("growth", |nodes| i64::from(nodes * 31));
    let (found, _) = subnet(&folder, &["--live", "live.json", "--history", "history"]);
    assert_eq!(
        found["forecast"],
        json!({"basis": "usages", "points": 4, "days": 21, "addresses_per_week": "+93.0", "nodes_per_week": "+3.0",
            "full_in_days": {"about": 49, "soonest": 48, "latest": 49},
            "text": "full in about 49 days (48 to 49) at +3.0 nodes (+93.0 addresses) a week, 4 snapshots over 21 days"})
    );
    for form in ["text", "markdown", "html"] {
        let args = ["subnets", ".", "--live", "live.json", "--history", "history", "--format", form];
        let shown = trueup_in(folder.path(), &args).stdout;
        assert!(shown.contains("full in about 49 days"), "{form}: {shown}");
    }
    let (few, _) = subnet(&folder, &["--live", "live.json", "--history", "history/2.json"]);
    assert_eq!(few["forecast"]["full_in_days"], Value::Null);
    assert_eq!(
        few["forecast"]["text"],
        "unknown: 2 snapshots over 7 days tell its use, 3 over 7 days are needed"
    );
    assert!(subnet(&folder, &["--live", "live.json"]).0.get("forecast").is_none());
    let alone = trueup_in(folder.path(), &["subnets", ".", "--history", "history"]);
    assert!(alone.status == 1 && alone.stderr.contains("give it with --live"), "{}", alone.stderr);
    // Where the network does not report its use, the nodes of the live pools tell the growth.
    let silent = history("growth-nodes", |_| -1);
    let (found, _) = subnet(&silent, &["--live", "live.json", "--history", "history"]);
    assert_eq!(found["forecast"]["basis"], "node_counts");
    assert_eq!(found["forecast"]["nodes_per_week"], "+3.0");
}

#[test]
fn what_others_use_is_a_finding_when_the_plan_does_not_fit_beside_it() {
    let codes = |used: i64| -> (Vec<Value>, Value) {
        let folder = Folder::new("others", &[("main.tf", ROOT), ("live.json", &snapshot(22, 12, used))]);
        let (found, report) = subnet(&folder, &["--live", "live.json"]);
        let codes = report["findings"].as_array().unwrap().iter().map(|f| f["code"].clone()).collect();
        (codes, found["live"].clone())
    };
    // The plan needs 21 * 31 = 651 of 1019: 368 are left for others. 12 nodes take 12 * 31 = 372, or, as
    // the service likely reserves them, 12 * 29 = 348.
    for (used, others, note) in [
        (348, 0, "as the declared resources explain"),
        (372, 0, "as the declared resources explain"),
        (347, 0, "less than the declared resources take by their live node counts"),
        (740, 368, "368 more than the declared resources explain"),
    ] {
        let (codes, live) = codes(used);
        assert_eq!((codes, &live["others"], &live["note"]), (vec![], &json!(others), &json!(note)), "{used}");
    }
    let (found, live) = codes(741);
    assert_eq!(
        (found, &live["fits_with_others"]),
        (vec![json!("SUBNET_TOO_SMALL_WITH_OTHERS")], &json!(false))
    );
    let folder = Folder::new("others-text", &[("main.tf", ROOT), ("live.json", &snapshot(22, 12, 741))]);
    let run = trueup_in(folder.path(), &["review", ".", "--live", "live.json", "--today", "2026-11-20"]);
    assert!(
        run.stdout.contains("741 used - 372 of declared resources = 369 of others; 651 + 369 = 1020 of 1019")
    );
}
