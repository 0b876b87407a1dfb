//! Who made a difference, when and with what.

use serde::Serialize;

/// Who it was, or why that is not known.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Attribution {
    /// A record fits.
    Known {
        /// When (RFC 3339).
        at: String,
        /// Name, without what follows an `@`, or id of an application; empty when Azure does not say.
        by: String,
        /// With what, such as `Azure Portal`; empty when Azure does not say.
        with: String,
        /// What the record says.
        evidence: Evidence,
    },
    /// None does.
    Unknown {
        /// Why.
        unknown: String,
    },
}

/// How well a record fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// It gave the property its live value.
    Value,
    /// It changed the property, or what it is part of.
    Property,
    /// It made or deleted the resource.
    Resource,
    /// It is the last change of the resource; no record names the property.
    Last,
}

impl Attribution {
    /// One line.
    pub fn line(&self) -> String {
        let (at, by, with, evidence) = match self {
            Attribution::Unknown { unknown } => return format!("by whom is not known: {unknown}"),
            Attribution::Known { at, by, with, evidence } => (at, by, with, evidence),
        };
        let verb = if *evidence == Evidence::Last { "resource last changed" } else { "changed" };
        let mut line = format!("{verb} {}", at.get(..10).unwrap_or(at));
        line.push_str(&if by.is_empty() {
            " by nobody that Azure names".to_owned()
        } else {
            format!(" by {by}")
        });
        if !with.is_empty() {
            line.push_str(&format!(" with {with}"));
        }
        line
    }
}
