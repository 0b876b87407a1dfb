//! All integration tests, in one binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod architecture;
mod configs;
mod conformance;
mod cost;
mod drift;
mod evaluate;
mod extremes;
mod fuzz;
mod generate;
mod harness;
mod network;
mod oracle;
mod picture;
mod review;
mod rules;
mod scale;
mod syntax_properties;
mod translate;
