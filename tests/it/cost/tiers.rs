//! Laws of tiers, over arbitrary price lists and quantities, and of money in every form.

use std::str::FromStr;

use proptest::prelude::*;
use rust_decimal::Decimal;
use trueup::analysis::cost::delta;
use trueup::output::bill;

use super::*;

/// Tiers in any order: bounds in GB from 0 on, prices in ten-thousandths.
fn tiers() -> impl Strategy<Value = Vec<(Decimal, Decimal)>> {
    let bounds = prop::collection::btree_set(1u32..3_000, 0..4);
    (bounds, prop::collection::vec(0u32..5_000, 5)).prop_flat_map(|(bounds, prices)| {
        let bounds = [0].into_iter().chain(bounds).map(Decimal::from);
        let prices = prices.into_iter().map(|p| Decimal::new(p.into(), 4));
        Just(bounds.zip(prices).collect::<Vec<_>>()).prop_shuffle()
    })
}

/// What so many GB cost by the list.
fn cost(tiers: &[(Decimal, Decimal)], gb: u32) -> Decimal {
    let usage = Usage::read(&format!("[defaults]\n\"nat_gateway.data_gb\" = {gb}"), "usage.toml").unwrap();
    let prices: Option<Arc<dyn trueup::analysis::cost::prices::Prices>> =
        Some(Arc::new(prices::tiered(tiers)));
    let gateway = doc("Microsoft.Network/natGateways/n", "eastus", json!({}));
    let report = estimate(&estate(&[gateway]), &Options { usage, prices, ..Options::default() });
    let quantity: Decimal = report.resources[0].components.iter().map(|c| c.quantity.expected).sum();
    assert_eq!(quantity, Decimal::from(gb), "every GB is in one tier");
    report.monthly.expected
}

/// The price of one more GB after so many.
fn price_after(tiers: &[(Decimal, Decimal)], gb: u32) -> Decimal {
    let below = tiers.iter().filter(|(from, _)| *from <= Decimal::from(gb));
    below.max_by_key(|(from, _)| *from).unwrap().1
}

/// Sums of the money of a CSV: least, expected, most.
fn csv_sums(report: &CostReport) -> [Decimal; 3] {
    let csv = bill::csv(report);
    let mut sums = [Decimal::ZERO; 3];
    for record in csv::records(&csv).iter().skip(1) {
        for (sum, at) in sums.iter_mut().zip([7, 8, 9]) {
            *sum += Decimal::from_str(&record[at]).unwrap_or_default();
        }
    }
    sums
}

/// A reader of CSV that knows quotes.
mod csv {
    pub(super) fn records(text: &str) -> Vec<Vec<String>> {
        let (mut records, mut record, mut field, mut quoted) = (vec![], vec![], String::new(), false);
        for c in text.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => record.push(std::mem::take(&mut field)),
                '\n' if !quoted => {
                    record.push(std::mem::take(&mut field));
                    records.push(std::mem::take(&mut record));
                }
                c => field.push(c),
            }
        }
        records
    }
}

/// Some gateways and pools with ranges, and one resource without a price.
fn estates() -> impl Strategy<Value = Vec<Json>> {
    (0usize..4, 0i64..5, 0i64..5, any::<bool>()).prop_map(|(gateways, min, more, unknown)| {
        let aks = "Microsoft.ContainerService/managedClusters/aks";
        let mut all: Vec<Json> = (0..gateways)
            .map(|n| doc(&format!("Microsoft.Network/natGateways/n{n}"), "eastus", json!({})))
            .collect();
        all.push(doc(aks, "eastus", json!({ "sku": { "tier": "Standard" }, "properties": {} })));
        all.push(json!({ "id": format!("{aks}/agentPools/p"), "properties": {
            "vmSize": "Standard_DS2_v2", "osDiskType": "Managed", "enableAutoScaling": true,
            "minCount": min, "maxCount": min + more
        } }));
        if unknown {
            all.push(doc("Microsoft.Sql/servers/s", "eastus", json!({})));
        }
        all
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn one_more_costs_the_price_of_its_tier(tiers in tiers(), gb in 0u32..4_000) {
        prop_assert_eq!(cost(&tiers, gb + 1) - cost(&tiers, gb), price_after(&tiers, gb));
    }

    #[test]
    fn the_whole_is_the_sum_of_its_tiers(tiers in tiers(), gb in 0u32..4_000) {
        let by_unit: Decimal = (0..gb).map(|n| price_after(&tiers, n)).sum();
        prop_assert_eq!(cost(&tiers, gb), by_unit);
    }

    #[test]
    fn more_never_costs_less(tiers in tiers(), a in 0u32..4_000, b in 0u32..4_000) {
        prop_assert!(cost(&tiers, a.min(b)) <= cost(&tiers, a.max(b)));
    }

    #[test]
    fn totals_and_differences_are_the_same_money_in_every_form(a in estates(), b in estates()) {
        let (a, b) = (report(&a), report(&b));
        let total = |r: &CostReport| [r.monthly.low, r.monthly.expected, r.monthly.high];
        for r in [&a, &b] {
            prop_assert_eq!(csv_sums(r), total(r));
            let json = json!(r);
            let texts = [r.monthly.low, r.monthly.expected, r.monthly.high].map(amount::text);
            prop_assert_eq!(&json["monthly"], &json!({"low": texts[0], "expected": texts[1], "high": texts[2]}));
        }
        let parsed = |r: &CostReport, base| -> Json { serde_json::from_str(&bill::infracost("x", r, base)).unwrap() };
        let money = |v: &Json| Decimal::from_str(v.as_str().unwrap()).unwrap();
        let (there, back) = (parsed(&b, Some(&a)), parsed(&a, Some(&b)));
        prop_assert_eq!(money(&there["totalMonthlyCost"]), b.monthly.expected);
        prop_assert_eq!(money(&there["pastTotalMonthlyCost"]), a.monthly.expected);
        prop_assert_eq!(money(&there["diffTotalMonthlyCost"]), -money(&back["diffTotalMonthlyCost"]));
        let (there, back) = (json!(delta(&a, &b)), json!(delta(&b, &a)));
        for figure in ["low", "expected", "high"] {
            prop_assert_eq!(money(&there["change"][figure]), -money(&back["change"][figure]));
        }
    }
}
