//! Declared against live: what drifted, what Azure changed by itself, what Terraform cannot see,
//! and what an apply would do about each.

mod accepted;
mod attribution;
mod body;
mod cascade;
mod code;
mod compare;
mod delta;
mod drift;
mod grants;
mod ignored;
mod live;
mod names;
mod planned;
mod provider;
mod recorded;
mod refreshed;
mod report;
mod since;
mod unmanaged;

pub use accepted::Acceptance;
pub use attribution::{Attribution, Evidence};
pub use cascade::Consequence;
pub use code::{Import, Proposal, imports, proposals};
pub use delta::{AFTER_APPLY, Action, AttributeChange, ResourceChange, Side, delta, moved};
pub use drift::{Open, drift, open};
pub use planned::{from_live, live_values, planned, prevented, record};
pub use provider::Catalogue;
pub use refreshed::{Refreshed, Seen, corrected, refresh, seen};
pub use report::{Difference, DriftReport, ResourceDrift, Status, json};
pub use since::since;

/// What kind of difference it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Terraform would change it.
    Drift,
    /// Terraform is blind to it.
    OutsideTerraform,
    /// It changes by itself: under an upgrade channel, by the autoscaler.
    Expected,
    /// The same thing written otherwise; the provider would act on it all the same.
    Spelling,
    /// Accepted by a baseline or by the settings.
    Accepted,
}

/// What an apply would do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing.
    None,
    /// Update the resource.
    InPlace,
    /// Recreate the nodes of the pool, through a temporary pool.
    Rotate,
    /// Delete the resource and create it again.
    Replace,
}
