//! The bill of one resource: quantities become components by the prices of their meters.

use std::cell::RefCell;
use std::collections::HashMap;

use rust_decimal::Decimal;

use super::Options;
use super::amount::{DAYS, HOURS, Range, text};
use super::prices::{
    NoPrice, Per, Price, PriceType, Prices, Query, Row, Scope, Select, Tier, UnitOfMeasure, resolve,
};
use super::report::Component;
use super::sheet::PriceSheet;
use super::usage::Usage;

/// A meter by its names; see [`Select::Meter`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Meter<'a> {
    pub service: &'a str,
    pub product: &'a str,
    pub sku: &'a str,
    /// `meterName`, and what other regions call it.
    pub names: &'a [&'a str],
    pub scope: Scope,
    /// It costs much the same everywhere: the nearest region's price stands in where none is held.
    pub approximate: bool,
}

impl<'a> Meter<'a> {
    /// The question for its price in a region.
    pub(super) fn query(&self, region: &'a str) -> Query<'a> {
        Query {
            service: self.service,
            select: Select::Meter { product: self.product, sku: self.sku, meters: self.names },
            region,
            scope: self.scope,
            price_type: PriceType::Consumption,
            approximate: self.approximate,
        }
    }
}

/// So much of something, before its price is known.
#[derive(Clone, Debug)]
pub(super) struct Charge {
    name: String,
    noun: String,
    quantity: Range,
    hours: Range,
    usage: bool,
    assumptions: Vec<String>,
}

impl Charge {
    /// A quantity of things (`gateway`, `GB`). Of what is charged by time it is how many there are; the
    /// price's unit says whether hours or days make the month.
    pub(super) fn new(name: impl Into<String>, noun: &str, quantity: Range) -> Charge {
        let (name, noun, hours) = (name.into(), noun.to_owned(), Range::fixed(HOURS));
        Charge { name, noun, quantity, hours, usage: false, assumptions: Vec::new() }
    }

    /// Depends on use.
    pub(super) fn by_usage(mut self) -> Charge {
        self.usage = true;
        self
    }

    /// Runs so many hours a month.
    pub(super) fn for_hours(mut self, hours: Range) -> Charge {
        self.hours = hours;
        self
    }

    /// In the units of a price, to four digits: the figures that are printed multiply to the figure that is
    /// printed.
    fn units(&self, unit: &UnitOfMeasure) -> Range {
        let time = match unit.per {
            Per::Hour => self.hours,
            Per::Day if self.hours == Range::fixed(HOURS) => Range::fixed(DAYS),
            Per::Day => self.hours.map(|h| h.checked_div(Decimal::from(24)).unwrap_or(h)),
            Per::Month | Per::Once => Range::fixed(Decimal::ONE),
        };
        self.quantity.by(time).map(|v| v.checked_div(unit.multiple).unwrap_or(v).round_dp(4))
    }

    /// Rests on an assumption, when there is one.
    pub(super) fn assuming(mut self, what: impl Into<Option<String>>) -> Charge {
        self.assumptions.extend(what.into());
        self
    }
}

/// A price list that remembers its answers: an estate asks the same few questions thousands of times.
pub(super) struct PriceDesk<'a> {
    prices: &'a dyn Prices,
    sheet: Option<&'a PriceSheet>,
    /// The nearest region's price stands in for every meter.
    fallback: bool,
    known: RefCell<HashMap<String, Result<Price, NoPrice>>>,
    /// What the report has taken so far of meters whose tiers count for all resources together.
    taken: RefCell<HashMap<String, Range>>,
}

impl<'a> PriceDesk<'a> {
    pub(super) fn new(options: &'a Options) -> PriceDesk<'a> {
        PriceDesk {
            prices: options.prices(),
            sheet: options.sheet.as_deref(),
            fallback: options.fallback,
            known: RefCell::default(),
            taken: RefCell::default(),
        }
    }

    /// Takes units of a meter, and returns how many were taken before. Regions count together.
    fn take(&self, meter: &Meter<'_>, units: Range) -> Range {
        let Meter { service, product, sku, names, .. } = meter;
        let mut taken = self.taken.borrow_mut();
        let sum = taken.entry(format!("{service}/{product}/{sku}/{names:?}")).or_default();
        let before = *sum;
        *sum += units;
        before
    }

    /// The price sheet in use.
    pub(super) fn sheet(&self) -> Option<&'a PriceSheet> {
        self.sheet
    }

    /// ISO code of what amounts are in.
    pub(super) fn currency(&self) -> &str {
        self.prices.currency()
    }

    /// A price, of the nearest region where the user asked for that. See [`resolve`].
    pub(super) fn ask(&self, query: &Query<'_>) -> Result<Price, NoPrice> {
        self.ask_here(&Query { approximate: query.approximate || self.fallback, ..*query })
    }

    /// A price that no other region stands in for, unless the meter costs much the same everywhere.
    pub(super) fn ask_here(&self, query: &Query<'_>) -> Result<Price, NoPrice> {
        let key = format!("{query:?}");
        if let Some(answer) = self.known.borrow().get(&key) {
            return answer.clone();
        }
        let listed = resolve(self.prices, query);
        let answer = match self.sheet {
            Some(sheet) => sheet.apply(query, listed),
            None => listed,
        };
        self.known.borrow_mut().insert(key, answer.clone());
        answer
    }
}

/// Components and gaps of one resource.
pub(super) struct Bill<'a> {
    /// Its address, for the usage file.
    pub address: &'a str,
    pub prices: &'a PriceDesk<'a>,
    pub usage: &'a Usage,
    pub components: Vec<Component>,
    /// Parts without a price, in words.
    pub gaps: Vec<String>,
}

impl<'a> Bill<'a> {
    pub(super) fn new(address: &'a str, prices: &'a PriceDesk<'a>, usage: &'a Usage) -> Bill<'a> {
        Bill { address, prices, usage, components: Vec::new(), gaps: Vec::new() }
    }

    /// Looks the price up and adds the charge, or says why there is no price.
    pub(super) fn charge(&mut self, charge: Charge, meter: &Meter<'_>, region: &str) {
        match self.prices.ask(&meter.query(region)) {
            Ok(price) => self.add(charge, &price, region),
            Err(none) => self.gap(&charge.name, none),
        }
    }

    /// A charge whose price may have a first tier that another charge uses up already: only the last tier
    /// counts.
    pub(super) fn charge_flat(&mut self, charge: Charge, meter: &Meter<'_>, region: &str) {
        match self.prices.ask(&meter.query(region)) {
            Ok(price) => {
                let last = price.tiers.last().map_or(Decimal::ZERO, |t| t.price);
                let tiers = vec![Tier { from: Decimal::ZERO, price: last }];
                self.add(charge, &Price { tiers, ..price }, region);
            }
            Err(none) => self.gap(&charge.name, none),
        }
    }

    /// A charge whose tiers count for all resources of the report together: a grant of the billing account,
    /// or a price that falls with their number.
    pub(super) fn charge_shared(&mut self, charge: Charge, meter: &Meter<'_>, region: &str) {
        match self.prices.ask(&meter.query(region)) {
            Ok(price) => {
                let before = self.prices.take(meter, charge.units(&price.unit));
                self.add_beyond(charge, &price, region, before);
            }
            Err(none) => self.gap(&charge.name, none),
        }
    }

    /// A charge of which so much is granted to the subscription, whether a list says so or not: what the list
    /// has last is the price of the rest.
    pub(super) fn charge_granted(&mut self, charge: Charge, meter: &Meter<'_>, region: &str, grant: Decimal) {
        match self.prices.ask(&meter.query(region)) {
            Ok(price) => {
                let rest = price.tiers.last().map_or(Decimal::ZERO, |t| t.price);
                let free = Tier { from: Decimal::ZERO, price: Decimal::ZERO };
                let tiers = vec![free, Tier { from: grant, price: rest }];
                let before = self.prices.take(meter, charge.units(&price.unit));
                self.add_beyond(charge, &Price { tiers, ..price }, region, before);
            }
            Err(none) => self.gap(&charge.name, none),
        }
    }

    /// A charge at a price that no list at hand has: that of the usage file, in the currency of the report,
    /// or its documented default in USD. In another currency the default is no price.
    pub(super) fn charge_setting(&mut self, charge: Charge, key: &'static str, per: Per) {
        let used = self.usage.of(self.address, key);
        let currency = self.prices.currency();
        if used.assumption.is_some() && currency != "USD" {
            let why = format!("no price list has it in {currency}; set {key} in the usage file");
            return self.gap(&charge.name, why);
        }
        let price = used.quantity.expected;
        let why = used.assumption.unwrap_or_else(|| format!("{} by the usage file", text(price)));
        let price = Price {
            tiers: vec![Tier { from: Decimal::ZERO, price }],
            unit: UnitOfMeasure { multiple: Decimal::ONE, prefix: String::new(), per },
            row: Row { source: format!("usage setting {key}").into(), ..Row::default() },
            approximated: false,
            negotiated: None,
        };
        self.add(charge.assuming(why), &price, "");
    }

    /// A quantity that only the usage file knows, by key: no line where it says nothing.
    pub(super) fn charge_set(
        &mut self,
        name: impl Into<String>,
        noun: &str,
        key: &'static str,
        meter: &Meter<'_>,
        region: &str,
    ) {
        if self.usage.set(self.address, key).is_some() {
            self.charge_usage(name, noun, key, meter, region);
        }
    }

    /// A quantity of the usage file or its default, by key.
    pub(super) fn charge_usage(
        &mut self,
        name: impl Into<String>,
        noun: &str,
        key: &'static str,
        meter: &Meter<'_>,
        region: &str,
    ) {
        let used = self.usage.of(self.address, key);
        self.charge(
            Charge::new(name, noun, used.quantity).by_usage().assuming(used.assumption),
            meter,
            region,
        );
    }

    /// A part without a price.
    pub(super) fn gap(&mut self, name: &str, why: impl std::fmt::Display) {
        self.gaps.push(format!("{name}: {why}"));
    }

    /// Adds a charge at a price: one component a tier.
    pub(super) fn add(&mut self, charge: Charge, price: &Price, region: &str) {
        self.add_beyond(charge, price, region, Range::default());
    }

    /// The same, where so many units fill the tiers already.
    fn add_beyond(&mut self, charge: Charge, price: &Price, region: &str, before: Range) {
        let units = charge.units(&price.unit);
        let mut assumptions = charge.assumptions;
        if price.approximated {
            assumptions.push(match price.row.region.as_str() {
                held if held.starts_with('(') => "the price is of no stated region".to_owned(),
                held => format!("no price is held for {region}: that of {held} stands in"),
            });
        }
        assumptions.extend(price.negotiated.clone());
        let discount = self.usage.terms.discount_percent;
        if !discount.is_zero() && price.negotiated.is_none() {
            assumptions.push(format!("less {} %", text(discount)));
        }
        let tiers = price.tiers.len();
        for (n, tier) in price.tiers.iter().enumerate() {
            let end = price.tiers.get(n + 1).map(|t| t.from);
            let within = |v: Decimal| (end.map_or(v, |e| v.min(e)) - tier.from).max(Decimal::ZERO);
            let mut quantity = (before + units).map(within) - before.map(within);
            if quantity.is_zero() && (n > 0 || !units.is_zero()) {
                continue;
            }
            // Of a grant the more is left the less others take.
            if tier.price.is_zero() {
                let Range { low, expected, high } = quantity;
                quantity =
                    Range { low: low.min(expected).min(high), expected, high: high.max(expected).max(low) };
            }
            let unit_price = match price.negotiated {
                Some(_) => tier.price,
                None => self.usage.terms.apply(tier.price),
            };
            let unit = unit_name(&price.unit, &charge.noun);
            let bound = |units: Decimal| text(units.saturating_mul(price.unit.multiple));
            let part = match (tier.from.is_zero(), end) {
                _ if tiers == 1 => String::new(),
                (true, Some(end)) => format!(", first {} {}", bound(end), charge.noun),
                (_, None) => format!(", over {} {}", bound(tier.from), charge.noun),
                (_, Some(end)) => format!(", {} to {} {}", bound(tier.from), bound(end), charge.noun),
            };
            self.components.push(Component {
                name: format!("{}{part}", charge.name),
                unit,
                quantity,
                unit_price,
                monthly: quantity.times(unit_price).map(|v| v.normalize()),
                usage_based: charge.usage,
                assumption: (!assumptions.is_empty()).then(|| assumptions.join("; ")),
                price_source: price.row.source.to_string(),
                price_as_of: price.row.as_of.to_string(),
            });
        }
    }
}

/// `node-hours`, `GB`, `10K operations`.
fn unit_name(unit: &UnitOfMeasure, noun: &str) -> String {
    let thing = match unit.per {
        Per::Hour => format!("{noun}-hours"),
        Per::Day => format!("{noun}-days"),
        Per::Month => format!("{noun}-months"),
        Per::Once => noun.to_owned(),
    };
    if unit.prefix.is_empty() { thing } else { format!("{} {thing}", unit.prefix) }
}
