//! Numbers: 512-bit binary floats as Terraform has them, small integers on a fast path.

use std::cmp::Ordering;
use std::sync::Arc;

use dashu_int::{IBig, UBig};

use super::decimal::Decimal;
use super::float::{Float, Magnitude, TEXT_PRECISION};

/// A number.
///
/// Numbers remember the precision that made them, because it decides how they print: literals and
/// text have 512 bits, integers made by functions 64, results of `pow` and `log` 53.
#[derive(Clone, Debug)]
pub struct Number(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// A whole number and its precision, at least 64 bits. Never negative zero.
    Int(i64, u16),
    Big(Arc<Float>),
}

/// Precision of integers that functions make (`length`, `index`): what `SetInt64` gives in Go.
const INT_PRECISION: u16 = 64;

impl From<i64> for Number {
    fn from(v: i64) -> Self {
        Number(Repr::Int(v, INT_PRECISION))
    }
}

impl From<usize> for Number {
    fn from(v: usize) -> Self {
        Number::from(i64::try_from(v).unwrap_or(i64::MAX))
    }
}

impl From<Float> for Number {
    fn from(float: Float) -> Self {
        let plain_zero = float.magnitude == Magnitude::Zero && !float.negative;
        let small = match &float.magnitude {
            Magnitude::Finite { exponent: 0..=62, .. } => true,
            _ => plain_zero,
        };
        if small
            && float.precision >= INT_PRECISION
            && let Some(v) = float.trunc().and_then(|v| i64::try_from(v).ok())
        {
            return Number(Repr::Int(v, float.precision));
        }
        Number(Repr::Big(Arc::new(float)))
    }
}

/// How [`Number::format`] lays out digits: the verbs of Go's `fmt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `%f`: places after the point.
    Fixed(usize),
    /// `%e`: places after the point.
    Scientific(usize),
    /// `%g`: significant digits; the fewest that read back the same when `None`.
    General(Option<usize>),
}

impl Number {
    /// Reads decimal digits as Terraform does: sign, digits, point, exponent, `0x`/`0b`/`0o`-less,
    /// `Inf`. `None` when the text is not a number (or too great for trueup: over 78,900 digits).
    pub fn parse(text: &str) -> Option<Number> {
        if let Ok(v) = text.parse::<i64>()
            && !(v == 0 && text.starts_with('-'))
        {
            return Some(Number(Repr::Int(v, TEXT_PRECISION)));
        }
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "Inf" || rest == "inf" {
            return Some(Float::infinity(negative).into());
        }
        let (digits, binary, decimal) = split_exponent(rest)?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.len() + fraction.len() == 0
            || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
        {
            return None;
        }
        // Digits beyond what any exponent can bring back into range only cost time.
        if whole.len() + fraction.len() > 200_000 {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let mantissa: UBig = all.parse().ok()?;
        let exponent = decimal.checked_sub(fraction.len() as i64)?;
        let reach = exponent.saturating_add(all.trim_start_matches('0').len() as i64);
        let float = if mantissa == UBig::ZERO || reach < -79_000 || binary < -260_000 {
            Float::new(negative, UBig::ZERO, 0, TEXT_PRECISION)
        } else if reach > 79_000 || binary > 260_000 {
            return None;
        } else if exponent >= 0 {
            Float::new(negative, mantissa * UBig::from(10u8).pow(exponent as usize), binary, TEXT_PRECISION)
        } else {
            let power = UBig::from(10u8).pow(exponent.unsigned_abs() as usize);
            Float::unrounded(negative, mantissa, binary).div(&Float::unrounded(false, power, 0))?
        };
        Some(float.into())
    }

    /// A whole number of any size with the precision that Go's `SetInt` gives.
    pub fn from_integer(value: &IBig) -> Number {
        use dashu_int::ops::BitTest;
        let bits = value.bit_len().clamp(usize::from(INT_PRECISION), usize::from(u16::MAX));
        Float::from_int(value, bits as u16).into()
    }

    /// A whole number with the precision of this one.
    pub fn with_integer(&self, value: &IBig) -> Number {
        Float::from_int(value, self.float().precision).into()
    }

    /// A double, with the precision of one; `None` for NaN.
    pub fn from_f64(value: f64) -> Option<Number> {
        Float::from_f64(value).map(Number::from)
    }

    /// Positive infinity.
    pub fn infinity() -> Number {
        Float::infinity(false).into()
    }

    /// Negative infinity.
    pub fn negative_infinity() -> Number {
        Float::infinity(true).into()
    }

    fn float(&self) -> Float {
        match &self.0 {
            Repr::Int(v, precision) => Float::from_int(&IBig::from(*v), *precision),
            Repr::Big(b) => b.as_ref().clone(),
        }
    }

    /// The number as an `i64`, when it is whole and fits.
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int(v, _) => Some(*v),
            Repr::Big(b) if b.is_whole() => b.trunc().and_then(|v| i64::try_from(v).ok()),
            Repr::Big(_) => None,
        }
    }

    /// The whole number, of any size; `None` for fractions and infinities.
    pub fn to_integer(&self) -> Option<IBig> {
        self.is_whole().then(|| self.trunc()).flatten()
    }

    /// The part before the point (towards zero); `None` for infinities.
    pub fn trunc(&self) -> Option<IBig> {
        match &self.0 {
            Repr::Int(v, _) => Some(IBig::from(*v)),
            Repr::Big(b) => b.trunc(),
        }
    }

    /// The nearest double.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Int(v, _) => *v as f64,
            Repr::Big(b) => b.to_f64(),
        }
    }

    /// True when there is no fraction (infinities are not whole).
    pub fn is_whole(&self) -> bool {
        match &self.0 {
            Repr::Int(..) => true,
            Repr::Big(b) => b.is_whole(),
        }
    }

    /// True for both infinities.
    pub fn is_infinite(&self) -> bool {
        matches!(&self.0, Repr::Big(b) if b.magnitude == Magnitude::Infinite)
    }

    /// -1, 0 or 1; 0 for negative zero too.
    pub fn sign(&self) -> i8 {
        match &self.0 {
            Repr::Int(v, _) => v.signum() as i8,
            Repr::Big(b) => b.sign(),
        }
    }

    /// The sum; `None` for infinity minus infinity.
    pub fn add(&self, other: &Number) -> Option<Number> {
        if let (Repr::Int(a, p), Repr::Int(b, q)) = (&self.0, &other.0)
            && let Some(sum) = a.checked_add(*b)
        {
            return Some(Number(Repr::Int(sum, *p.max(q))));
        }
        self.float().add(&other.float()).map(Number::from)
    }

    /// The difference; `None` for infinity minus infinity.
    pub fn sub(&self, other: &Number) -> Option<Number> {
        self.add(&other.neg())
    }

    /// The product; `None` for zero times infinity.
    pub fn mul(&self, other: &Number) -> Option<Number> {
        if let (Repr::Int(a, p), Repr::Int(b, q)) = (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b)
            && product != 0
        {
            return Some(Number(Repr::Int(product, *p.max(q))));
        }
        self.float().mul(&other.float()).map(Number::from)
    }

    /// The quotient (infinity for `x / 0`); `None` for 0/0 and infinity by infinity.
    pub fn div(&self, other: &Number) -> Option<Number> {
        self.float().div(&other.float()).map(Number::from)
    }

    /// The remainder with the sign of `self` (`x % 0` is `x`); `None` with infinities.
    pub fn rem(&self, other: &Number) -> Option<Number> {
        if other.sign() == 0 {
            return Some(self.clone());
        }
        if let (Repr::Int(a, p), Repr::Int(b, q)) = (&self.0, &other.0)
            && let Some(rest) = a.checked_rem(*b)
        {
            return Some(Number(Repr::Int(rest, *p.max(q))));
        }
        let value = self.float();
        let whole = Float::from_int(&value.div(&other.float())?.trunc()?, value.precision);
        let mut product = other.float().mul(&whole)?;
        product.negative = !product.negative;
        value.add(&product).map(Number::from)
    }

    /// The number with the other sign; zero becomes negative zero.
    pub fn neg(&self) -> Number {
        if let Repr::Int(v, p) = &self.0
            && *v != 0
            && let Some(negated) = v.checked_neg()
        {
            return Number(Repr::Int(negated, *p));
        }
        let mut float = self.float();
        float.negative = !float.negative;
        float.into()
    }

    /// The number without its sign.
    pub fn abs(&self) -> Number {
        if self.sign() < 0 { self.neg() } else { self.clone() }
    }

    /// Order by value. Negative zero equals zero.
    pub fn compare(&self, other: &Number) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Int(a, _), Repr::Int(b, _)) => a.cmp(b),
            _ => self.float().cmp(&other.float()),
        }
    }

    /// Equality as Terraform has it: whole numbers by value, fractions by their text.
    pub fn equals(&self, other: &Number) -> bool {
        match (&self.0, &other.0) {
            (Repr::Int(a, _), Repr::Int(b, _)) => a == b,
            _ if self.sign() != other.sign() || self.is_whole() != other.is_whole() => false,
            _ if self.is_whole() => self.compare(other).is_eq(),
            _ => self.to_string() == other.to_string(),
        }
    }

    /// The text in JSON of a plan; `None` for infinities.
    ///
    /// A plan stores whole numbers that fit 64 bits exactly, fractions that are doubles as doubles,
    /// and anything else as text (`cty/msgpack`).
    pub fn to_json_text(&self) -> Option<String> {
        match &self.0 {
            Repr::Int(v, _) => Some(v.to_string()),
            Repr::Big(b) if b.magnitude == Magnitude::Infinite => None,
            Repr::Big(b) => {
                if let Some(v) = self.to_i64() {
                    return Some(v.to_string());
                }
                let double = self.to_f64();
                match Float::from_f64(double) {
                    Some(short) if !b.is_whole() && short.cmp(b).is_eq() => {
                        Some(Number::from(short).to_string())
                    }
                    _ => Some(self.to_string()),
                }
            }
        }
    }

    /// The digits (without sign) in a layout of Go's `fmt`; `letter` is `e` or `E`.
    pub fn format(&self, layout: Layout, letter: char) -> String {
        let float = self.float();
        if float.magnitude == Magnitude::Infinite {
            return "Inf".into();
        }
        match layout {
            Layout::Fixed(places) => {
                let mut decimal = Decimal::of(&float);
                decimal.round(decimal.exponent.saturating_add(places as i64));
                decimal.fixed(places)
            }
            Layout::Scientific(places) => {
                let mut decimal = Decimal::of(&float);
                decimal.round((places as i64).saturating_add(1));
                decimal.scientific(places, letter)
            }
            Layout::General(None) => Decimal::shortest(&float).general(6, letter),
            Layout::General(Some(digits)) => {
                let digits = digits.max(1) as i64;
                let mut decimal = Decimal::of(&float);
                decimal.round(digits);
                // A number with fewer digits than asked for is written out up to its last digit.
                let own = decimal.digits.len() as i64;
                let limit = if digits > own && own >= decimal.exponent { own } else { digits };
                decimal.general(limit, letter)
            }
        }
    }

    /// True when the sign is negative, also for negative zero.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Int(v, _) => *v < 0,
            Repr::Big(b) => b.negative,
        }
    }
}

/// The text form of `tostring`: the fewest digits that read back the same, never an exponent.
impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Repr::Int(v, _) => write!(f, "{v}"),
            Repr::Big(b) => {
                let sign = match (b.negative, &b.magnitude) {
                    (true, _) => "-",
                    (false, Magnitude::Infinite) => "+",
                    _ => "",
                };
                match b.magnitude {
                    Magnitude::Infinite => write!(f, "{sign}Inf"),
                    _ => write!(f, "{sign}{}", Decimal::shortest(b).plain()),
                }
            }
        }
    }
}

/// Splits off `e10` (decimal) or `p10` (binary): digits, binary exponent, decimal exponent.
fn split_exponent(text: &str) -> Option<(&str, i64, i64)> {
    let Some(at) = text.find(['e', 'E', 'p', 'P']) else { return Some((text, 0, 0)) };
    let (digits, exponent) = (&text[..at], &text[at + 1..]);
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let negative = exponent.starts_with('-');
    let value = unsigned.parse::<i64>().unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
    let value = if negative { -value } else { value };
    Some(if text[at..].starts_with(['p', 'P']) { (digits, value, 0) } else { (digits, 0, value) })
}
