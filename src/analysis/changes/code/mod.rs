//! Code from drift: the edits that make the code say what is live, and what imports a resource that no code
//! declares. The catalogue read backwards.
//!
//! Nothing here is trusted: `review::drift` evaluates what it would give, and keeps what is in sync then.

mod body;
mod import;
mod patch;

pub use import::{Import, imports};
pub use patch::{Proposal, proposals};
