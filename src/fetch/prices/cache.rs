//! Answers on disk: one file a question, dated and checksummed.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Item, PriceRequest};
use crate::fetch::FetchError;

/// What every file begins with.
const FORMAT: &str = "trueup-prices/1";
/// A file of the cache is never larger.
const MAX_BYTES: u64 = 256 << 20;

/// The day of a time.
pub(super) fn day(time: OffsetDateTime) -> String {
    time.date().to_string()
}

/// The directory of answers; without one nothing is kept.
pub(super) struct Cache {
    dir: Option<Utf8PathBuf>,
}

/// An answer and when it was given.
pub(super) struct Kept {
    url: String,
    currency: String,
    filter: String,
    fetched: OffsetDateTime,
    day: String,
    pub(super) items: Vec<Item>,
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

impl Kept {
    pub(super) fn new(request: &PriceRequest, filter: &str, items: Vec<Item>) -> Kept {
        let (fetched, day) = (request.now, day(request.now));
        let (url, currency) = (request.url.clone(), request.currency.clone());
        Kept { url, currency, filter: filter.to_owned(), fetched, day, items }
    }

    /// The day it was given.
    pub(super) fn day(&self) -> &str {
        &self.day
    }

    /// True when it need not be asked again. One of the future does not count.
    pub(super) fn is_fresh(&self, request: &PriceRequest) -> bool {
        let age = request.now - self.fetched;
        !age.is_negative() && age < request.max_age
    }

    fn text(&self) -> Option<String> {
        let items: Vec<Json> = self.items.iter().map(Item::json).collect();
        let sha256 = digest(&Json::Array(items.clone()).to_string());
        let file = json!({
            "format": FORMAT,
            "url": self.url,
            "currency": self.currency,
            "filter": self.filter,
            "fetched": self.fetched.format(&Rfc3339).ok()?,
            "sha256": sha256,
            "items": items,
        });
        Some(file.to_string())
    }

    fn parse(text: &str) -> Option<Kept> {
        let mut file: Json = serde_json::from_str(text).ok()?;
        let items = file["items"].take();
        let field = |name: &str| file[name].as_str().map(str::to_owned);
        if field("format")? != FORMAT || field("sha256")? != digest(&items.to_string()) {
            return None;
        }
        let fetched = OffsetDateTime::parse(&field("fetched")?, &Rfc3339).ok()?;
        Some(Kept {
            url: field("url")?,
            currency: field("currency")?,
            filter: field("filter")?,
            fetched,
            day: day(fetched),
            items: items.as_array()?.iter().map(Item::parse).collect::<Option<_>>()?,
        })
    }
}

impl Cache {
    pub(super) fn new(dir: Option<Utf8PathBuf>) -> Cache {
        Cache { dir }
    }

    fn path(dir: &Utf8Path, url: &str, currency: &str, filter: &str) -> Utf8PathBuf {
        dir.join(format!("{}.json", digest(&[url, currency, filter].join("\n"))))
    }

    /// The answer to a question that was kept; none when it was damaged.
    pub(super) fn read(&self, request: &PriceRequest, filter: &str) -> Option<Kept> {
        let path = Cache::path(self.dir.as_deref()?, &request.url, &request.currency, filter);
        if fs::metadata(&path).ok()?.len() > MAX_BYTES {
            return None;
        }
        let kept = Kept::parse(&fs::read_to_string(&path).ok()?)?;
        let same = kept.url == request.url && kept.currency == request.currency && kept.filter == filter;
        same.then_some(kept)
    }

    /// Keeps an answer. Others may not read the directory.
    pub(super) fn write(&self, kept: &Kept) -> Result<(), FetchError> {
        let (Some(dir), Some(text)) = (&self.dir, kept.text()) else { return Ok(()) };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(FetchError::io(dir))?;
        let path = Cache::path(dir, &kept.url, &kept.currency, &kept.filter);
        let draft = path.with_extension(format!("draft-{}", std::process::id()));
        fs::write(&draft, text).map_err(FetchError::io(&draft))?;
        fs::rename(&draft, &path).map_err(FetchError::io(&path))
    }
}
