//! Reading arguments.

use super::call::{Call, Fault, fail};
use crate::terraform::value::{Number, Value};

/// cty's message for a number that is not an `int`.
pub(super) const WHOLE_NUMBER: &str =
    "value must be a whole number, between -9223372036854775808 and 9223372036854775807";

/// A whole number that fits, or cty's message.
pub(super) fn whole(value: &Value) -> Result<i64, String> {
    value.as_i64().ok_or_else(|| WHOLE_NUMBER.to_owned())
}

impl Call<'_> {
    /// The argument; null when there is none.
    pub(super) fn arg(&self, index: usize) -> &Value {
        static NONE: std::sync::OnceLock<Value> = std::sync::OnceLock::new();
        self.args.get(index).unwrap_or_else(|| NONE.get_or_init(Value::null))
    }

    /// The text of a known string argument.
    pub(super) fn str(&self, index: usize) -> &str {
        self.arg(index).as_str().unwrap_or("")
    }

    /// A known number argument.
    pub(super) fn number(&self, index: usize) -> Number {
        self.arg(index).as_number().cloned().unwrap_or_else(|| Number::from(0i64))
    }

    /// A known whole number argument; other numbers fail the call.
    pub(super) fn int(&self, index: usize) -> Result<i64, Fault> {
        match whole(self.arg(index)) {
            Ok(value) => Ok(value),
            Err(message) => fail(message),
        }
    }

    /// The members of a known list, set or tuple argument.
    pub(super) fn members(&self, index: usize) -> &[Value] {
        self.arg(index).as_slice().unwrap_or_default()
    }
}
