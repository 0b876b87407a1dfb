//! ARM documents from JSON.

pub use crate::terraform::value::json::from_json as value;
