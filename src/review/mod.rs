//! Runs the analyses and gathers a report.

pub mod gate;
pub mod redact;
