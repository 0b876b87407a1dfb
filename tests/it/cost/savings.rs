//! Savings.
