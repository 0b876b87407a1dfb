//! What an estate costs in a month: one number, its range, and its reason.
//!
//! An estimate has two steps that stay apart, in one file a resource type below `resources`: from the
//! attributes of a document to quantities (nodes, gateways, GB), and from quantities to meters of a
//! price list. What is declared is known; what is used rests on documented assumptions that a usage file
//! replaces ([`usage`]). What has no price is listed with the reason, and never counts as zero.
//!
//! A month has 730 hours, or 30.4167 days. Money is exact: the quantity of a component times its unit
//! price is its monthly amount, and the total is the sum of all components.

pub mod amount;
mod attributes;
mod bill;
pub mod delta;
pub mod prices;
pub mod report;
mod resources;
mod savings;
pub mod sheet;
pub mod terms;
pub mod usage;
mod zones;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

pub use amount::Range;
pub use delta::{CostDelta, delta};
pub use report::{Component, CostReport, PriceDate, ResourceCost, Unpriced};
pub use savings::{names as saving_names, savings};

use crate::azure::estate::{Document, Estate};
use crate::azure::types;
use bill::{Bill, PriceDesk};
use prices::{PriceBook, Prices};
use resources::Context;
use sheet::PriceSheet;
use usage::Usage;

/// What an estimate rests on besides the estate.
#[derive(Clone, Default)]
pub struct Options {
    /// How much is used; documented defaults when the user says nothing.
    pub usage: Usage,
    /// The price list in place of the embedded book. Its currency is that of the report.
    pub prices: Option<Arc<dyn Prices>>,
    /// What Azure has now, by id in lower case ([`observed`]): nodes of a pool, which are expected of an
    /// autoscaler whose count the code leaves open, rules of a cluster's own load balancer, and bytes that a
    /// workspace takes in a day.
    pub observed: BTreeMap<String, i64>,
    /// Rates, discounts and commitments of the user's own.
    pub sheet: Option<Arc<PriceSheet>>,
    /// The nearest region's price stands in where a region has none.
    pub fallback: bool,
}

/// How many nodes each pool of a live estate has, how many rules the load balancer has that a cluster
/// made for itself, and how many bytes each workspace takes in a day.
pub fn observed(live: &Estate) -> BTreeMap<String, i64> {
    let count = |pool: &Document| Some((pool.id.key(), pool.int("properties.count")?));
    let nothing = BTreeMap::new();
    let cx = Context::new(live, &nothing);
    live.of_type(types::POOL)
        .filter_map(count)
        .chain(resources::live_rules(&cx))
        .chain(resources::live_ingestion(live))
        .collect()
}

impl Options {
    /// The price list in use.
    pub fn prices(&self) -> &dyn Prices {
        match &self.prices {
            Some(prices) => prices.as_ref(),
            None => PriceBook::embedded(),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("usage", &self.usage)
            .field("prices", &self.prices().source())
            .finish()
    }
}

/// What happened to one document.
enum Outcome {
    Priced(Vec<Component>, Vec<String>),
    Free,
}

/// Estimates what an estate costs in a month.
pub fn estimate(estate: &Estate, options: &Options) -> CostReport {
    let cx = Context::new(estate, &options.observed);
    let prices = options.prices();
    let desk = PriceDesk::new(options);
    let mut resources: Vec<ResourceCost> = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    let mut unpriced: BTreeSet<Unpriced> = BTreeSet::new();
    let mut free: BTreeSet<String> = BTreeSet::new();
    for doc in estate.iter() {
        let address = doc.label();
        match price(&cx, doc, &address, options, &desk) {
            Outcome::Free => drop(free.insert(address)),
            Outcome::Priced(components, gaps) => {
                if components.is_empty() && gaps.is_empty() {
                    free.insert(address.clone());
                }
                let reasons = gaps.into_iter().map(|reason| Unpriced { address: address.clone(), reason });
                unpriced.extend(reasons);
                if !components.is_empty() {
                    // An inline child, such as the default node pool, has its owner's address.
                    let place = *at.entry(address.clone()).or_insert(resources.len());
                    if place == resources.len() {
                        resources.push(ResourceCost {
                            address,
                            monthly: Range::default(),
                            components: Vec::new(),
                        });
                    }
                    if let Some(resource) = resources.get_mut(place) {
                        resource.components.extend(components);
                    }
                }
            }
        }
    }
    free.extend(estate.associations.iter().map(|a| a.declared.address.to_string()));
    for address in &estate.untranslated_addresses {
        let label = address.to_string();
        let mut bill = Bill::new(&label, &desk, &options.usage);
        resources::estimate_terraform(&address.type_name, &mut bill);
        if !bill.components.is_empty() {
            let (components, monthly) = (bill.components, Range::default());
            at.insert(label.clone(), resources.len());
            resources.push(ResourceCost { address: label, monthly, components });
        } else if resources::is_free_terraform(&address.type_name) {
            free.insert(address.to_string());
        } else {
            let reason = format!("{} is not supported", address.type_name);
            unpriced.insert(Unpriced { address: address.to_string(), reason });
        }
    }
    for resource in &mut resources {
        resource.monthly = resource.components.iter().map(|c| c.monthly).sum();
    }
    // What is free itself may own something that is not.
    let open: BTreeSet<&str> = unpriced.iter().map(|u| u.address.as_str()).collect();
    free.retain(|a| !at.contains_key(a) && !open.contains(a.as_str()));
    CostReport {
        currency: prices.currency().to_owned(),
        prices: date(options),
        monthly: resources.iter().map(|r| r.monthly).sum(),
        resources,
        unpriced: unpriced.into_iter().collect(),
        free: free.into_iter().collect(),
    }
}

/// Which prices were used, once they are known.
fn date(options: &Options) -> PriceDate {
    let prices = options.prices();
    let source = match &options.sheet {
        Some(sheet) => format!("{}; {}", prices.source(), sheet.name()),
        None => prices.source(),
    };
    PriceDate { as_of: prices.as_of(), source }
}

fn price(
    cx: &Context<'_>,
    doc: &Document,
    address: &str,
    options: &Options,
    desk: &PriceDesk<'_>,
) -> Outcome {
    // A cluster's own load balancer, addresses and scale sets are in the cluster's estimate; disks of
    // volumes are not.
    if cx.owner(doc).is_some() && !doc.is("Microsoft.Compute/disks") {
        return Outcome::Free;
    }
    let Some(estimator) = resources::estimator(&doc.arm_type) else {
        return match resources::is_free(&doc.arm_type) {
            true => Outcome::Free,
            false => {
                let why = resources::unpriced(&doc.arm_type).map(str::to_owned);
                let why = why.unwrap_or_else(|| format!("{} is not supported", doc.arm_type));
                Outcome::Priced(Vec::new(), vec![why])
            }
        };
    };
    let mut bill = Bill::new(address, desk, &options.usage);
    let done = attributes::countable(doc).and_then(|()| estimator(cx, doc, &mut bill));
    bill.gaps.extend(done.err());
    Outcome::Priced(bill.components, bill.gaps)
}
