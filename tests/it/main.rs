//! All integration tests, in one binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// Says something in the output of a test that passes: the test runner holds back what `println!` prints.
macro_rules! say {
    ($($text:tt)*) => { $crate::harness::say(&format!($($text)*)) };
}

mod architecture;
mod browser;
mod changed;
mod comment;
mod configs;
mod conformance;
mod cost;
mod data;
mod derived;
mod drift;
mod evaluate;
mod extremes;
mod fix;
mod forge;
mod fuzz;
mod generate;
mod growth;
mod harness;
mod hostile;
mod init;
mod input;
mod live;
mod modules;
mod neighbours;
mod network;
mod oracle;
mod outputs;
mod picture;
mod policy;
mod prior;
mod remote_state;
mod review;
mod rules;
mod scale;
mod schemas;
mod sizing;
mod suppress;
mod syntax_properties;
mod translate;
