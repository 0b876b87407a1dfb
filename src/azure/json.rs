//! ARM documents from JSON.

pub use crate::terraform::value::json::{Reader, from_json as value};
