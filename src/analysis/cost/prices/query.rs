//! Finding the price of a meter: which rows are of that meter, and which region's row holds.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{NoPrice, Price, PriceType, Prices, Row, Tier, UnitOfMeasure, Wanted, places};
use crate::analysis::cost::zones;
use crate::azure::sku;

/// Which meter.
#[derive(Clone, Copy, Debug)]
pub enum Select<'a> {
    /// A meter by its names; an empty name matches every name, and the first of `meters` that has rows
    /// counts.
    Meter {
        /// `productName`
        product: &'a str,
        /// `skuName`
        sku: &'a str,
        /// `meterName`, with the names that other regions use for the same thing.
        meters: &'a [&'a str],
    },
    /// An hour of a virtual machine.
    VirtualMachine {
        /// `Standard_D4s_v5`
        size: &'a str,
        /// With a Windows licence.
        windows: bool,
        /// Spot capacity.
        spot: bool,
    },
}

/// Where the rows of a meter usually live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the region.
    Region,
    /// Under `Global`: load balancer, NAT gateway, private link, peering.
    Global,
    /// Under the billing zone: DNS.
    Zone,
}

/// A question for a price.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// `serviceName`
    pub service: &'a str,
    /// Which meter of it.
    pub select: Select<'a>,
    /// Region as ARM spells it: `westeurope`.
    pub region: &'a str,
    /// Where to look first.
    pub scope: Scope,
    /// How it is bought.
    pub price_type: PriceType,
    /// Another region's row may stand in when none is held: for meters that cost much the same
    /// everywhere. The answer says so.
    pub approximate: bool,
}

/// Products of `Virtual Machines` that share `armSkuName` with sizes but are something else.
const NOT_A_VM: &[&str] = &["Cloud Services", "CloudServices", "Dedicated Host", "DedicatedHost", "Promo"];

impl<'a> Query<'a> {
    /// The rows to ask a price list for.
    fn wanted(&self, region: Option<&'a str>) -> Wanted<'a> {
        let (product, arm_sku) = match self.select {
            Select::Meter { product, .. } => (product, ""),
            // The API tells cases apart; the code under review may not.
            Select::VirtualMachine { size, .. } => ("", sku::vm_size(size).map_or(size, |s| s.name)),
        };
        Wanted { service: self.service, product, arm_sku, region }
    }

    /// The rows of this meter among others, for one of its names.
    fn matches(&self, row: &Row, name: Option<&str>) -> bool {
        let same = |wanted: &str, has: &str| wanted.is_empty() || wanted.eq_ignore_ascii_case(has);
        row.price_type == self.price_type
            && match self.select {
                Select::Meter { product, sku, .. } => {
                    same(product, &row.product)
                        && same(sku, &row.sku)
                        && name.is_none_or(|n| same(n, &row.meter))
                }
                Select::VirtualMachine { size, windows, spot } => {
                    // Sizes of the Basic tier share their numbers with others: `Basic_A2`, `Standard_A2`.
                    let basic = size.get(..6).is_some_and(|s| s.eq_ignore_ascii_case("basic_"));
                    row.product.contains(" Basic") == basic && is_vm(row, windows, spot)
                }
            }
    }

    fn names(&self) -> Vec<Option<&str>> {
        match self.select {
            Select::Meter { meters, .. } => meters.iter().map(|m| Some(*m)).collect(),
            Select::VirtualMachine { .. } => vec![None],
        }
    }

    /// The meter in words.
    pub fn meter(&self) -> String {
        match self.select {
            Select::Meter { product, sku, meters } => {
                let name = meters.first().copied().unwrap_or_default();
                let product = if product.is_empty() { self.service } else { product };
                match sku {
                    "" => format!("{product}, {name}"),
                    _ if name.starts_with(sku) => format!("{product}, {name}"),
                    _ => format!("{product} {sku}, {name}"),
                }
            }
            Select::VirtualMachine { size, windows, spot } => {
                let os = if windows { "Windows" } else { "Linux" };
                format!("{size}, {os}{}", if spot { ", Spot" } else { "" })
            }
        }
    }
}

/// True for the product of machines with a Windows licence.
pub(in crate::analysis::cost) fn is_windows(product: &str) -> bool {
    product.contains("Windows") || product.ends_with("Srs Win")
}

fn is_vm(row: &Row, windows: bool, spot: bool) -> bool {
    let ends = |word: &str| row.sku.ends_with(word) || row.meter.ends_with(word);
    is_windows(&row.product) == windows
        && ends(" Spot") == spot
        && !ends(" Low Priority")
        && !ends(" Expired")
        && !ends(" Free")
        && !NOT_A_VM.iter().any(|p| row.product.contains(p))
        // A machine that costs nothing is a row without a price.
        && !row.price.is_zero()
}

/// Finds a price: the region's own row, then wider and wider ones; at last, when the query admits it,
/// the nearest region's.
pub fn resolve(prices: &dyn Prices, query: &Query<'_>) -> Result<Price, NoPrice> {
    let places = zones::scopes(query.region, query.scope);
    for name in query.names() {
        for place in &places {
            let rows = prices.rows(&query.wanted(Some(place)));
            if let Some(price) = from_rows(rows.into_iter().filter(|r| query.matches(r, name))) {
                return Ok(price);
            }
        }
    }
    if query.approximate && zones::is_commercial(query.region) {
        for name in query.names() {
            if let Some(price) = elsewhere(prices, query, name) {
                return Ok(price);
            }
        }
    }
    Err(NoPrice(format!("no price is held for {} in {}", query.meter(), query.region)))
}

/// The price of the nearest region that has one, else of the first by name.
fn elsewhere(prices: &dyn Prices, query: &Query<'_>, name: Option<&str>) -> Option<Price> {
    let mut by_region: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in prices.rows(&query.wanted(None)) {
        if query.matches(&row, name) && zones::is_commercial(&row.region) {
            by_region.entry(row.region.clone()).or_default().push(row);
        }
    }
    let (_, rows) = by_region.into_iter().min_by_key(|(r, _)| places::distance(query.region, r))?;
    from_rows(rows.into_iter()).map(|price| Price { approximated: true, ..price })
}

/// One price of the rows of one meter: the newest row of each tier, one that names its meter first.
fn from_rows(rows: impl Iterator<Item = Row>) -> Option<Price> {
    let mut tiers: BTreeMap<Decimal, Row> = BTreeMap::new();
    for row in rows {
        let rank = |r: &Row| (r.as_of.clone(), !r.meter.is_empty());
        match tiers.get(&row.tier_min) {
            Some(held) if rank(held) >= rank(&row) => {}
            _ => drop(tiers.insert(row.tier_min, row)),
        }
    }
    let newest = tiers.values().max_by(|a, b| a.as_of.cmp(&b.as_of))?;
    let (unit, row) = (UnitOfMeasure::parse(&newest.unit)?, newest.clone());
    let mut steps: Vec<Tier> =
        tiers.into_values().map(|r| Tier { from: r.tier_min, price: r.price }).collect();
    // Published lists leave out a first tier that costs nothing: what lies below the lowest is granted.
    if steps.first().is_some_and(|t| !t.from.is_zero()) {
        steps.insert(0, Tier { from: Decimal::ZERO, price: Decimal::ZERO });
    }
    Some(Price { tiers: steps, unit, row, approximated: false, negotiated: None })
}
