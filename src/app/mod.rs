//! The front doors: the command line and its settings. No logic of their own.

pub mod cli;
pub mod config;
pub mod data;
pub mod schemas;
