//! Binary floats of a given precision with the semantics of Go's `big.Float`, which Terraform's
//! numbers are: round half to even, signed zero and infinities, the precision part of the value.
//!
//! Built on `dashu-int` rather than `dashu-float` because the precision decides how a number is
//! printed (`pow(2, 64)` has 53 bits and prints as 18446744073709550000), and because infinities
//! and negative zero take part in arithmetic.

use std::cmp::Ordering;

use dashu_int::ops::BitTest;
use dashu_int::{IBig, UBig};

/// Binary exponents beyond this overflow to infinity (or zero): about 78,900 decimal digits, so that
/// no literal makes a text that fills the memory.
const MAX_EXPONENT: i64 = 1 << 18;

/// The precision of numbers read from text, in bits.
pub(super) const TEXT_PRECISION: u16 = 512;

/// A binary float.
#[derive(Clone, Debug)]
pub(super) struct Float {
    pub(super) negative: bool,
    pub(super) magnitude: Magnitude,
    /// Bits of mantissa that results keep.
    pub(super) precision: u16,
}

/// The absolute value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Magnitude {
    Zero,
    /// `mantissa * 2^exponent`; the mantissa is odd.
    Finite {
        mantissa: UBig,
        exponent: i64,
    },
    Infinite,
}

impl Float {
    /// `±mantissa * 2^exponent`, rounded half to even.
    pub(super) fn new(negative: bool, mantissa: UBig, exponent: i64, precision: u16) -> Float {
        Float::with_rest(negative, mantissa, exponent, false, precision)
    }

    /// Like `new`; `rest` says that the exact value is a little greater than the mantissa tells.
    fn with_rest(negative: bool, mut mantissa: UBig, mut exponent: i64, rest: bool, precision: u16) -> Float {
        let bits = mantissa.bit_len();
        let excess = bits.saturating_sub(usize::from(precision));
        if excess > 0 {
            let half = mantissa.bit(excess - 1);
            let below = rest || mantissa.trailing_zeros().is_some_and(|z| z < excess - 1);
            mantissa >>= excess;
            exponent = exponent.saturating_add(excess as i64);
            if half && (below || mantissa.bit(0)) {
                mantissa += 1u8;
            }
        }
        let Some(zeros) = mantissa.trailing_zeros() else {
            return Float { negative, magnitude: Magnitude::Zero, precision };
        };
        mantissa >>= zeros;
        exponent = exponent.saturating_add(zeros as i64);
        let top = exponent.saturating_add(mantissa.bit_len() as i64);
        let magnitude = if top > MAX_EXPONENT {
            Magnitude::Infinite
        } else if top < -MAX_EXPONENT {
            Magnitude::Zero
        } else {
            Magnitude::Finite { mantissa, exponent }
        };
        Float { negative, magnitude, precision }
    }

    pub(super) fn infinity(negative: bool) -> Float {
        Float { negative, magnitude: Magnitude::Infinite, precision: TEXT_PRECISION }
    }

    /// `±mantissa * 2^exponent` as it is, to be divided without rounding first.
    pub(super) fn unrounded(negative: bool, mantissa: UBig, exponent: i64) -> Float {
        let magnitude = Magnitude::Finite { mantissa, exponent };
        Float { negative, magnitude, precision: TEXT_PRECISION }
    }

    fn zero(negative: bool, precision: u16) -> Float {
        Float { negative, magnitude: Magnitude::Zero, precision }
    }

    pub(super) fn from_int(value: &IBig, precision: u16) -> Float {
        let negative = value < &IBig::ZERO;
        Float::new(negative, value.clone().into_parts().1, 0, precision)
    }

    /// The sum; `None` for infinity minus infinity.
    pub(super) fn add(&self, other: &Float) -> Option<Float> {
        use Magnitude::*;
        let precision = self.precision.max(other.precision);
        Some(match (&self.magnitude, &other.magnitude) {
            (Infinite, Infinite) if self.negative != other.negative => return None,
            (Infinite, _) => self.clone(),
            (_, Infinite) => other.clone(),
            (Zero, Zero) => Float::zero(self.negative && other.negative, precision),
            (Zero, Finite { mantissa, exponent }) => {
                Float::new(other.negative, mantissa.clone(), *exponent, precision)
            }
            (Finite { mantissa, exponent }, Zero) => {
                Float::new(self.negative, mantissa.clone(), *exponent, precision)
            }
            (Finite { mantissa: a, exponent: ea }, Finite { mantissa: b, exponent: eb }) => {
                let exponent = *ea.min(eb);
                let a = IBig::from(a.clone() << (ea - exponent) as usize);
                let b = IBig::from(b.clone() << (eb - exponent) as usize);
                let sum = if self.negative { -a } else { a } + if other.negative { -b } else { b };
                let negative = sum < IBig::ZERO;
                Float::new(negative, sum.into_parts().1, exponent, precision)
            }
        })
    }

    /// The product; `None` for zero times infinity. It keeps all bits up to 512, as cty does.
    pub(super) fn mul(&self, other: &Float) -> Option<Float> {
        use Magnitude::*;
        let negative = self.negative != other.negative;
        let precision = self.precision.max(other.precision);
        Some(match (&self.magnitude, &other.magnitude) {
            (Infinite, Zero) | (Zero, Infinite) => return None,
            (Infinite, _) | (_, Infinite) => Float::infinity(negative),
            (Zero, _) | (_, Zero) => Float::zero(negative, precision),
            (Finite { mantissa: a, exponent: ea }, Finite { mantissa: b, exponent: eb }) => {
                let mut product = Float::new(negative, a * b, ea + eb, TEXT_PRECISION);
                let bits = match &product.magnitude {
                    Finite { mantissa, .. } => mantissa.bit_len() as u16,
                    _ => 0,
                };
                product.precision = precision.max(bits);
                product
            }
        })
    }

    /// The quotient; `None` for 0/0 and infinity by infinity.
    pub(super) fn div(&self, other: &Float) -> Option<Float> {
        use Magnitude::*;
        let negative = self.negative != other.negative;
        let precision = self.precision.max(other.precision);
        Some(match (&self.magnitude, &other.magnitude) {
            (Zero, Zero) | (Infinite, Infinite) => return None,
            (Zero, _) | (_, Infinite) => Float::zero(negative, precision),
            (Infinite, _) | (_, Zero) => Float { precision, ..Float::infinity(negative) },
            (Finite { mantissa: a, exponent: ea }, Finite { mantissa: b, exponent: eb }) => {
                let shift = (usize::from(precision) + 2 + b.bit_len()).saturating_sub(a.bit_len());
                let dividend = a.clone() << shift;
                let quotient = &dividend / b;
                let rest = &quotient * b != dividend;
                Float::with_rest(negative, quotient, ea - eb - shift as i64, rest, precision)
            }
        })
    }

    /// The whole part (towards zero); `None` for infinities.
    pub(super) fn trunc(&self) -> Option<IBig> {
        let whole = match &self.magnitude {
            Magnitude::Zero => UBig::ZERO,
            Magnitude::Infinite => return None,
            Magnitude::Finite { mantissa, exponent } if *exponent >= 0 => {
                mantissa.clone() << *exponent as usize
            }
            Magnitude::Finite { mantissa, exponent } => mantissa.clone() >> exponent.unsigned_abs() as usize,
        };
        Some(if self.negative { -IBig::from(whole) } else { whole.into() })
    }

    pub(super) fn is_whole(&self) -> bool {
        match &self.magnitude {
            Magnitude::Zero => true,
            Magnitude::Finite { exponent, .. } => *exponent >= 0,
            Magnitude::Infinite => false,
        }
    }

    /// -1, 0 or 1.
    pub(super) fn sign(&self) -> i8 {
        match (&self.magnitude, self.negative) {
            (Magnitude::Zero, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    pub(super) fn cmp(&self, other: &Float) -> Ordering {
        let by_sign = self.sign().cmp(&other.sign());
        if by_sign.is_ne() || self.sign() == 0 {
            return by_sign;
        }
        let absolute = match (&self.magnitude, &other.magnitude) {
            (Magnitude::Infinite, Magnitude::Infinite) => Ordering::Equal,
            (Magnitude::Infinite, _) => Ordering::Greater,
            (_, Magnitude::Infinite) => Ordering::Less,
            (
                Magnitude::Finite { mantissa: a, exponent: ea },
                Magnitude::Finite { mantissa: b, exponent: eb },
            ) => {
                let top = (ea + a.bit_len() as i64).cmp(&(eb + b.bit_len() as i64));
                top.then_with(|| {
                    let exponent = *ea.min(eb);
                    (a.clone() << (ea - exponent) as usize).cmp(&(b.clone() << (eb - exponent) as usize))
                })
            }
            _ => Ordering::Equal,
        };
        if self.negative { absolute.reverse() } else { absolute }
    }

    /// The nearest double (ties to even), infinities included.
    pub(super) fn to_f64(&self) -> f64 {
        let absolute = match &self.magnitude {
            Magnitude::Zero => 0.0,
            Magnitude::Infinite => f64::INFINITY,
            Magnitude::Finite { mantissa, exponent } => {
                // Subnormal doubles have fewer bits; round once, to what the double can hold.
                let top = exponent + mantissa.bit_len() as i64;
                let bits = (top + 1074).clamp(1, 53) as u16;
                match Float::new(false, mantissa.clone(), *exponent, bits).magnitude {
                    Magnitude::Finite { mantissa, exponent } => {
                        let m = u64::try_from(mantissa).unwrap_or(0) as f64;
                        scale(m, exponent)
                    }
                    Magnitude::Zero => 0.0,
                    Magnitude::Infinite => f64::INFINITY,
                }
            }
        };
        if self.negative { -absolute } else { absolute }
    }

    /// A finite double or an infinity; `None` for NaN. Precision 53, as `SetFloat64` gives it.
    pub(super) fn from_f64(value: f64) -> Option<Float> {
        let negative = value.is_sign_negative();
        if value.is_nan() {
            return None;
        }
        if value.is_infinite() {
            return Some(Float::infinity(negative));
        }
        let bits = value.to_bits();
        let (raw, fraction) = ((bits >> 52 & 0x7ff) as i64, bits & ((1 << 52) - 1));
        let (mantissa, exponent) =
            if raw == 0 { (fraction, -1074) } else { (fraction | 1 << 52, raw - 1075) };
        Some(Float::new(negative, mantissa.into(), exponent, 53))
    }
}

/// `m * 2^exponent` without intermediate rounding (`m` has no more bits than the result can hold).
fn scale(m: f64, exponent: i64) -> f64 {
    let mut result = m;
    let mut left = exponent.clamp(-2200, 2200);
    while left != 0 {
        let step = left.clamp(-1000, 1000);
        result *= 2f64.powi(step as i32);
        left -= step;
    }
    result
}
