//! What could not be read: every failure becomes one of these, and the result is then incomplete.

use serde::{Deserialize, Serialize};

/// A part of Azure that was to be read and was not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema, Deserialize)]
pub struct Gap {
    /// The subscription, group or resource.
    pub scope: String,
    /// What of it is missing: a type, or what is below the resource.
    pub missing: String,
    /// Why.
    pub reason: String,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} could not be read: {}", self.missing, self.scope, self.reason)
    }
}
