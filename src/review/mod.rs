//! Runs the analyses and gathers a report.
