//! What estates mean: what changes, whether the addresses suffice, what it costs, what is unsafe.
//! Each analysis reads estates and returns plain data; none reads files or prints.

pub mod changes;
pub mod cost;
pub mod file;
pub mod finding;
pub mod inventory;
pub mod kubernetes;
pub mod network;
pub mod policy;
pub mod rules;
pub mod shape;
