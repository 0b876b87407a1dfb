//! Laws of estimates and differences, over estates of every kind.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use trueup::analysis::cost::delta;

fn node_pool(n: usize) -> impl Strategy<Value = Vec<Json>> {
    let sizes = prop::sample::select(vec![
        json!("Standard_DS2_v2"),
        json!("Standard_D4ds_v5"),
        json!("Standard_NoSuch_v1"),
        json!({ "$unknown": "size" }),
    ]);
    let regions = prop::sample::select(vec!["eastus", "westeurope", "westmars"]);
    let disks = prop::sample::select(vec!["Managed", "Ephemeral"]);
    (sizes, regions, disks, 0i64..6, 0i64..6, any::<[bool; 3]>()).prop_map(
        move |(size, region, disk, min, more, [scales, spot, windows])| {
            let aks = format!("Microsoft.ContainerService/managedClusters/aks{n}");
            vec![
                doc(&aks, region, json!({ "properties": {} })),
                json!({ "id": format!("{aks}/agentPools/p"), "properties": {
                    "vmSize": size, "osDiskType": disk, "count": min, "enableAutoScaling": scales,
                    "minCount": min, "maxCount": min + more,
                    "scaleSetPriority": if spot { "Spot" } else { "Regular" },
                    "osType": if windows { "Windows" } else { "Linux" }
                } }),
            ]
        },
    )
}

fn others() -> impl Strategy<Value = Vec<Json>> {
    let all = vec![
        doc("Microsoft.Network/natGateways/n", "eastus", json!({})),
        doc("Microsoft.Network/publicIPAddresses/p", "westeurope", json!({})),
        doc("Microsoft.Network/privateEndpoints/e", "eastus", json!({})),
        doc("Microsoft.ContainerRegistry/registries/r", "eastus", json!({ "sku": { "name": "Premium" } })),
        doc(
            "Microsoft.ContainerRegistry/registries/s",
            "eastus",
            json!({ "sku": { "name": { "$unknown": "s" } } }),
        ),
        doc("Microsoft.Sql/servers/s", "eastus", json!({})),
        doc("Microsoft.OperationalInsights/workspaces/w", "eastus", json!({})),
    ];
    let most = all.len();
    prop::sample::subsequence(all, 0..=most)
}

pub(super) fn estates() -> impl Strategy<Value = Vec<Json>> {
    (node_pool(1), node_pool(2), others()).prop_map(|(a, b, c)| [a, b, c].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn totals_are_the_sums_of_components(documents in estates()) {
        let report = report(&documents);
        let mut total = Range::default();
        for resource in &report.resources {
            let sum: Range = resource.components.iter().map(|c| c.monthly).sum();
            prop_assert_eq!(resource.monthly, sum);
            total += sum;
            for c in &resource.components {
                prop_assert_eq!(c.monthly, c.quantity.times(c.unit_price), "{}", &c.name);
                prop_assert!(c.quantity.low <= c.quantity.expected && c.quantity.expected <= c.quantity.high);
                prop_assert!(c.unit_price >= Decimal::ZERO && c.quantity.low >= Decimal::ZERO);
            }
        }
        prop_assert_eq!(report.monthly, total);
    }

    #[test]
    fn every_resource_is_priced_free_or_unpriced(documents in estates()) {
        let report = report(&documents);
        for json in &documents {
            let id = id(json["id"].as_str().unwrap());
            let priced = report.resource(&id).is_some();
            let free = report.free.contains(&id);
            let unpriced = report.unpriced.iter().any(|u| u.address == id);
            prop_assert!(priced || free || unpriced, "{id}");
            prop_assert!(!(free && (priced || unpriced)), "{id}");
        }
    }

    #[test]
    fn a_change_and_its_undoing_cancel(a in estates(), b in estates()) {
        let (a, b) = (report(&a), report(&b));
        let (there, back) = (delta(&a, &b), delta(&b, &a));
        prop_assert_eq!(there.change, -back.change);
        prop_assert_eq!(there.resources.len(), back.resources.len());
        for (x, y) in there.resources.iter().zip(&back.resources) {
            prop_assert_eq!(&x.address, &y.address);
            prop_assert_eq!(x.change, -y.change);
            prop_assert_eq!((x.before, x.after), (y.after, y.before));
        }
        prop_assert_eq!(there.unknown.len(), back.unknown.len());
    }

    #[test]
    fn the_same_estate_gives_the_same_bytes(documents in estates()) {
        let json = |d: &[Json]| serde_json::to_string(&report(d)).unwrap();
        prop_assert_eq!(json(&documents), json(&documents));
        prop_assert!(delta(&report(&documents), &report(&documents)).resources.is_empty());
    }
}
