//! Prints reports: text for terminals, Markdown for comments, HTML for browsers, JSON for machines.
//!
//! Nothing here evaluates or judges. Text that came from code or from Azure passes through
//! [`escape`] for the place it is printed in.

mod annotations;
pub mod bill;
pub mod design;
pub mod drift_issue;
pub mod escape;
pub mod excerpt;
mod gitlab;
pub mod hcl;
pub mod html;
pub mod inventory;
pub mod json;
mod junit;
pub mod map;
pub mod markdown;
pub mod money;
mod overview;
mod sarif;
pub mod table;
pub mod text;
pub mod told;
pub mod unified;
mod words;

pub use overview::brief;
