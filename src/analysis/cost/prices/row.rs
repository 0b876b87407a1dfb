//! One row of a price list, and its unit of measure.

use std::str::FromStr;
use std::sync::Arc;

use rust_decimal::Decimal;

/// How a price is bought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PriceType {
    /// Pay as you go.
    #[default]
    Consumption,
    /// Pay as you go in a Dev/Test subscription.
    DevTest,
    /// Savings plan of one year, per hour.
    SavingsPlan1Year,
    /// Savings plan of three years, per hour.
    SavingsPlan3Years,
    /// Reservation of one year; the price is that of the whole term.
    Reservation1Year,
    /// Reservation of three years; the price is that of the whole term.
    Reservation3Years,
}

const PRICE_TYPES: &[(&str, PriceType)] = &[
    ("Consumption", PriceType::Consumption),
    ("DevTestConsumption", PriceType::DevTest),
    ("SavingsPlan1Year", PriceType::SavingsPlan1Year),
    ("SavingsPlan3Years", PriceType::SavingsPlan3Years),
    ("Reservation-1Year", PriceType::Reservation1Year),
    ("Reservation-3Years", PriceType::Reservation3Years),
];

impl PriceType {
    /// The type of this name, as price lists spell it.
    pub fn parse(text: &str) -> Option<PriceType> {
        PRICE_TYPES.iter().find(|(name, _)| *name == text).map(|(_, t)| *t)
    }

    /// Its name in price lists.
    pub fn name(self) -> &'static str {
        PRICE_TYPES.iter().find(|(_, t)| *t == self).map_or("", |(name, _)| name)
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// `meterId`; empty where the list does not say.
    pub meter_id: String,
    /// `armSkuName`: the size of a virtual machine; empty for most other meters.
    pub arm_sku: String,
    /// `armRegionName`: a region, `Global`, `Zone n`, `US Gov`, empty, or `*` for all commercial regions.
    pub region: String,
    /// `productName`
    pub product: String,
    /// `skuName`
    pub sku: String,
    /// `meterName`
    pub meter: String,
    /// `unitOfMeasure`
    pub unit: String,
    /// `tierMinimumUnits`
    pub tier_min: Decimal,
    /// `retailPrice`
    pub price: Decimal,
    /// `type`
    pub price_type: PriceType,
    /// Who published it.
    pub source: Arc<str>,
    /// The day it was read.
    pub as_of: Arc<str>,
}

impl Default for Row {
    /// A row without names that costs nothing.
    fn default() -> Row {
        Row {
            meter_id: String::new(),
            arm_sku: String::new(),
            region: String::new(),
            product: String::new(),
            sku: String::new(),
            meter: String::new(),
            unit: String::new(),
            tier_min: Decimal::ZERO,
            price: Decimal::ZERO,
            price_type: PriceType::Consumption,
            source: "".into(),
            as_of: "".into(),
        }
    }
}

/// A unit of measure: so many things, per time or once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitOfMeasure {
    /// How many things one unit is: 10,000 for `10K`.
    pub multiple: Decimal,
    /// How it is written before the noun when it is more than one: `10K`.
    pub prefix: String,
    /// The time that a unit covers.
    pub per: Per,
}

/// The time that a unit of measure covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// `1 Hour`, `1/Hour`, `1 GiB/Hour`
    Hour,
    /// `1/Day`
    Day,
    /// `1/Month`, `1 GB/Month`
    Month,
    /// `1 GB`, `10K`, `1`
    Once,
}

impl UnitOfMeasure {
    /// Reads `1 Hour`, `1/Hour`, `1 GB/Month`, `10K`, `1M`, `100 Seconds` and the like.
    pub fn parse(text: &str) -> Option<UnitOfMeasure> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (count, rest) = text.split_at(digits);
        let (scale, rest) = match rest.chars().next() {
            Some('K') => (1_000, &rest[1..]),
            Some('M') if !rest.starts_with("Mo") && !rest.starts_with("MB") => (1_000_000, &rest[1..]),
            _ => (1, rest),
        };
        let multiple = Decimal::from_str(count).ok()?.checked_mul(Decimal::from(scale))?;
        let prefix =
            if multiple > Decimal::ONE { text[..text.len() - rest.len()].to_owned() } else { String::new() };
        let word = rest.rsplit(['/', ' ']).next().unwrap_or("").to_ascii_lowercase();
        let per = match word.as_str() {
            "hour" | "hours" => Per::Hour,
            "day" => Per::Day,
            "month" => Per::Month,
            "year" => return None,
            _ => Per::Once,
        };
        (!multiple.is_zero()).then_some(UnitOfMeasure { multiple, prefix, per })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_measure() {
        for (text, multiple, per) in [
            ("1 Hour", 1, Per::Hour),
            ("1/Hour", 1, Per::Hour),
            ("1 GiB/Hour", 1, Per::Hour),
            ("1/Day", 1, Per::Day),
            ("1/Month", 1, Per::Month),
            ("1 GB/Month", 1, Per::Month),
            ("10K/Month", 10_000, Per::Month),
            ("1 GB", 1, Per::Once),
            ("1", 1, Per::Once),
            ("10K", 10_000, Per::Once),
            ("1M", 1_000_000, Per::Once),
            ("100 Seconds", 100, Per::Once),
        ] {
            let unit = UnitOfMeasure::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((unit.multiple, unit.per), (Decimal::from(multiple), per), "{text}");
        }
        assert_eq!(UnitOfMeasure::parse("10K").map(|u| u.prefix).as_deref(), Some("10K"));
        for text in ["", "Hour", "0", "1/Year"] {
            assert_eq!(UnitOfMeasure::parse(text), None, "{text}");
        }
    }

    #[test]
    fn price_types_round_trip() {
        for (name, t) in PRICE_TYPES {
            assert_eq!(PriceType::parse(name), Some(*t));
            assert_eq!(t.name(), *name);
        }
        assert_eq!(PriceType::parse("Spot"), None);
    }
}
