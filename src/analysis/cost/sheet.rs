//! A price sheet of the user's own: negotiated rates, discounts by service, and what reservations and
//! savings plans cover. It overrides the price list; what it changes says so.
//!
//! ```toml
//! name = "Enterprise agreement 2026"
//! currency = "USD"                      # must be that of the prices; USD when not given
//! discount_percent = 4                  # off what nothing below names
//!
//! [discounts]                           # by serviceName
//! "Storage" = 10
//!
//! [[rates]]                             # by meter_id, or by names: the rate that names most wins
//! service = "Virtual Machines"
//! sku = "Standard_D4s_v5"
//! region = "westeurope"
//! price = "0.21"
//!
//! [[commitments]]                       # machines only
//! kind = "reservation-3y"               # as in the terms of a usage file
//! sku = "Standard_D4s_v5"               # every size when not given
//! covered_percent = 60                  # 100 when not given
//! price = "0.11"                        # an hour; that of the price list when not given
//! ```
//!
//! In CSV a sheet holds rates only. The columns are named as in TOML, or as in an exported Azure price
//! sheet (`Meter ID`, `Meter Category`, `Meter Sub-category`, `Unit of Measure`, `Unit Price`, ...).

mod read;

use rust_decimal::Decimal;

use super::amount::text;
use super::prices::{NoPrice, Price, PriceType, Query, Row, Select, Tier, UnitOfMeasure, is_windows};
use super::terms::Commitment;

pub use read::SheetError;

/// The sheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PriceSheet {
    name: String,
    currency: String,
    discount_percent: Decimal,
    /// By service.
    discounts: Vec<(String, Decimal)>,
    /// What names most comes first; the tiers of one rate lie side by side.
    rates: Vec<Rate>,
    commitments: Vec<Covered>,
}

/// A negotiated price. An empty name fits every name.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rate {
    meter_id: String,
    service: String,
    product: String,
    sku: String,
    meter: String,
    region: String,
    /// Units above which it holds.
    from: Decimal,
    price: Decimal,
    /// What the price is of, when the sheet says so.
    unit: Option<UnitOfMeasure>,
}

/// What a commitment covers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Covered {
    pub kind: Commitment,
    sku: String,
    region: String,
    /// Of the hours of machines, 0 to 1.
    pub share: Decimal,
    /// An hour, when the sheet says so.
    pub price: Option<Decimal>,
}

/// A SKU for comparing: `Standard_D4s_v5` is `D4s v5`.
fn plain(sku: &str) -> String {
    let lower = sku.to_ascii_lowercase().replace('_', " ");
    lower.strip_prefix("standard ").map(str::to_owned).unwrap_or(lower)
}

const MACHINES: &str = "Virtual Machines";

impl Rate {
    fn is_machine(&self) -> bool {
        self.service.eq_ignore_ascii_case(MACHINES)
    }

    /// How much it names: a meter by its id counts most.
    fn weight(&self) -> usize {
        let names = [&self.service, &self.product, &self.sku, &self.meter, &self.region];
        names.iter().filter(|n| !n.is_empty()).count() + 10 * usize::from(!self.meter_id.is_empty())
    }

    /// What two rates have in common that are tiers of one price.
    fn key(&self) -> [&str; 6] {
        [&self.meter_id, &self.service, &self.product, &self.sku, &self.meter, &self.region]
            .map(String::as_str)
    }

    /// True when it is a price of a row; `query` says what the row was looked up for.
    fn fits(&self, query: &Query<'_>, row: &Row) -> bool {
        if !self.meter_id.is_empty() {
            return self.meter_id.eq_ignore_ascii_case(&row.meter_id);
        }
        let same = |wanted: &str, has: &str| wanted.is_empty() || wanted.eq_ignore_ascii_case(has);
        if !same(&self.service, query.service) || !same(&self.region, query.region) {
            return false;
        }
        match query.select {
            Select::Meter { .. } => {
                same(&self.product, &row.product)
                    && (self.sku.is_empty() || plain(&self.sku) == plain(&row.sku))
                    && same(&self.meter, &row.meter)
            }
            // Lists name the meters of machines in several ways: what they are counts.
            Select::VirtualMachine { size, windows, spot } => {
                let sku = if self.sku.is_empty() { &self.meter } else { &self.sku };
                let (is_spot, name) = match plain(sku).strip_suffix(" spot") {
                    Some(name) => (true, name.to_owned()),
                    None => (false, plain(sku)),
                };
                name == plain(size) && is_spot == spot && is_windows(&self.product) == windows
            }
        }
    }
}

impl PriceSheet {
    /// What it is called in reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// ISO code of its prices.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// The price of a query by this sheet; that of the list where the sheet says nothing of it.
    pub(super) fn apply(&self, query: &Query<'_>, listed: Result<Price, NoPrice>) -> Result<Price, NoPrice> {
        if query.price_type != PriceType::Consumption {
            return listed;
        }
        let row = match &listed {
            Ok(price) => price.row.clone(),
            Err(_) => asked(query),
        };
        match self.rates.iter().find(|rate| rate.fits(query, &row)) {
            Some(rate) => self.rated(rate, query, listed),
            None => Ok(self.discounted(query.service, listed?)),
        }
    }

    /// A price at a rate and its tiers.
    fn rated(
        &self,
        rate: &Rate,
        query: &Query<'_>,
        listed: Result<Price, NoPrice>,
    ) -> Result<Price, NoPrice> {
        let unit = listed.as_ref().ok().map(|p| p.unit.clone()).or_else(|| rate.unit.clone());
        let unit = unit
            .ok_or_else(|| NoPrice(format!("{} has a rate for {}, but no unit", self.name, query.meter())))?;
        // `100 Hours` of a sheet is a hundred times the `1 Hour` of the list.
        let factor = match &rate.unit {
            Some(of) if of.per != unit.per => {
                return Err(NoPrice(format!(
                    "{} has {} in another unit than the price list",
                    self.name,
                    query.meter()
                )));
            }
            Some(of) => unit.multiple.checked_div(of.multiple).unwrap_or(Decimal::ONE),
            None => Decimal::ONE,
        };
        let tiers = self.rates.iter().filter(|r| r.key() == rate.key());
        let tiers = tiers.map(|r| Tier { from: r.from, price: r.price.saturating_mul(factor).normalize() });
        let mut tiers: Vec<Tier> = tiers.collect();
        if tiers.first().is_some_and(|t| !t.from.is_zero()) {
            tiers.insert(0, Tier { from: Decimal::ZERO, price: Decimal::ZERO });
        }
        let list = listed.as_ref().ok().and_then(|p| p.tiers.first()).map(|t| t.price);
        let (own, list) = (tiers.first().map_or(Decimal::ZERO, |t| t.price), list.map(text));
        let place = list.map_or("no list price is held".to_owned(), |l| format!("in place of {l}"));
        let note = format!("{}: {} {place}", self.name, text(own));
        let row =
            Row { source: self.name.as_str().into(), ..listed.map_or_else(|_| asked(query), |p| p.row) };
        Ok(Price { tiers, unit, row, approximated: false, negotiated: Some(note) })
    }

    fn discounted(&self, service: &str, listed: Price) -> Price {
        let own = self.discounts.iter().find(|(s, _)| s.eq_ignore_ascii_case(service));
        let percent = own.map_or(self.discount_percent, |(_, percent)| *percent);
        if percent.is_zero() {
            return listed;
        }
        let part = (Decimal::ONE_HUNDRED - percent) / Decimal::ONE_HUNDRED;
        let less =
            |t: &Tier| Tier { price: t.price.saturating_mul(part).round_dp(8).normalize(), ..t.clone() };
        let note = format!("{}: less {} %", self.name, text(percent));
        Price { tiers: listed.tiers.iter().map(less).collect(), negotiated: Some(note), ..listed }
    }

    /// The commitment that covers a size in a region: the first that fits.
    pub(super) fn covers(&self, size: &str, region: &str) -> Option<&Covered> {
        self.commitments.iter().find(|c| {
            (c.sku.is_empty() || plain(&c.sku) == plain(size))
                && (c.region.is_empty() || c.region.eq_ignore_ascii_case(region))
        })
    }
}

/// What was asked for, as a row without a price.
fn asked(query: &Query<'_>) -> Row {
    let region = query.region.to_owned();
    match query.select {
        Select::Meter { product, sku, meters } => Row {
            product: product.to_owned(),
            sku: sku.to_owned(),
            meter: meters.first().copied().unwrap_or_default().to_owned(),
            region,
            ..Row::default()
        },
        Select::VirtualMachine { size, .. } => Row { arm_sku: size.to_owned(), region, ..Row::default() },
    }
}
