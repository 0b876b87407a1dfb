//! Prices of Windows machines that a list has among those of Linux.
//!
//! The public list of Linux prices takes the last row of a size, and for some families that of Windows
//! won, in some regions and not in others: of 2026-06-18, 1,660 of 4,000 rows. Sizes of these families cost the
//! same a vCPU in a region, so the cheapest tells Linux; what exceeds it by exactly the licence is Windows. Other
//! lists agree: `Standard_D96as_v5` in eastus is 4.128, and 8.544 with Windows.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use trueup::analysis::cost::prices::{PriceType, Row};

/// A family: what its sizes begin and end with, the licence of a vCPU-hour in ten-thousandths of a dollar, and
/// the vCPUs from which on the price of one is the same.
const FAMILIES: &[(&str, &str, i64, u32)] = &[
    ("Standard_D", "as_v5", 460, 1),
    ("Standard_D", "ads_v5", 460, 1),
    ("Standard_E", "as_v5", 460, 1),
    ("Standard_E", "ads_v5", 460, 1),
    ("Standard_B", "s_v2", 46, 4),
    ("Standard_B", "as_v2", 46, 4),
    ("Standard_B", "als_v2", 46, 4),
    ("Standard_B", "ls_v2", 46, 4),
];

/// The family of a size by its place in the table, and its vCPUs: 32 of `Standard_E32-8as_v5`, whose price is
/// that of 32.
fn family(size: &str) -> Option<(usize, u32)> {
    FAMILIES.iter().enumerate().find_map(|(n, (begin, end, _, least))| {
        let middle = size.strip_prefix(begin)?.strip_suffix(end)?;
        let (vcpus, constrained) = middle.split_once('-').unwrap_or((middle, "0"));
        constrained.parse::<u32>().ok()?;
        vcpus.parse().ok().filter(|v| v >= least).map(|v| (n, v))
    })
}

/// True for a machine of the list that says nothing of Windows or Spot.
fn is_plain(service: &str, row: &Row) -> bool {
    service == "Virtual Machines" && row.product.is_empty() && row.price_type == PriceType::Consumption
}

fn place(row: &Row) -> (String, String) {
    (row.arm_sku.clone(), row.region.clone())
}

/// Makes Windows rows of them, and Linux rows at what is left without the licence. Returns how many there were.
pub(crate) fn sort_out(rows: &mut Vec<(String, Row)>) -> usize {
    let mut least: BTreeMap<(usize, String), Decimal> = BTreeMap::new();
    for (_, row) in rows.iter().filter(|(s, r)| is_plain(s, r)) {
        if let Some((family, vcpus)) = family(&row.arm_sku).filter(|(_, v)| *v >= 4) {
            let one = row.price / Decimal::from(vcpus);
            least.entry((family, row.region.clone())).and_modify(|l| *l = one.min(*l)).or_insert(one);
        }
    }
    let held: BTreeSet<(String, String)> =
        rows.iter().filter(|(_, r)| r.product.contains("Windows")).map(|(_, r)| place(r)).collect();
    let near = |a: Decimal, b: Decimal| (a - b).abs() * Decimal::from(50) < b;
    let (mut windows, mut found) = (Vec::new(), 0);
    for (service, row) in rows.iter_mut().filter(|(s, r)| is_plain(s, r)) {
        let Some((family, vcpus)) = family(&row.arm_sku) else { continue };
        let Some(one) = least.get(&(family, row.region.clone())) else { continue };
        let linux = row.price - Decimal::new(FAMILIES[family].2, 4) * Decimal::from(vcpus);
        let wanted = *one * Decimal::from(vcpus);
        if near(row.price, wanted) || !near(linux, wanted) {
            continue;
        }
        found += 1;
        if !held.contains(&place(row)) {
            let product = "Virtual Machines Windows".to_owned();
            windows.push((service.clone(), Row { product, ..row.clone() }));
        }
        row.price = linux;
        row.source = format!("{}, less the Windows licence that it includes", row.source).into();
    }
    rows.extend(windows);
    found
}
