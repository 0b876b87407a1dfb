//! The front doors.

pub mod cli;
