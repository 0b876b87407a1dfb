//! The Azure Retail Prices API as a price list: what an estimate asks for is fetched, kept on disk with its
//! day and checksum, and taken from there when the network is gone.
//!
//! Only the meters that are needed are asked for: each question is a filter by service, product, size and
//! region. A question is asked once a run. What fails and was never kept is told by [`LivePrices::error`]
//! after the estimate, which is of no use then.

mod cache;
mod client;
mod item;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use camino::Utf8PathBuf;
use time::OffsetDateTime;

use super::FetchError;
use crate::analysis::cost::prices::{PriceBook, Prices, Row, SERVICES, Wanted};
use cache::{Cache, Kept};
use client::RetailClient;
use item::Item;

/// Where Microsoft answers.
pub const PUBLIC_PRICES: &str = "https://prices.azure.com/api/retail/prices";

/// The service whose meters are found by their size.
const MACHINES: &str = "Virtual Machines";

/// What is wanted of the API.
#[derive(Clone, Debug)]
pub struct PriceRequest {
    /// The address that answers: [`PUBLIC_PRICES`] or a mirror.
    pub url: String,
    /// ISO code of the currency, in upper case.
    pub currency: String,
    /// Where answers are kept.
    pub cache: Option<Utf8PathBuf>,
    /// An answer that is not older is taken from the cache without asking.
    pub max_age: Duration,
    /// How long all of it may take.
    pub timeout: Duration,
    /// A PEM file of trusted certificates in the place of the built-in ones.
    pub authorities: Option<String>,
    /// The time: answers are dated by it, and prices that do not hold at it are left out.
    pub now: OffsetDateTime,
}

/// The API as a price list.
pub struct LivePrices {
    client: RetailClient,
    cache: Cache,
    request: PriceRequest,
    state: Mutex<State>,
}

/// What was learnt in this run.
#[derive(Default)]
struct State {
    answers: HashMap<String, Arc<Vec<Row>>>,
    /// Why nothing more is asked: the network is gone.
    gone: Option<String>,
    /// The oldest day of an answer that was used.
    oldest: Option<String>,
    /// The newest one.
    newest: Option<String>,
    /// Answers that were taken from the cache because asking failed.
    stale: usize,
    /// Rows in another currency than was asked for, by currency.
    foreign: BTreeMap<String, usize>,
    /// What could not be had at all.
    error: Option<String>,
}

/// A value of a filter.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The filter of a question; none when the API has no such rows.
fn filter(wanted: &Wanted<'_>) -> Option<String> {
    // `*` is a place of the embedded book only.
    if wanted.region == Some("*") {
        return None;
    }
    let mut parts = vec![format!("serviceName eq {}", quoted(wanted.service))];
    if !wanted.product.is_empty() {
        parts.push(format!("productName eq {}", quoted(wanted.product)));
    }
    match wanted.arm_sku {
        "" => parts.push("priceType eq 'Consumption'".to_owned()),
        size => parts.push(format!("armSkuName eq {}", quoted(size))),
    }
    parts.extend(wanted.region.map(|r| format!("armRegionName eq {}", quoted(r))));
    Some(parts.join(" and "))
}

impl LivePrices {
    /// A price list that asks when it has to.
    pub fn new(request: PriceRequest) -> Result<LivePrices, FetchError> {
        let client = RetailClient::new(&request)?;
        let cache = Cache::new(request.cache.clone());
        Ok(LivePrices { client, cache, request, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What could not be had, neither from the API nor from the cache: the estimate does not count.
    pub fn error(&self) -> Option<String> {
        self.state().error.clone()
    }

    /// The rows of a question.
    fn answer(&self, filter: &str, wanted: &Wanted<'_>) -> Arc<Vec<Row>> {
        if let Some(known) = self.state().answers.get(filter) {
            return known.clone();
        }
        let kept = self.cache.read(&self.request, filter);
        let fresh = kept.as_ref().is_some_and(|k| k.is_fresh(&self.request));
        let found = if fresh { kept } else { self.ask(filter, kept, wanted) };
        let rows = match found {
            Some(kept) => self.rows_of(&kept),
            None => Vec::new(),
        };
        let rows = Arc::new(rows);
        self.state().answers.insert(filter.to_owned(), rows.clone());
        rows
    }

    /// Asks the API; what was kept when that fails.
    fn ask(&self, filter: &str, kept: Option<Kept>, wanted: &Wanted<'_>) -> Option<Kept> {
        let gone = self.state().gone.clone();
        let reason = match gone {
            Some(reason) => reason,
            None => match self.client.items(filter) {
                Ok(items) => {
                    let answer = Kept::new(&self.request, filter, items);
                    // A full disk is no reason to have no price.
                    let _ = self.cache.write(&answer);
                    return Some(answer);
                }
                Err(error) => {
                    let reason = error.to_string();
                    self.state().gone = Some(reason.clone());
                    reason
                }
            },
        };
        let mut state = self.state();
        match kept {
            Some(kept) => {
                state.stale += 1;
                Some(kept)
            }
            None => {
                let what = wanted.product_or_service();
                let place = wanted.region.filter(|r| !r.is_empty()).unwrap_or("all regions");
                state.error.get_or_insert_with(|| {
                    format!(
                        "{reason}; no earlier answer is kept for {what} in {place}. `--prices embedded` needs no \
                         network"
                    )
                });
                None
            }
        }
    }

    fn rows_of(&self, kept: &Kept) -> Vec<Row> {
        let mut state = self.state();
        let day = kept.day();
        let older = state.oldest.as_deref().is_none_or(|held| day < held);
        if older {
            state.oldest = Some(day.to_owned());
        }
        if state.newest.as_deref().is_none_or(|held| day > held) {
            state.newest = Some(day.to_owned());
        }
        for item in kept.items.iter().filter(|i| i.currency != self.request.currency) {
            *state.foreign.entry(item.currency.clone()).or_default() += 1;
        }
        drop(state);
        item::rows(&kept.items, &self.request, day).into_iter().map(|(_, row)| row).collect()
    }

    /// Every row that estimates may ask for in some regions and the wider places of all, for a book.
    /// `progress` hears of each question.
    pub fn download(
        &self,
        regions: &[&str],
        progress: &mut dyn FnMut(&str),
    ) -> Result<Vec<(String, Row)>, FetchError> {
        let day = cache::day(self.request.now);
        let mut rows = Vec::new();
        for region in WIDE.iter().chain(regions) {
            for service in SERVICES {
                // Machines have prices in regions only.
                if *service == MACHINES && WIDE.contains(region) {
                    continue;
                }
                progress(&format!("{service} in {}", if region.is_empty() { "no region" } else { region }));
                let filter =
                    format!("serviceName eq {} and armRegionName eq {}", quoted(service), quoted(region));
                rows.extend(item::rows(&self.client.items(&filter)?, &self.request, &day));
            }
        }
        Ok(rows)
    }
}

/// The places besides regions that have rows.
const WIDE: &[&str] = &["Global", "Zone 1", "Zone 2", "Zone 3", ""];

impl Prices for LivePrices {
    fn rows(&self, wanted: &Wanted<'_>) -> Vec<Row> {
        match filter(wanted) {
            Some(filter) => self.answer(&filter, wanted).as_ref().clone(),
            None => Vec::new(),
        }
    }

    fn currency(&self) -> &str {
        &self.request.currency
    }

    fn as_of(&self) -> String {
        self.state().newest.clone().unwrap_or_else(|| cache::day(self.request.now))
    }

    fn source(&self) -> String {
        let state = self.state();
        let mut text = format!("Azure Retail Prices API ({})", self.client.shown());
        if let (Some(oldest), Some(reason)) = (&state.oldest, state.gone.as_ref().filter(|_| state.stale > 0))
        {
            text += &format!("; {} answers kept from {oldest} on, because: {reason}", state.stale);
        }
        for (currency, count) in &state.foreign {
            text += &format!(
                "; {count} rows came in {currency} in place of {} and are not used",
                self.request.currency
            );
        }
        text
    }
}

impl std::fmt::Debug for LivePrices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LivePrices({})", self.request.url)
    }
}

/// A price book of a file: one that `trueup prices update` wrote, or a list in CSV (its currency is
/// `currency`).
pub fn read_book(bytes: Vec<u8>, name: &str, currency: &str) -> Result<PriceBook, String> {
    use crate::analysis::cost::prices::{encode, rows};
    let bytes = match bytes.starts_with(b"TUBOOK01") {
        true => bytes,
        false => {
            let text =
                String::from_utf8(bytes).map_err(|_| "neither a price book nor a list in CSV".to_owned())?;
            encode(rows(&text).map_err(|e| e.to_string())?, currency)
        }
    };
    Ok(PriceBook::open(bytes).map_err(|e| e.to_string())?.named(format!("price list {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wanted_is_asked_for() {
        let of = |service, product, arm_sku, region| filter(&Wanted { service, product, arm_sku, region });
        assert_eq!(
            of("Virtual Machines", "", "Standard_D4s_v5", Some("westeurope")).unwrap(),
            "serviceName eq 'Virtual Machines' and armSkuName eq 'Standard_D4s_v5' and armRegionName eq 'westeurope'"
        );
        assert_eq!(
            of("O'Neil", "P", "", None).unwrap(),
            "serviceName eq 'O''Neil' and productName eq 'P' and priceType eq 'Consumption'"
        );
        assert_eq!(of("Container Registry", "", "", Some("*")), None);
    }
}
