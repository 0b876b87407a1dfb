//! Terms of purchase: a commitment for virtual machines, and a discount on everything.
//!
//! ```toml
//! [terms]
//! commitment = "savings-plan-1y"
//! discount_percent = 8
//! dev_test = true
//! ```

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::prices::PriceType;

/// How machines are bought; disks, addresses and control planes always by use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Commitment {
    /// Pay as you go.
    #[default]
    None,
    /// Savings plan of one year.
    SavingsPlan1Year,
    /// Savings plan of three years.
    SavingsPlan3Years,
    /// Reservation of one year.
    Reservation1Year,
    /// Reservation of three years.
    Reservation3Years,
}

/// Name in the file, commitment, name in sentences, price type, hours that one price covers.
const COMMITMENTS: &[(&str, Commitment, &str, PriceType, i64)] = &[
    ("none", Commitment::None, "on demand", PriceType::Consumption, 1),
    (
        "savings-plan-1y",
        Commitment::SavingsPlan1Year,
        "savings plan of one year",
        PriceType::SavingsPlan1Year,
        1,
    ),
    (
        "savings-plan-3y",
        Commitment::SavingsPlan3Years,
        "savings plan of three years",
        PriceType::SavingsPlan3Years,
        1,
    ),
    (
        "reservation-1y",
        Commitment::Reservation1Year,
        "reservation of one year",
        PriceType::Reservation1Year,
        8_760,
    ),
    (
        "reservation-3y",
        Commitment::Reservation3Years,
        "reservation of three years",
        PriceType::Reservation3Years,
        26_280,
    ),
];

impl Commitment {
    /// The commitment of this name in a file; the error lists the names.
    pub(super) fn parse(name: &str) -> Result<Commitment, String> {
        let names: Vec<&str> = COMMITMENTS.iter().map(|(name, ..)| *name).collect();
        let found = COMMITMENTS.iter().find(|(n, ..)| *n == name);
        found.map(|(_, c, ..)| *c).ok_or_else(|| format!("commitment is none of {}", names.join(", ")))
    }

    /// Every commitment but none, from the cheapest to leave.
    pub(super) const ALL: [Commitment; 4] = [
        Commitment::SavingsPlan1Year,
        Commitment::SavingsPlan3Years,
        Commitment::Reservation1Year,
        Commitment::Reservation3Years,
    ];

    /// Its name in sentences, the type of its prices, and the hours that one price covers.
    pub(super) fn price(self) -> (&'static str, PriceType, Decimal) {
        let found = COMMITMENTS.iter().find(|(_, c, ..)| *c == self);
        found.map_or(("on demand", PriceType::Consumption, Decimal::ONE), |(.., name, t, hours)| {
            (*name, *t, Decimal::from(*hours))
        })
    }
}

/// Terms of purchase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// For virtual machines.
    pub commitment: Commitment,
    /// Percent off every price, 0 to 100.
    pub discount_percent: Decimal,
    /// The subscription is a Dev/Test one: Windows machines are paid for without the licence.
    pub dev_test: bool,
}

impl Terms {
    /// Sets a term of the file; the error is what is wrong, in words.
    pub(super) fn set(&mut self, name: &str, value: &Json) -> Result<(), String> {
        match name {
            "commitment" => {
                self.commitment = Commitment::parse(value.as_str().unwrap_or_default())?;
            }
            "discount_percent" => {
                let Json::Number(number) = value else {
                    return Err("discount_percent is not a number".to_owned());
                };
                let text = number.to_string();
                let percent = Decimal::from_str(&text).ok();
                let valid = percent.filter(|p| *p >= Decimal::ZERO && *p <= Decimal::ONE_HUNDRED);
                self.discount_percent = valid.ok_or("discount_percent is not between 0 and 100")?;
            }
            "dev_test" => {
                self.dev_test = value.as_bool().ok_or("dev_test is neither true nor false")?;
            }
            other => {
                let names = "commitment, dev_test, discount_percent";
                return Err(format!("there is no term {other}; there are {names}"));
            }
        }
        Ok(())
    }

    /// A price less the discount, to eight digits.
    pub(super) fn apply(&self, price: Decimal) -> Decimal {
        if self.discount_percent.is_zero() {
            return price;
        }
        let part = (Decimal::ONE_HUNDRED - self.discount_percent) / Decimal::ONE_HUNDRED;
        price.saturating_mul(part).round_dp(8).normalize()
    }
}
