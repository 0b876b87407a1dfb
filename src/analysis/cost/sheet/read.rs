//! Reading a price sheet: TOML with every part, or CSV with rates.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::{Covered, PriceSheet, Rate};
use crate::analysis::cost::prices::{Table, UnitOfMeasure};
use crate::analysis::cost::terms::Commitment;
use crate::azure::regions;

/// What is wrong with a sheet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("price sheet: {0}")]
pub struct SheetError(String);

/// Prices beyond this are a mistake, and would overflow money.
const MOST: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// A number in TOML: exact as text, or a plain figure.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Text(String),
    Whole(i64),
    Float(f64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Option<String>,
    currency: Option<String>,
    discount_percent: Option<Number>,
    #[serde(default)]
    discounts: toml::Table,
    #[serde(default)]
    rates: Vec<RateOf>,
    #[serde(default)]
    commitments: Vec<CommitmentOf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateOf {
    #[serde(default)]
    meter_id: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    product: String,
    #[serde(default)]
    sku: String,
    #[serde(default)]
    meter: String,
    #[serde(default)]
    region: String,
    tier_min: Option<Number>,
    price: Number,
    unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommitmentOf {
    kind: String,
    #[serde(default)]
    sku: String,
    #[serde(default)]
    region: String,
    covered_percent: Option<Number>,
    price: Option<Number>,
}

fn wrong(what: impl Into<String>) -> SheetError {
    SheetError(what.into())
}

fn number(value: &Number) -> Result<Decimal, SheetError> {
    let text = match value {
        Number::Text(t) => t.trim().to_owned(),
        Number::Whole(n) => n.to_string(),
        Number::Float(f) => f.to_string(),
    };
    let number = Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text));
    let number = number.map_err(|_| wrong(format!("{text} is not a number")))?;
    match number >= Decimal::ZERO && number <= MOST {
        true => Ok(number),
        false => Err(wrong(format!("{text} is not between 0 and {MOST}"))),
    }
}

fn percent(value: &Number, of: &str) -> Result<Decimal, SheetError> {
    let percent = number(value)?;
    match percent <= Decimal::ONE_HUNDRED {
        true => Ok(percent),
        false => Err(wrong(format!("{of} is not between 0 and 100"))),
    }
}

/// A region by any of its names; other places, such as `Global`, as they stand.
fn region(name: &str) -> String {
    let name = name.trim();
    let known = regions::region(name).filter(|_| !name.is_empty());
    known.map_or_else(|| name.to_owned(), |r| r.id.to_owned())
}

fn unit(text: &str) -> Result<Option<UnitOfMeasure>, SheetError> {
    match text.trim() {
        "" => Ok(None),
        t => UnitOfMeasure::parse(t).map(Some).ok_or_else(|| wrong(format!("{t} is no unit of measure"))),
    }
}

impl PriceSheet {
    /// Reads a sheet: CSV when its file is named so, else TOML. `name` is what it is called when it does
    /// not say.
    pub fn parse(text: &str, is_csv: bool, name: &str) -> Result<PriceSheet, SheetError> {
        let mut sheet = if is_csv { csv(text)? } else { toml(text)? };
        if sheet.name.is_empty() {
            sheet.name = name.to_owned();
        }
        for rate in &mut sheet.rates {
            let wide = [&rate.product, &rate.sku, &rate.meter].iter().all(|n| n.is_empty());
            if rate.meter_id.is_empty() && (rate.service.is_empty() || wide) {
                return Err(wrong("a rate needs a meter_id, or a service and a product, sku or meter"));
            }
            if rate.is_machine() && rate.meter_id.is_empty() && rate.sku.is_empty() && rate.meter.is_empty() {
                return Err(wrong("a rate of Virtual Machines needs a sku, such as Standard_D4s_v5"));
            }
            rate.region = region(&rate.region);
        }
        sheet.rates.sort_by(|a, b| {
            b.weight().cmp(&a.weight()).then_with(|| a.key().cmp(&b.key())).then(a.from.cmp(&b.from))
        });
        let twice = sheet.rates.windows(2).find(|w| w[0].key() == w[1].key() && w[0].from == w[1].from);
        if let Some([rate, _]) = twice {
            let names = rate.key().into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join(", ");
            return Err(wrong(format!("there are two rates for {names}")));
        }
        Ok(sheet)
    }
}

fn toml(text: &str) -> Result<PriceSheet, SheetError> {
    let file: File = toml::from_str(text).map_err(|e| wrong(e.to_string().trim_end()))?;
    let discounts = file.discounts.into_iter().map(|(service, value)| {
        let value: Number =
            value.try_into().map_err(|_| wrong(format!("the discount of {service} is not a number")))?;
        Ok((service.clone(), percent(&value, &format!("the discount of {service}"))?))
    });
    let rates = file.rates.into_iter().map(|r| {
        Ok(Rate {
            from: r.tier_min.as_ref().map_or(Ok(Decimal::ZERO), number)?,
            price: number(&r.price)?,
            unit: unit(&r.unit.unwrap_or_default())?,
            meter_id: r.meter_id,
            service: r.service,
            product: r.product,
            sku: r.sku,
            meter: r.meter,
            region: r.region,
        })
    });
    let commitments = file.commitments.into_iter().map(|c| {
        let share =
            c.covered_percent.as_ref().map_or(Ok(Decimal::ONE_HUNDRED), |p| percent(p, "covered_percent"))?;
        Ok(Covered {
            kind: Commitment::parse(&c.kind).map_err(wrong)?,
            sku: c.sku,
            region: region(&c.region),
            share: share / Decimal::ONE_HUNDRED,
            price: c.price.as_ref().map(number).transpose()?,
        })
    });
    Ok(PriceSheet {
        name: file.name.unwrap_or_default(),
        currency: file.currency.unwrap_or_else(|| "USD".to_owned()).to_ascii_uppercase(),
        discount_percent: file
            .discount_percent
            .map_or(Ok(Decimal::ZERO), |p| percent(&p, "discount_percent"))?,
        discounts: discounts.collect::<Result<_, SheetError>>()?,
        rates: rates.collect::<Result<_, SheetError>>()?,
        commitments: commitments.collect::<Result<_, SheetError>>()?,
    })
}

/// Names of columns: those of TOML, then those of an exported Azure price sheet.
const METER_ID: &[&str] = &["meter_id"];
const SERVICE: &[&str] = &["service", "meter_category", "service_name"];
const PRODUCT: &[&str] = &["product", "meter_sub_category", "product_name"];
const SKU: &[&str] = &["sku", "arm_sku_name", "sku_name"];
const METER: &[&str] = &["meter", "meter_name"];
const REGION: &[&str] = &["region", "meter_region", "arm_region_name"];
const TIER: &[&str] = &["tier_min", "tier_minimum_units"];
const PRICE: &[&str] = &["price", "unit_price", "effective_price"];
const UNIT: &[&str] = &["unit", "unit_of_measure"];
const CURRENCY: &[&str] = &["currency", "currency_code", "billing_currency"];

fn csv(text: &str) -> Result<PriceSheet, SheetError> {
    let table = Table::parse(text).map_err(|e| wrong(e.0))?;
    let price = table.column(PRICE).ok_or_else(|| wrong("there is no column price"))?;
    let mut sheet = PriceSheet { currency: "USD".to_owned(), ..PriceSheet::default() };
    for (n, record) in table.records.iter().enumerate() {
        let at = |column: Option<usize>| column.and_then(|c| record.get(c)).map_or("", |t| t.trim());
        let get = |names| at(table.column(names)).to_owned();
        let here = |e: SheetError| SheetError(format!("record {}: {}", n + 2, e.0));
        let figure = |text: &str| number(&Number::Text(text.replace(',', ""))).map_err(here);
        let from = if get(TIER).is_empty() { Decimal::ZERO } else { figure(&get(TIER))? };
        let currency = get(CURRENCY).to_ascii_uppercase();
        if !currency.is_empty() {
            if n > 0 && currency != sheet.currency {
                return Err(wrong(format!("prices in {} and in {currency}", sheet.currency)));
            }
            sheet.currency = currency;
        }
        sheet.rates.push(Rate {
            meter_id: get(METER_ID),
            service: get(SERVICE),
            product: get(PRODUCT),
            sku: get(SKU),
            meter: get(METER),
            region: get(REGION),
            from,
            price: figure(at(Some(price)))?,
            unit: unit(&get(UNIT)).map_err(here)?,
        });
    }
    Ok(sheet)
}
