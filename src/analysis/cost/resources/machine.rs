//! Hours of virtual machines: Linux or Windows, on demand or Spot.

use rust_decimal::Decimal;

use super::super::amount::{Range, text};
use super::super::bill::{Bill, Charge, PriceDesk};
use super::super::prices::{NoPrice, Price, PriceType, Query, Scope, Select, Tier};
use super::super::terms::Commitment;

/// So many machines of one size.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analysis::cost) struct Machines<'a> {
    /// `Standard_D4s_v5`
    pub size: &'a str,
    /// How many.
    pub count: Range,
    /// Hours that each runs in a month.
    pub hours: Range,
    /// Windows with its licence in the price.
    pub windows: bool,
    /// Spot capacity, with the most that is paid for an hour when there is a limit below on-demand.
    pub spot: Option<Option<Decimal>>,
}

/// A price, and what had to be assumed for it.
type Assumed = (Price, Option<String>);

/// The regions whose difference between Windows and Linux stands in where no Windows price is held: the
/// licence costs the same in most regions (nine of ten sizes in five European regions, 2026-08).
const LICENCE_REGIONS: &[&str] = &["westeurope", "northeurope", "eastus"];

fn query<'a>(size: &'a str, region: &'a str, windows: bool, spot: bool) -> Query<'a> {
    Query {
        service: "Virtual Machines",
        select: Select::VirtualMachine { size, windows, spot },
        region,
        scope: Scope::Region,
        price_type: PriceType::Consumption,
        approximate: false,
    }
}

impl Machines<'_> {
    /// Adds the machines to a bill.
    pub(in crate::analysis::cost) fn charge(&self, bill: &mut Bill<'_>, name: String, region: &str) {
        match self.price(bill, region) {
            Ok((price, assumption)) => {
                let charge = Charge::new(name, "node", self.count).for_hours(self.hours).assuming(assumption);
                bill.add(charge, &price, region);
            }
            Err(none) => bill.gap(&name, none),
        }
    }

    fn price(&self, bill: &Bill<'_>, region: &str) -> Result<Assumed, NoPrice> {
        match self.spot {
            Some(cap) => self.spot_price(bill, region, cap),
            None => self.committed(bill, region),
        }
    }

    /// The price by the commitment of the terms, where one is held, else on demand.
    fn committed(&self, bill: &Bill<'_>, region: &str) -> Result<Assumed, NoPrice> {
        let (full, assumed) = self.on_demand(bill, region)?;
        if bill.usage.terms.commitment == Commitment::None {
            return Ok((full, assumed));
        }
        let (name, price_type, hours) = bill.usage.terms.commitment.price();
        let linux = Query { price_type, ..query(self.size, region, false, false) };
        let plain = bill.prices.ask(&query(self.size, region, false, false));
        let (Ok(term), Ok(plain)) = (bill.prices.ask(&linux), plain) else {
            let why = format!("no price of a {name} is held: on demand");
            return Ok((full, Some(assumed.map_or(why.clone(), |a| format!("{why}; {a}")))));
        };
        // Commitments cover the machine; a Windows licence stays as it is.
        let hour = hourly(&term).checked_div(hours).unwrap_or_default().round_dp(6);
        let licence = (hourly(&full) - hourly(&plain)).max(Decimal::ZERO);
        let why = format!("{name}: {} in place of {}", text(hour), text(hourly(&plain)));
        let why = assumed.map_or(why.clone(), |a| format!("{why}; {a}"));
        Ok((at(&term, hour.saturating_add(licence)), Some(why)))
    }

    fn on_demand(&self, bill: &Bill<'_>, region: &str) -> Result<Assumed, NoPrice> {
        let local = |windows| bill.prices.ask(&query(self.size, region, windows, false));
        if !self.windows {
            return Ok((local(false)?, None));
        }
        local(true).map(|p| (p, None)).or_else(|none| {
            let linux = local(false).map_err(|_| none.clone())?;
            let (licence, from) = self.licence(bill).ok_or(none)?;
            let price = hourly(&linux).saturating_add(licence);
            let why = format!(
                "no Windows price is held for {region}: Linux {} + licence {}, the difference in {from}",
                text(hourly(&linux)),
                text(licence)
            );
            Ok((at(&linux, price), Some(why)))
        })
    }

    /// What Windows adds to an hour of the size, and the region that says so.
    fn licence(&self, bill: &Bill<'_>) -> Option<(Decimal, &'static str)> {
        LICENCE_REGIONS.iter().find_map(|region| {
            let with = bill.prices.ask(&query(self.size, region, true, false)).ok()?;
            let without = bill.prices.ask(&query(self.size, region, false, false)).ok()?;
            let licence = hourly(&with).checked_sub(hourly(&without))?;
            (!licence.is_sign_negative()).then_some((licence, *region))
        })
    }

    fn spot_price(&self, bill: &Bill<'_>, region: &str, cap: Option<Decimal>) -> Result<Assumed, NoPrice> {
        let (price, mut why) = match bill.prices.ask(&query(self.size, region, self.windows, true)) {
            Ok(price) => (price, "Spot prices move daily".to_owned()),
            Err(_) => {
                let (full, assumed) = self.on_demand(bill, region)?;
                let factor = bill.usage.of(bill.address, "spot.factor").quantity.expected;
                let spot = hourly(&full).saturating_mul(factor);
                let on_demand = text(hourly(&full));
                let mut why = format!("no Spot price is held: {} x on demand {on_demand}", text(factor));
                why.extend(assumed.map(|a| format!("; {a}")));
                (at(&full, spot), why)
            }
        };
        match cap.filter(|cap| *cap < hourly(&price)) {
            Some(cap) => {
                why += &format!("; limited to spot_max_price {}", text(cap));
                Ok((at(&price, cap), Some(why)))
            }
            None => Ok((price, Some(why))),
        }
    }
}

/// The price of an hour; machines have one tier.
fn hourly(price: &Price) -> Decimal {
    price.tiers.first().map_or(Decimal::ZERO, |t| t.price)
}

/// The same price with another figure.
fn at(price: &Price, figure: Decimal) -> Price {
    let figure = figure.normalize();
    Price { tiers: vec![Tier { from: Decimal::ZERO, price: figure }], ..price.clone() }
}

/// The limit of `spotMaxPrice`: -1, or nothing, is the on-demand price and no limit.
pub(super) fn spot_limit(value: Option<Decimal>) -> Option<Decimal> {
    value.filter(|v| *v > Decimal::ZERO)
}

/// The on-demand price of an hour of a size and its day, when one is held.
pub(in crate::analysis::cost) fn on_demand(
    prices: &PriceDesk<'_>,
    size: &str,
    region: &str,
    windows: bool,
) -> Option<(Decimal, String)> {
    prices.ask(&query(size, region, windows, false)).ok().map(|p| (hourly(&p), p.as_of.to_string()))
}

/// The Spot price of an hour of a size and its day, when one is held.
pub(in crate::analysis::cost) fn spot(
    prices: &PriceDesk<'_>,
    size: &str,
    region: &str,
    windows: bool,
) -> Option<(Decimal, String)> {
    prices.ask(&query(size, region, windows, true)).ok().map(|p| (hourly(&p), p.as_of.to_string()))
}
