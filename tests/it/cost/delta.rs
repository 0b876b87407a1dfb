//! Differences of two reports.

use super::*;
use trueup::analysis::cost::delta;

fn pool(count: Json, size: Json) -> Vec<Json> {
    let aks = "Microsoft.ContainerService/managedClusters/aks";
    vec![
        doc(aks, "eastus", json!({ "properties": { "networkProfile": { "outboundType": "none" } } })),
        json!({ "id": format!("{aks}/agentPools/p"), "properties": {
            "vmSize": size, "count": count, "osDiskType": "Ephemeral"
        } }),
    ]
}

fn small(count: i64) -> CostReport {
    report(&pool(json!(count), json!("Standard_DS2_v2")))
}

#[test]
fn one_more_node() {
    let d = delta(&small(3), &small(4));
    // 730 x 0.146 = 106.58
    assert_eq!(figures(d.change), "106.58");
    assert_eq!(figures(d.before), "319.74");
    assert_eq!(d.resources.len(), 1);
    assert_eq!(figures(d.resources[0].change), "106.58");
    assert_eq!(d.resources[0].components.len(), 1);
    assert!(d.unknown.is_empty());
}

#[test]
fn nothing_changed() {
    let d = delta(&small(3), &small(3));
    assert!(d.change.is_zero() && d.resources.is_empty() && d.unknown.is_empty());
}

#[test]
fn added_and_removed() {
    let nat = || report(&[doc("Microsoft.Network/natGateways/n", "eastus", json!({}))]);
    let none = report(&[]);
    let d = delta(&none, &nat());
    // 32.85 + 22.5 = 55.35
    assert_eq!((figures(d.change).as_str(), d.resources[0].before), ("55.35", None));
    let d = delta(&nat(), &none);
    assert_eq!((figures(d.change).as_str(), d.resources[0].after), ("-55.35", None));
}

#[test]
fn a_price_that_is_lost_is_not_a_saving() {
    let lost = report(&pool(json!(3), json!({ "$unknown": "size" })));
    let d = delta(&small(3), &lost);
    assert!(d.change.is_zero() && d.resources.is_empty());
    assert_eq!(d.unknown.len(), 1);
    assert_eq!(d.unknown[0].after, ["Node pool p: vmSize is not known: var.size has no value"]);
    assert!(d.unknown[0].before.is_empty());
}

#[test]
fn what_has_no_price_on_both_sides_does_not_hide_the_rest() {
    let lacking = |count: i64| {
        let mut docs = pool(json!(count), json!("Standard_DS2_v2"));
        docs[1]["properties"]["osDiskType"] = json!({ "$unknown": "disk" });
        report(&docs)
    };
    let d = delta(&lacking(1), &lacking(2));
    assert_eq!(figures(d.change), "106.58");
    assert!(d.unknown.is_empty());
}

#[test]
fn a_wider_range_shows_though_the_expected_figure_stays() {
    let scaled = |max: i64| {
        let mut docs = pool(json!(3), json!("Standard_DS2_v2"));
        docs[1]["properties"]["enableAutoScaling"] = json!(true);
        docs[1]["properties"]["minCount"] = json!(3);
        docs[1]["properties"]["maxCount"] = json!(max);
        report(&docs)
    };
    // 5 x 106.58 = 532.9; 10 x 106.58 = 1065.8
    assert_eq!(figures(delta(&scaled(5), &scaled(10)).change), "0/0/532.9");
}

#[test]
fn the_largest_change_comes_first() {
    let both = |nodes: i64, nat: bool| {
        let mut docs = pool(json!(nodes), json!("Standard_DS2_v2"));
        if nat {
            docs.push(doc("Microsoft.Network/natGateways/n", "eastus", json!({})));
        }
        report(&docs)
    };
    let d = delta(&both(1, false), &both(5, true));
    let changes: Vec<String> = d.resources.iter().map(|r| figures(r.change)).collect();
    assert_eq!(changes, ["426.32", "55.35"]);
}
