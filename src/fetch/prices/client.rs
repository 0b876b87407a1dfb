//! Asking the API: pages, tries, and bounds.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::{Item, PriceRequest};
use crate::fetch::FetchError;
use crate::fetch::http::Client;
use crate::fetch::url::Url;

/// The version whose answers have savings plans.
const API_VERSION: &str = "2023-01-01-preview";
/// No question has more pages or rows: one region has some 20,000 rows.
const MAX_PAGES: usize = 2_000;
const MAX_ROWS: usize = 400_000;
/// How often a page is tried that fails in itself (the client waits for those that ask to).
const TRIES: usize = 3;

/// Asks the API.
pub(super) struct RetailClient {
    client: Client,
    base: Url,
    currency: String,
}

/// Everything but letters and digits, encoded.
fn encode(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// True when a page may stand there: on the host that was asked, whose port may be written out.
fn is_same_host(base: &Url, next: &Url) -> bool {
    let authority = |url: &Url| {
        let default = if url.scheme == "https" { ":443" } else { ":80" };
        url.authority.strip_suffix(default).map_or_else(|| url.authority.clone(), str::to_owned)
    };
    base.scheme == next.scheme && authority(base) == authority(next)
}

impl RetailClient {
    pub(super) fn new(request: &PriceRequest) -> Result<RetailClient, FetchError> {
        let no = || FetchError::Unsupported(format!("{:?} is no address of a price list", request.url));
        let base = Url::parse(&request.url).ok_or_else(no)?;
        let deadline = Instant::now() + request.timeout;
        let client = Client::new(deadline, base.is_loopback(), request.authorities.as_deref())?;
        if !client.allows(&base) {
            return Err(FetchError::Unsupported(format!("{} is not https", base.shown())));
        }
        Ok(RetailClient { client, base, currency: request.currency.clone() })
    }

    /// The address for people.
    pub(super) fn shown(&self) -> String {
        self.base.shown()
    }

    /// All items that meet a filter, page by page.
    pub(super) fn items(&self, filter: &str) -> Result<Vec<Item>, FetchError> {
        let separator = if self.base.path.contains('?') { '&' } else { '?' };
        let first = format!(
            "{}{separator}api-version={API_VERSION}&currencyCode={}&$filter={}",
            self.base,
            encode(&format!("'{}'", self.currency)),
            encode(filter)
        );
        let mut url = Url::parse(&first).ok_or_else(|| self.wrong("cannot be asked this"))?;
        let (mut items, mut seen) = (Vec::new(), HashSet::new());
        loop {
            if !seen.insert(url.to_string()) {
                return Err(self.wrong("leads back to a page that it gave before"));
            }
            let Some(page) = self.page(&url, seen.len() > 1)? else { break };
            for item in page["Items"].as_array().into_iter().flatten() {
                items.push(Item::parse(item).ok_or_else(|| self.wrong("gave an item without a price"))?);
            }
            if seen.len() >= MAX_PAGES || items.len() > MAX_ROWS {
                return Err(FetchError::TooMuch(format!("{} has no end of pages", self.shown())));
            }
            let Some(next) = page["NextPageLink"].as_str().filter(|l| !l.is_empty()) else { break };
            let next = url.join(&next.replace(' ', "%20").replace('\'', "%27"));
            let next = next.ok_or_else(|| self.wrong("names a next page that is no address"))?;
            if !is_same_host(&self.base, &next) {
                return Err(self.wrong(&format!("names a next page on another host, {}", next.authority)));
            }
            url = next;
        }
        Ok(items)
    }

    /// One page; none past the end, which the API answers with 400.
    fn page(&self, url: &Url, further: bool) -> Result<Option<Json>, FetchError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.client.json(url, None) {
                Ok(Some((_, page))) if page["Items"].is_array() => return Ok(Some(page)),
                Ok(Some(_)) => self.wrong("answers without Items"),
                Ok(None) => self.wrong("is not there"),
                Err(FetchError::Status { status: 400, .. }) if further => return Ok(None),
                Err(error) => error,
            };
            // An answer that broke off, or a server that stumbled, may do better.
            let passing = match &error {
                FetchError::Status { status, .. } => *status == 500,
                FetchError::Protocol(_) => true,
                FetchError::Offline { reason, .. } => {
                    reason.contains("Content-Length") || reason.contains("unexpected end")
                }
                _ => false,
            };
            if !passing || tries >= TRIES {
                return Err(error);
            }
            std::thread::sleep(Duration::from_millis(100 << tries).min(self.client.left()?));
        }
    }

    fn wrong(&self, what: &str) -> FetchError {
        FetchError::Protocol(format!("the price list {} {what}", self.shown()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_stay_on_their_host() {
        let url = |t: &str| Url::parse(t).unwrap();
        let base = url("https://prices.example.org/api");
        assert!(is_same_host(&base, &url("https://prices.example.org:443/api?$skip=100")));
        assert!(!is_same_host(&base, &url("https://prices.example.org:8443/api")));
        assert!(!is_same_host(&base, &url("http://prices.example.org/api")));
        assert!(!is_same_host(&base, &url("https://example.org/")));
        assert_eq!(encode("a eq 'ü'"), "a%20eq%20%27%C3%BC%27");
    }
}
