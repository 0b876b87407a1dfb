//! Numbers: 512-bit binary floats as Terraform has them, small integers on a fast path.

use std::sync::Arc;

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;

/// A 512-bit binary float, rounded half to even.
pub(crate) type Big = FBig<HalfEven, 2>;

/// A number.
#[derive(Clone, Debug)]
pub struct Number(Repr);

#[derive(Clone, Debug)]
enum Repr {
    Int(i64),
    Big(Arc<Big>),
}

impl From<i64> for Number {
    fn from(v: i64) -> Self {
        Number(Repr::Int(v))
    }
}

impl Number {
    /// The number as an `i64`, when it is whole and fits.
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int(v) => Some(*v),
            Repr::Big(_) => None,
        }
    }

    /// The nearest double.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Int(v) => *v as f64,
            Repr::Big(b) => b.to_f64().value(),
        }
    }
}
