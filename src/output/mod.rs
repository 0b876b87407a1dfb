//! Prints reports: text for terminals, Markdown for comments, HTML for browsers, JSON for machines.
//!
//! Nothing here evaluates or judges. Text that came from code or from Azure passes through
//! [`escape`] for the place it is printed in.

pub mod bill;
pub mod design;
pub mod escape;
pub mod excerpt;
pub mod hcl;
pub mod html;
pub mod json;
pub mod map;
pub mod markdown;
pub mod money;
pub mod table;
pub mod text;
mod words;
