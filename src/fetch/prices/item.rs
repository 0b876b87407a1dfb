//! Items of the API, and what they mean as rows of a price list.

use std::collections::BTreeMap;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::{MACHINES, PriceRequest, cache};
use crate::analysis::cost::prices::{PriceType, Row};

/// An item: one price of one meter, region and tier.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    /// `currencyCode`
    pub(super) currency: String,
    service: String,
    /// `type`, and for a reservation its term.
    kind: String,
    term: String,
    primary: bool,
    /// First day, and the day after the last one; empty: no end.
    start: String,
    end: String,
    /// The row without a price type.
    row: Row,
    /// Term and price of an hour.
    savings_plans: Vec<(String, Decimal)>,
}

/// A number as it is written: no float on the way.
fn decimal(value: &Json) -> Option<Decimal> {
    let text = value.as_number()?.to_string();
    Decimal::from_str(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()
        .filter(|d| !d.is_sign_negative())
}

impl Item {
    /// Reads an item; none when it has no price, meter or currency.
    pub(super) fn parse(json: &Json) -> Option<Item> {
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let day = |name: &str| text(name).chars().take(10).collect::<String>();
        let service = text("serviceName");
        let plans = json["savingsPlan"].as_array().into_iter().flatten();
        let plan = |p: &Json| Some((p["term"].as_str()?.to_owned(), decimal(&p["retailPrice"])?));
        let tier = match &json["tierMinimumUnits"] {
            Json::Null => Decimal::ZERO,
            value => decimal(value)?,
        };
        // What is not a machine is told apart by its names; its ARM SKU is not used.
        let arm_sku = if service == MACHINES { text("armSkuName") } else { String::new() };
        let row = Row {
            meter_id: text("meterId"),
            arm_sku,
            region: text("armRegionName"),
            product: text("productName"),
            sku: text("skuName"),
            meter: text("meterName"),
            unit: text("unitOfMeasure"),
            tier_min: tier,
            price: decimal(&json["retailPrice"])?,
            ..Row::default()
        };
        let currency = json["currencyCode"].as_str()?.to_ascii_uppercase();
        Some(Item {
            currency,
            service,
            kind: text("type"),
            term: text("reservationTerm"),
            primary: json["isPrimaryMeterRegion"].as_bool().unwrap_or(true),
            start: day("effectiveStartDate"),
            end: day("effectiveEndDate"),
            row,
            savings_plans: plans.map(plan).collect::<Option<_>>()?,
        })
    }

    /// The item in the form of the API: what [`Item::parse`] reads.
    pub(super) fn json(&self) -> Json {
        let number = |d: Decimal| serde_json::from_str::<Json>(&d.to_string()).unwrap_or_default();
        let plans =
            self.savings_plans.iter().map(|(term, p)| json!({ "term": term, "retailPrice": number(*p) }));
        json!({
            "currencyCode": self.currency,
            "serviceName": self.service,
            "type": self.kind,
            "reservationTerm": self.term,
            "isPrimaryMeterRegion": self.primary,
            "effectiveStartDate": self.start,
            "effectiveEndDate": self.end,
            "meterId": self.row.meter_id,
            "armSkuName": self.row.arm_sku,
            "armRegionName": self.row.region,
            "productName": self.row.product,
            "skuName": self.row.sku,
            "meterName": self.row.meter,
            "unitOfMeasure": self.row.unit,
            "tierMinimumUnits": number(self.row.tier_min),
            "retailPrice": number(self.row.price),
            "savingsPlan": plans.collect::<Vec<_>>(),
        })
    }

    fn holds_on(&self, day: &str) -> bool {
        (self.start.is_empty() || self.start.as_str() <= day)
            && (self.end.is_empty() || self.end.as_str() > day)
    }

    fn price_type(&self) -> Option<PriceType> {
        match (self.kind.as_str(), self.term.as_str()) {
            ("Consumption", _) => Some(PriceType::Consumption),
            ("DevTestConsumption", _) => Some(PriceType::DevTest),
            ("Reservation", "1 Year") => Some(PriceType::Reservation1Year),
            ("Reservation", "3 Years") => Some(PriceType::Reservation3Years),
            _ => None,
        }
    }
}

/// What decides among several prices of one meter: the primary one, then the newest, then the higher.
type Rank<'a> = (bool, &'a str, Decimal);

/// The rows of items, with their services: in the currency that was asked for, holding today, and of what
/// is published several times the primary and then the newest.
pub(super) fn rows(items: &[Item], request: &PriceRequest, day: &str) -> Vec<(String, Row)> {
    let today = cache::day(request.now);
    let mut best: BTreeMap<[String; 9], (Rank<'_>, (String, Row))> = BTreeMap::new();
    for item in items.iter().filter(|i| i.currency == request.currency && i.holds_on(&today)) {
        let of = |price_type: PriceType, price: Decimal| Row {
            price,
            price_type,
            source: "Azure Retail Prices API".into(),
            as_of: day.into(),
            ..item.row.clone()
        };
        let plans = item.savings_plans.iter().filter_map(|(term, price)| {
            let price_type = match term.as_str() {
                "1 Year" => PriceType::SavingsPlan1Year,
                "3 Years" => PriceType::SavingsPlan3Years,
                _ => return None,
            };
            Some(of(price_type, *price))
        });
        let own = item.price_type().map(|t| of(t, item.row.price));
        for row in own.into_iter().chain(plans) {
            let names =
                [&item.service, &row.arm_sku, &row.region, &row.product, &row.sku, &row.meter, &row.unit];
            let [a, b, c, d, e, f, g] = names.map(Clone::clone);
            let key =
                [a, b, c, d, e, f, g, row.tier_min.normalize().to_string(), row.price_type.name().to_owned()];
            // The order of the answer decides nothing.
            let rank = (item.primary, item.start.as_str(), row.price);
            if best.get(&key).is_none_or(|(held, _)| *held < rank) {
                best.insert(key, (rank, (item.service.clone(), row)));
            }
        }
    }
    best.into_values().map(|(_, row)| row).collect()
}
