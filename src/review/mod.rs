//! Runs the analyses and gathers a report.

pub mod baseline;
pub mod drift;
pub mod fingerprint;
pub mod gate;
mod neighbours;
mod observe;
mod policing;
pub mod redact;
mod refreshed;
mod report;
mod reviews;
mod run;
pub mod suppress;
mod weigh;

pub use neighbours::{Joined, Neighbour};
pub use observe::observe;
pub use policing::Policing;
pub use refreshed::{Refreshed, refreshed};
pub use report::{Change, Drift, Judged, Report, Standing, Verdict};
pub use reviews::{Outcome, Reviewed, Reviews};
pub use run::{FACETS, Request, Subject, Surroundings, new_addresses, review};
pub use weigh::{Accepted, Adoption, Held, Weighed, stand, weigh};
