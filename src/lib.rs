//! trueup reads Terraform for Azure and says what is true: what the code declares, what Azure
//! really has, whether the addresses suffice, what it costs, and what is unsafe.
//!
//! The modules are the stages of the data, top to bottom; each imports only what stands above it
//! (`tests/it/architecture.rs` holds the table):
//!
//! 1. [`terraform`]: what the code says. Knows no Azure.
//! 2. [`azure`]: the common model, an *estate* of ARM-shaped documents.
//! 3. [`live`]: what Azure says, as another estate.
//! 4. [`analysis`]: what it means: changes, addresses, cost, rules.
//! 5. [`review`]: runs the analyses and gathers a report.
//! 6. [`output`]: prints a report.
//! 7. [`forge`]: posts it to code hosts.
//! 8. [`fetch`]: gets modules from registries and git, for a command that says so.
//! 9. [`app`]: the front doors.
//!
//! [`net`] is the HTTPS of the three that open connections, [`live`], [`forge`] and [`fetch`].

pub mod analysis;
pub mod app;
pub mod azure;
pub mod fetch;
pub mod forge;
pub mod live;
pub mod net;
pub mod output;
pub mod review;
pub mod terraform;
