//! Retail prices: rows as the Azure Retail Prices API has them, and how a meter is found among them.
//!
//! A price is asked for with a [`Query`]; the answer is a [`Price`] with its tiers, source and date, or
//! [`NoPrice`]. "No price" is never zero: what is free has no query, or a row that says 0.

mod book;
mod query;
mod row;

pub use book::{BookError, PriceBook, encode};
pub use query::{Query, Scope, Select, resolve};
pub use row::{Per, PriceType, Row, UnitOfMeasure};

use rust_decimal::Decimal;
use std::sync::Arc;

/// Where rows come from: the embedded book, a file, or a test.
pub trait Prices: Send + Sync {
    /// The rows of a service with an ARM SKU name (empty for meters that have none), in one region or,
    /// without one, in all. Regions are spelt as the API spells them: `westeurope`, `Global`, `Zone 1`.
    fn rows(&self, service: &str, arm_sku: &str, region: Option<&str>) -> Vec<Row>;

    /// ISO code of the currency of every row.
    fn currency(&self) -> &str;

    /// The day of the newest row.
    fn as_of(&self) -> &str;

    /// What the rows are, in words.
    fn source(&self) -> &str;
}

/// One step of a price: it holds for units above `from`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Units per month at which it begins.
    pub from: Decimal,
    /// Price of one unit of measure.
    pub price: Decimal,
}

/// A price that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Its tiers from the lowest; the first begins at 0.
    pub tiers: Vec<Tier>,
    /// What one unit is.
    pub unit: UnitOfMeasure,
    /// The region of the row: the one asked for, or a wider one (`Global`, `Zone 1`).
    pub region: String,
    /// True when no row was held for the region, and another region's stands in.
    pub approximated: bool,
    /// Who published the row.
    pub source: Arc<str>,
    /// The day it was read.
    pub as_of: Arc<str>,
}

/// Why there is no price, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoPrice(pub String);
