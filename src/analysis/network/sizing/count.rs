//! Whole numbers as sizing files hold them.

use std::fmt;

/// A whole number from 0 to 4294967295.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u32);

impl Count {
    /// As a figure to reckon with.
    pub fn get(self) -> u64 {
        u64::from(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Count {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Count, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number from 0 to 4294967295")
            }

            fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Count, E> {
                let wrong = |_| E::invalid_value(serde::de::Unexpected::Unsigned(n), &self);
                u32::try_from(n).map(Count).map_err(wrong)
            }

            fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Count, E> {
                let wrong = |_| E::invalid_value(serde::de::Unexpected::Signed(n), &self);
                u32::try_from(n).map(Count).map_err(wrong)
            }
        }
        d.deserialize_any(Visitor)
    }
}
