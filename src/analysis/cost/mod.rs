//! What an estate costs: one number, its range, and its reason.
pub mod prices;
mod zones;
