//! Decimal digits of binary floats: exact, shortest that reads back the same, and rounded, in the
//! layouts of Go's `%f`, `%e` and `%g`.

use dashu_int::UBig;
use dashu_int::ops::BitTest;

use super::float::{Float, Magnitude};

/// Digits `0.d1d2d3... * 10^exponent` without leading or trailing zeros; none for zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Decimal {
    pub(super) digits: Vec<u8>,
    pub(super) exponent: i64,
}

impl Decimal {
    /// `mantissa * 2^exponent`, exactly.
    fn exact(mantissa: &UBig, exponent: i64) -> Decimal {
        let (whole, shift) = if exponent >= 0 {
            (mantissa.clone() << exponent as usize, 0)
        } else {
            (mantissa * UBig::from(5u8).pow(exponent.unsigned_abs() as usize), exponent)
        };
        let digits = whole.in_radix(10).to_string().into_bytes();
        let exponent = digits.len() as i64 + shift;
        let mut decimal = Decimal { digits: digits.into_iter().map(|d| d - b'0').collect(), exponent };
        decimal.trim();
        decimal
    }

    /// All digits of a finite float.
    pub(super) fn of(float: &Float) -> Decimal {
        match &float.magnitude {
            Magnitude::Finite { mantissa, exponent } => Decimal::exact(mantissa, *exponent),
            _ => Decimal::default(),
        }
    }

    /// The fewest digits that read back as the same float of the same precision.
    pub(super) fn shortest(float: &Float) -> Decimal {
        let Magnitude::Finite { mantissa, exponent } = &float.magnitude else { return Decimal::default() };
        let mut decimal = Decimal::exact(mantissa, *exponent);
        // The mantissa with one bit more than the precision: its last bit is half a unit.
        let shift = (usize::from(float.precision) + 1).saturating_sub(mantissa.bit_len());
        let scaled = mantissa.clone() << shift;
        let exponent = exponent - shift as i64;
        let lower = Decimal::exact(&(scaled.clone() - 1u8), exponent);
        let upper = Decimal::exact(&(scaled.clone() + 1u8), exponent);
        let inclusive = !scaled.bit(1);
        let at = |d: &Decimal, i: usize| d.digits.get(i).copied().unwrap_or(0);
        for (i, m) in decimal.digits.clone().into_iter().enumerate() {
            let (l, u) = (at(&lower, i), at(&upper, i));
            let down = l != m || inclusive && i + 1 == lower.digits.len();
            let up = m != u && (inclusive || m + 1 < u || i + 1 < upper.digits.len());
            match (down, up) {
                (true, true) => decimal.round(i as i64 + 1),
                (true, false) => decimal.truncate(i + 1),
                (false, true) => decimal.round_up(i + 1),
                (false, false) => continue,
            }
            break;
        }
        decimal
    }

    fn trim(&mut self) {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.exponent = 0;
        }
    }

    fn truncate(&mut self, count: usize) {
        self.digits.truncate(count);
        self.trim();
    }

    fn round_up(&mut self, count: usize) {
        self.digits.truncate(count);
        while let Some(last) = self.digits.last_mut() {
            if *last < 9 {
                *last += 1;
                return;
            }
            self.digits.pop();
        }
        self.digits.push(1);
        self.exponent += 1;
    }

    /// Rounds half to even to this many digits.
    pub(super) fn round(&mut self, count: i64) {
        let Ok(count) = usize::try_from(count) else {
            *self = Decimal::default();
            return;
        };
        let Some(next) = self.digits.get(count) else { return };
        let half = *next == 5 && count + 1 == self.digits.len();
        let up = if half { count > 0 && self.digits[count - 1] % 2 == 1 } else { *next >= 5 };
        if up { self.round_up(count) } else { self.truncate(count) }
    }

    /// `ddd.ddd` with this many digits after the point.
    pub(super) fn fixed(&self, places: usize) -> String {
        let mut text = String::new();
        let digit = |i: i64| {
            usize::try_from(i).ok().and_then(|i| self.digits.get(i)).map_or('0', |d| (b'0' + d) as char)
        };
        if self.exponent > 0 {
            text.extend((0..self.exponent).map(digit));
        } else {
            text.push('0');
        }
        if places > 0 {
            text.push('.');
            text.extend((0..places as i64).map(|i| digit(self.exponent + i)));
        }
        text
    }

    /// All digits, without a point when there is no fraction.
    pub(super) fn plain(&self) -> String {
        self.fixed(usize::try_from(self.digits.len() as i64 - self.exponent).unwrap_or(0))
    }

    /// `d.ddde±dd` with this many digits after the point.
    pub(super) fn scientific(&self, places: usize, letter: char) -> String {
        let digit = |i: usize| self.digits.get(i).map_or('0', |d| (b'0' + d) as char);
        let mut text = String::from(digit(0));
        if places > 0 {
            text.push('.');
            text.extend((1..=places).map(digit));
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.exponent - 1 };
        let sign = if exponent < 0 { '-' } else { '+' };
        text.push_str(&format!("{letter}{sign}{:02}", exponent.abs()));
        text
    }

    /// `%g`: fixed for exponents from -4 to below `limit`, else scientific; no trailing zeros.
    pub(super) fn general(&self, limit: i64, letter: char) -> String {
        let exponent = self.exponent - 1;
        if !self.digits.is_empty() && (exponent < -4 || exponent >= limit) {
            return self.scientific(self.digits.len() - 1, letter);
        }
        self.plain()
    }
}
