//! Amounts of a month with their range.

use std::ops::{Add, AddAssign, Neg, Sub};

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

/// Hours of a month, as every price calculator has it.
pub const HOURS: Decimal = Decimal::from_parts(730, 0, 0, false, 0);

/// Days of a month: 730 / 24, to four digits.
pub const DAYS: Decimal = Decimal::from_parts(304_167, 0, 0, false, 4);

/// A quantity or a sum of money: least, expected, most. The three differ where an autoscaler or an
/// assumption leaves it open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Range {
    /// At the least.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    pub low: Decimal,
    /// Most likely.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    pub expected: Decimal,
    /// At the most.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    pub high: Decimal,
}

impl Range {
    /// A range of three figures, from small to large.
    pub fn new(low: impl Into<Decimal>, expected: impl Into<Decimal>, high: impl Into<Decimal>) -> Range {
        Range { low: low.into(), expected: expected.into(), high: high.into() }
    }

    /// The same figure three times.
    pub fn fixed(value: impl Into<Decimal>) -> Range {
        let value = value.into();
        Range { low: value, expected: value, high: value }
    }

    /// The same operation on each figure.
    pub fn map(self, f: impl Fn(Decimal) -> Decimal) -> Range {
        Range { low: f(self.low), expected: f(self.expected), high: f(self.high) }
    }

    /// Each figure multiplied.
    pub fn times(self, factor: Decimal) -> Range {
        self.map(|v| v.saturating_mul(factor))
    }

    /// Figure by figure the product.
    pub fn by(self, other: Range) -> Range {
        Range {
            low: self.low.saturating_mul(other.low),
            expected: self.expected.saturating_mul(other.expected),
            high: self.high.saturating_mul(other.high),
        }
    }

    /// True when nothing is left open.
    pub fn is_fixed(&self) -> bool {
        self.low == self.expected && self.expected == self.high
    }

    /// True when all three are zero.
    pub fn is_zero(&self) -> bool {
        self.low.is_zero() && self.expected.is_zero() && self.high.is_zero()
    }
}

impl Add for Range {
    type Output = Range;
    fn add(self, other: Range) -> Range {
        Range {
            low: self.low.saturating_add(other.low),
            expected: self.expected.saturating_add(other.expected),
            high: self.high.saturating_add(other.high),
        }
    }
}

impl AddAssign for Range {
    fn add_assign(&mut self, other: Range) {
        *self = *self + other;
    }
}

impl Neg for Range {
    type Output = Range;
    fn neg(self) -> Range {
        self.map(|v| -v)
    }
}

impl Sub for Range {
    type Output = Range;
    fn sub(self, other: Range) -> Range {
        self + -other
    }
}

impl std::iter::Sum for Range {
    fn sum<I: Iterator<Item = Range>>(all: I) -> Range {
        all.fold(Range::default(), Add::add)
    }
}

/// A decimal as text without trailing zeros: `0.146`, `0`, `-12.5`.
pub fn text(value: Decimal) -> String {
    value.normalize().to_string()
}

/// Money and quantities are strings in JSON.
pub(super) fn as_text<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*value))
}
