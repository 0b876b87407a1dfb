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
    /// What one is called: `node`.
    pub noun: &'static str,
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

/// A part of the hours at one price.
struct Part {
    /// After the name of the component.
    label: String,
    /// Of the hours, 0 to 1.
    share: Decimal,
    price: Price,
    assumption: Option<String>,
}

impl Part {
    /// All hours at one price.
    fn whole((price, assumption): Assumed) -> Part {
        Part { label: String::new(), share: Decimal::ONE, price, assumption }
    }
}

/// A price under a commitment.
struct Term {
    /// Of an hour.
    hour: Decimal,
    /// Of an hour on demand.
    list: Decimal,
    price: Price,
}

fn and(what: String, more: Option<String>) -> String {
    more.map_or(what.clone(), |more| format!("{what}; {more}"))
}

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
        let parts = match self.spot {
            Some(cap) => self.spot_price(bill, region, cap).map(|price| vec![Part::whole(price)]),
            None => self.committed(bill, region),
        };
        match parts {
            Ok(parts) => {
                for part in parts {
                    let charge = Charge::new(format!("{name}{}", part.label), self.noun, self.count);
                    let hours = self.hours.times(part.share);
                    bill.add(charge.for_hours(hours).assuming(part.assumption), &part.price, region);
                }
            }
            Err(none) => bill.gap(&name, none),
        }
    }

    /// On demand, or by the commitment of the price sheet, else of the terms, as far as it covers.
    fn committed(&self, bill: &Bill<'_>, region: &str) -> Result<Vec<Part>, NoPrice> {
        let full = self.on_demand(bill, region)?;
        let own = bill.prices.sheet().and_then(|sheet| sheet.covers(self.size, region));
        let (kind, share, price) = match own {
            Some(covered) => (covered.kind, covered.share, covered.price),
            None => (bill.usage.terms.commitment, Decimal::ONE, None),
        };
        if kind == Commitment::None || share.is_zero() {
            return Ok(vec![Part::whole(full)]);
        }
        let Some(term) = self.term(bill, region, kind, price) else {
            let why = format!("no price of a {} is held: on demand", kind.price().0);
            let (full, assumed) = full;
            return Ok(vec![Part::whole((full, Some(and(why, assumed))))]);
        };
        // Commitments cover the machine; a Windows licence stays as it is.
        let (full, assumed) = full;
        let licence = (hourly(&full) - term.list).max(Decimal::ZERO);
        let why = format!("{}: {} in place of {}", kind.price().0, text(term.hour), text(term.list));
        let covered = Price {
            negotiated: own.filter(|c| c.price.is_some()).and(Some(why.clone())),
            ..at(&term.price, term.hour.saturating_add(licence))
        };
        let why = match covered.negotiated {
            Some(_) => assumed.clone(),
            None => Some(and(why, assumed.clone())),
        };
        if share == Decimal::ONE {
            return Ok(vec![Part::whole((covered, why))]);
        }
        let label = |share: Decimal, what: &str| {
            format!(", {} % {what}", text(share.saturating_mul(Decimal::ONE_HUNDRED)))
        };
        let rest = Decimal::ONE - share;
        Ok(vec![
            Part { label: label(share, kind.price().0), share, price: covered, assumption: why },
            Part { label: label(rest, "on demand"), share: rest, price: full, assumption: assumed },
        ])
    }

    /// The price of an hour of the Linux machine under a commitment, when one is held.
    fn term(&self, bill: &Bill<'_>, region: &str, kind: Commitment, price: Option<Decimal>) -> Option<Term> {
        let list = bill.prices.ask(&query(self.size, region, false, false)).ok()?;
        let (hour, row) = match price {
            Some(hour) => (hour, list.clone()),
            None => {
                let (hour, price) = commitment(bill.prices, self.size, region, kind)?;
                (hour, price)
            }
        };
        Some(Term { hour, list: hourly(&list), price: row })
    }

    fn on_demand(&self, bill: &Bill<'_>, region: &str) -> Result<Assumed, NoPrice> {
        let local = |windows| bill.prices.ask_here(&query(self.size, region, windows, false));
        let wider = |windows| bill.prices.ask(&query(self.size, region, windows, false));
        if !self.windows {
            return Ok((wider(false)?, None));
        }
        if bill.usage.terms.dev_test {
            let why = "Dev/Test subscription: the Linux price, without the Windows licence";
            return Ok((wider(false)?, Some(why.to_owned())));
        }
        local(true).map(|p| (p, None)).or_else(|_| {
            let (Ok(linux), Some((licence, from))) = (local(false), self.licence(bill)) else {
                return Ok((wider(true)?, None));
            };
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
            let with = bill.prices.ask_here(&query(self.size, region, true, false)).ok()?;
            let without = bill.prices.ask_here(&query(self.size, region, false, false)).ok()?;
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
    prices.ask(&query(size, region, windows, false)).ok().map(|p| (hourly(&p), p.row.as_of.to_string()))
}

/// The price of an hour of a size under a commitment, and its row, when one is held in the region.
pub(in crate::analysis::cost) fn commitment(
    prices: &PriceDesk<'_>,
    size: &str,
    region: &str,
    kind: Commitment,
) -> Option<(Decimal, Price)> {
    let (_, price_type, hours) = kind.price();
    let price = prices.ask_here(&Query { price_type, ..query(size, region, false, false) }).ok()?;
    let hour = hourly(&price).checked_div(hours)?.round_dp(6).normalize();
    Some((hour, price))
}

/// The Spot price of an hour of a size and its day, when one is held.
pub(in crate::analysis::cost) fn spot(
    prices: &PriceDesk<'_>,
    size: &str,
    region: &str,
    windows: bool,
) -> Option<(Decimal, String)> {
    prices.ask(&query(size, region, windows, true)).ok().map(|p| (hourly(&p), p.row.as_of.to_string()))
}
