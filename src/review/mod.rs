//! Runs the analyses and gathers a report.

pub mod redact;
