//! Retail prices: rows as the Azure Retail Prices API has them, and how a meter is found among them.
//!
//! A price is asked for with a [`Query`]; the answer is a [`Price`] with its tiers, source and date, or
//! [`NoPrice`]. "No price" is never zero: what is free has no query, or a row that says 0.

mod book;
mod csv;
mod places;
mod query;
mod row;

pub use book::{BookError, PriceBook, encode};
pub use csv::{CsvError, Table, rows};
pub(super) use query::is_windows;
pub use query::{Query, Scope, Select, resolve};
pub use row::{Per, PriceType, Row, UnitOfMeasure};

use rust_decimal::Decimal;

/// Where rows come from: the embedded book, a file, or a test.
pub trait Prices: Send + Sync {
    /// The rows that are wanted, perhaps among others of the same service, ARM SKU name and region.
    fn rows(&self, wanted: &Wanted<'_>) -> Vec<Row>;

    /// ISO code of the currency of every row.
    fn currency(&self) -> &str;

    /// The day of the newest row.
    fn as_of(&self) -> String;

    /// What the rows are, in words.
    fn source(&self) -> String;
}

/// Which rows are wanted. Names are spelt as the API spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// `serviceName`
    pub service: &'a str,
    /// `productName`; empty: of any product.
    pub product: &'a str,
    /// `armSkuName`, the size of a virtual machine; empty for meters that have none.
    pub arm_sku: &'a str,
    /// `westeurope`, `Global`, `Zone 1`; none: of every region.
    pub region: Option<&'a str>,
}

impl Wanted<'_> {
    /// What it is about, in words.
    pub fn product_or_service(&self) -> &str {
        let names = [self.arm_sku, self.product];
        names.into_iter().find(|n| !n.is_empty()).unwrap_or(self.service)
    }
}

/// Every service that estimates ask for.
pub const SERVICES: &[&str] = &[
    "Advanced Threat Protection",
    "Application Gateway",
    "Azure Bastion",
    "Azure DDOS Protection",
    "Azure DNS",
    "Azure Firewall",
    "Azure Kubernetes Service",
    "Azure Monitor",
    "Container Registry",
    "ExpressRoute",
    "Key Vault",
    "Load Balancer",
    "Log Analytics",
    "Microsoft Defender for Cloud",
    "NAT Gateway",
    "Network Watcher",
    "Storage",
    "VPN Gateway",
    "Virtual Machines",
    "Virtual Network",
    "Virtual WAN",
];

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
    /// The newest row that it was read from: names, region (the one asked for, or a wider one), source.
    pub row: Row,
    /// True when no row was held for the region, and another region's stands in.
    pub approximated: bool,
    /// What a price sheet made of it, in words; then no other discount holds.
    pub negotiated: Option<String>,
}

/// Why there is no price, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoPrice(pub String);
