//! What the code says: sources, values, evaluation, expansion. Knows no Azure.

pub mod address;
pub mod behaviour;
pub mod change;
pub mod configuration;
pub mod data;
pub mod diagnostic;
pub mod evaluation;
pub mod expression;
pub mod files;
pub mod functions;
pub mod input;
pub mod modules;
pub mod moves;
pub mod plan;
pub mod repository;
pub mod schema;
pub mod source;
pub mod syntax;
pub mod value;
