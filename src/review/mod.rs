//! Runs the analyses and gathers a report.

pub mod gate;
mod observe;
pub mod redact;
mod report;
mod run;

pub use observe::observe;
pub use report::{Change, Drift, Judged, Report, Standing, Verdict};
pub use run::{Request, Subject, review};
