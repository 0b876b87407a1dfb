//! Finding the price of a meter: which rows are of that meter, and which region's row holds.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{NoPrice, Price, PriceType, Prices, Row, Tier, UnitOfMeasure};
use crate::analysis::cost::zones;

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
const NOT_A_VM: &[&str] =
    &["Cloud Services", "CloudServices", "Dedicated Host", "DedicatedHost", "Promo", " Basic"];

/// The regions that stand in first when a price is approximated.
const REFERENCE_REGIONS: &[&str] = &["eastus", "westeurope"];

impl Query<'_> {
    fn arm_sku(&self) -> &str {
        match self.select {
            Select::Meter { .. } => "",
            Select::VirtualMachine { size, .. } => size,
        }
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
                Select::VirtualMachine { windows, spot, .. } => is_vm(row, windows, spot),
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

fn is_vm(row: &Row, windows: bool, spot: bool) -> bool {
    let is_windows = row.product.contains("Windows") || row.product.ends_with("Srs Win");
    let ends = |word: &str| row.sku.ends_with(word) || row.meter.ends_with(word);
    is_windows == windows
        && ends(" Spot") == spot
        && !ends(" Low Priority")
        && !ends(" Expired")
        && !ends(" Free")
        && !NOT_A_VM.iter().any(|p| row.product.contains(p))
        // A machine that costs nothing is a row without a price.
        && !row.price.is_zero()
}

/// Finds a price: the region's own row, then wider and wider ones; at last, when the query admits it,
/// another region's.
pub fn resolve(prices: &dyn Prices, query: &Query<'_>) -> Result<Price, NoPrice> {
    let places = zones::scopes(query.region, query.scope);
    for name in query.names() {
        for place in &places {
            let rows = prices.rows(query.service, query.arm_sku(), Some(place));
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

/// The price of another region: a reference region's, else that of the first by name.
fn elsewhere(prices: &dyn Prices, query: &Query<'_>, name: Option<&str>) -> Option<Price> {
    let mut by_region: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in prices.rows(query.service, query.arm_sku(), None) {
        if query.matches(&row, name) && zones::is_commercial(&row.region) {
            by_region.entry(row.region.clone()).or_default().push(row);
        }
    }
    let reference = REFERENCE_REGIONS.iter().find_map(|r| by_region.remove(*r));
    let rows = reference.or_else(|| by_region.into_values().next())?;
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
    let (unit, region) = (UnitOfMeasure::parse(&newest.unit)?, newest.region.clone());
    let (source, as_of) = (newest.source.clone(), newest.as_of.clone());
    let mut steps: Vec<Tier> =
        tiers.into_values().map(|r| Tier { from: r.tier_min, price: r.price }).collect();
    // Published lists leave out a first tier that costs nothing: what lies below the lowest is granted.
    if steps.first().is_some_and(|t| !t.from.is_zero()) {
        steps.insert(0, Tier { from: Decimal::ZERO, price: Decimal::ZERO });
    }
    Some(Price { tiers: steps, unit, region, approximated: false, source, as_of })
}
