//! The price book: a compact file of rows, embedded in the program.
//!
//! ```text
//! "TUBOOK01"  u32 LE: length of the head   head (deflate)   chunks (deflate each)
//! head:  source TAB name TAB as_of               one line a source, numbered from 0
//!        currency TAB code                       where it is not USD
//!        chunk TAB service TAB region TAB offset TAB length TAB raw length
//! chunk: arm sku, region, product, sku, meter, unit, tier, price, type, source, and where it is known
//!        the meter id: tab separated, sorted by lower-case arm sku
//! ```
//!
//! A service with many rows has a chunk for each region, a small one a single chunk with region `*`.
//! Opening the book reads the head; a look-up unpacks the chunk it needs, once.
//! `tools/build_price_book.rs` writes it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use rust_decimal::Decimal;

use super::{PriceType, Prices, Row, Wanted};

const MAGIC: &[u8; 8] = b"TUBOOK01";
/// A head or chunk never unpacks to more: the book may be a file that somebody made.
const MAX_UNPACKED: usize = 64 << 20;
/// A service with more rows than this gets a chunk for each region.
const ROWS_OF_ONE_CHUNK: usize = 1_000;
/// The currency of a book that names none.
const USD: &str = "USD";
/// What the book is that trueup carries.
const EMBEDDED: &str = "Azure retail prices, embedded price book";
/// Marks the chunk of all regions.
const ALL: &str = "*all*";

/// A price book.
pub struct PriceBook {
    bytes: std::borrow::Cow<'static, [u8]>,
    sources: Vec<Source>,
    chunks: Vec<Chunk>,
    as_of: String,
    currency: String,
    name: String,
}

/// Who published rows, and the day they were read.
type Source = (Arc<str>, Arc<str>);

struct Chunk {
    service: String,
    region: String,
    at: Range<usize>,
    text: OnceLock<Text>,
}

/// An unpacked chunk: its text and where its lines are.
struct Text {
    text: String,
    lines: Vec<Range<usize>>,
}

/// What is wrong with a book.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a price book: {0}")]
pub struct BookError(String);

fn bad(what: impl Into<String>) -> BookError {
    BookError(what.into())
}

fn inflate(bytes: &[u8]) -> Result<String, BookError> {
    let raw = decompress_to_vec_with_limit(bytes, MAX_UNPACKED).map_err(|e| bad(format!("{e}")))?;
    String::from_utf8(raw).map_err(|e| bad(e.to_string()))
}

impl PriceBook {
    /// The book that trueup carries.
    pub fn embedded() -> &'static PriceBook {
        static BOOK: OnceLock<PriceBook> = OnceLock::new();
        BOOK.get_or_init(|| {
            // A test opens the embedded bytes; an empty book prices nothing.
            PriceBook::open(include_bytes!("prices.book").as_slice()).unwrap_or_else(|_| PriceBook::empty())
        })
    }

    fn empty() -> PriceBook {
        PriceBook {
            bytes: Default::default(),
            sources: Vec::new(),
            chunks: Vec::new(),
            as_of: String::new(),
            currency: USD.to_owned(),
            name: EMBEDDED.to_owned(),
        }
    }

    /// Opens a book; only its head is read.
    pub fn open(bytes: impl Into<std::borrow::Cow<'static, [u8]>>) -> Result<PriceBook, BookError> {
        let bytes = bytes.into();
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| bad("it does not begin with TUBOOK01"))?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(|| bad("it is cut short"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let head = inflate(rest.get(..length).ok_or_else(|| bad("its head is cut short"))?)?;
        let base = MAGIC.len() + 4 + length;
        let mut sources: Vec<Source> = Vec::new();
        let mut chunks: Vec<Chunk> = Vec::new();
        let mut currency = USD.to_owned();
        for line in head.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            match fields.as_slice() {
                ["source", name, as_of] => sources.push(((*name).into(), (*as_of).into())),
                ["currency", code] => currency = (*code).to_owned(),
                ["chunk", service, region, offset, length] => {
                    let number = |t: &str| usize::from_str(t).map_err(|e| bad(e.to_string()));
                    let start = base.saturating_add(number(offset)?);
                    let end = start.saturating_add(number(length)?);
                    if end > bytes.len() {
                        return Err(bad(format!("the chunk {service} {region} is cut short")));
                    }
                    let (service, region) = ((*service).to_owned(), (*region).to_owned());
                    chunks.push(Chunk { service, region, at: start..end, text: OnceLock::new() });
                }
                _ => return Err(bad("its head has a line of an unknown kind")),
            }
        }
        let dated = |s: &&Source| s.1.starts_with(|c: char| c.is_ascii_digit());
        let as_of = sources.iter().filter(dated).map(|s| s.1.to_string()).max().unwrap_or_default();
        Ok(PriceBook { bytes, sources, chunks, as_of, currency, name: EMBEDDED.to_owned() })
    }

    /// The same book under a name of its own, for reports.
    pub fn named(self, name: impl Into<String>) -> PriceBook {
        PriceBook { name: name.into(), ..self }
    }

    /// Where the rows come from: name and day.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources.iter().map(|(name, day)| (name.as_ref(), day.as_ref()))
    }

    /// How many chunks were unpacked so far, of how many.
    pub fn unpacked(&self) -> (usize, usize) {
        (self.chunks.iter().filter(|c| c.text.get().is_some()).count(), self.chunks.len())
    }

    /// Every service with all its rows, in the order of the book.
    pub fn all(&self) -> impl Iterator<Item = (&str, Row)> {
        self.chunks.iter().flat_map(move |chunk| {
            let text = self.text(chunk);
            text.lines
                .iter()
                .filter_map(move |l| Some((chunk.service.as_str(), self.row(&text.text[l.clone()])?)))
        })
    }

    fn text<'a>(&'a self, chunk: &'a Chunk) -> &'a Text {
        chunk.text.get_or_init(|| {
            let bytes = self.bytes.get(chunk.at.clone()).unwrap_or_default();
            let text = inflate(bytes).unwrap_or_default();
            let mut lines = Vec::new();
            let mut start = 0;
            for line in text.split_inclusive('\n') {
                lines.push(start..start + line.trim_end_matches('\n').len());
                start += line.len();
            }
            Text { text, lines }
        })
    }

    fn row(&self, line: &str) -> Option<Row> {
        let mut fields = line.split('\t');
        let mut next = || fields.next();
        let (arm_sku, region, product, sku) = (next()?, next()?, next()?, next()?);
        let (meter, unit, tier, price, kind, source) = (next()?, next()?, next()?, next()?, next()?, next()?);
        let (name, as_of) = self.sources.get(usize::from_str(source).ok()?)?;
        Some(Row {
            arm_sku: arm_sku.to_owned(),
            region: region.to_owned(),
            product: product.to_owned(),
            sku: sku.to_owned(),
            meter: meter.to_owned(),
            unit: unit.to_owned(),
            tier_min: Decimal::from_str(tier).ok()?,
            price: Decimal::from_str(price).ok()?,
            price_type: PriceType::parse(kind)?,
            source: name.clone(),
            as_of: as_of.clone(),
            meter_id: next().unwrap_or_default().to_owned(),
        })
    }
}

impl Prices for PriceBook {
    fn rows(&self, wanted: &Wanted<'_>) -> Vec<Row> {
        let Wanted { service, arm_sku, region, .. } = *wanted;
        let wanted =
            |c: &&Chunk| c.service == service && (c.region == ALL || region.is_none_or(|r| c.region == r));
        let key = arm_sku.to_ascii_lowercase();
        let mut found = Vec::new();
        for chunk in self.chunks.iter().filter(wanted) {
            let Text { text, lines } = self.text(chunk);
            let sku_of = |l: &Range<usize>| {
                text[l.clone()].split('\t').next().unwrap_or_default().to_ascii_lowercase()
            };
            let first = lines.partition_point(|l| sku_of(l) < key);
            let rows = lines[first..].iter().take_while(|l| sku_of(l) == key);
            found.extend(rows.filter_map(|l| self.row(&text[l.clone()])));
        }
        found.retain(|row| region.is_none_or(|r| row.region == r));
        found
    }

    fn currency(&self) -> &str {
        &self.currency
    }

    fn as_of(&self) -> String {
        self.as_of.clone()
    }

    fn source(&self) -> String {
        self.name.clone()
    }
}

impl std::fmt::Debug for PriceBook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PriceBook({} chunks, {})", self.chunks.len(), self.as_of)
    }
}

/// Packs rows into a book. The same rows give the same bytes, whatever their order.
pub fn encode(rows: impl IntoIterator<Item = (String, Row)>, currency: &str) -> Vec<u8> {
    let rows: Vec<(String, Row)> = rows.into_iter().collect();
    let mut sources: Vec<Source> = rows.iter().map(|(_, r)| (r.source.clone(), r.as_of.clone())).collect();
    sources.sort();
    sources.dedup();
    let mut services: BTreeMap<&str, usize> = BTreeMap::new();
    for (service, _) in &rows {
        *services.entry(service).or_default() += 1;
    }
    let mut chunks: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
    for (service, row) in &rows {
        let one = services.get(service.as_str()).is_some_and(|n| *n <= ROWS_OF_ONE_CHUNK);
        chunks.entry((service, if one { ALL } else { &row.region })).or_default().push(row);
    }
    let clean = |text: &str| text.replace(['\t', '\n', '\r'], " ");
    let mut head = match currency {
        USD => String::new(),
        other => format!("currency\t{}\n", clean(other)),
    };
    for (name, as_of) in &sources {
        head += &format!("source\t{}\t{}\n", clean(name), clean(as_of));
    }
    let mut body: Vec<u8> = Vec::new();
    for ((service, region), rows) in chunks {
        let mut lines: Vec<(String, String)> = Vec::with_capacity(rows.len());
        for r in rows {
            let source = sources.binary_search(&(r.source.clone(), r.as_of.clone())).unwrap_or(0);
            let texts =
                [&r.arm_sku, &r.region, &r.product, &r.sku, &r.meter, &r.unit].map(|t| clean(t)).join("\t");
            let (tier, price, kind) = (r.tier_min.normalize(), r.price.normalize(), r.price_type.name());
            let id = match r.meter_id.as_str() {
                "" => String::new(),
                id => format!("\t{}", clean(id)),
            };
            lines.push((
                r.arm_sku.to_ascii_lowercase(),
                format!("{texts}\t{tier}\t{price}\t{kind}\t{source}{id}\n"),
            ));
        }
        lines.sort();
        let text: String = lines.into_iter().map(|(_, line)| line).collect();
        let packed = compress_to_vec(text.as_bytes(), 9);
        head += &format!("chunk\t{}\t{}\t{}\t{}\n", clean(service), clean(region), body.len(), packed.len());
        body.extend(packed);
    }
    let head = compress_to_vec(head.as_bytes(), 9);
    let mut book = MAGIC.to_vec();
    book.extend(u32::try_from(head.len()).unwrap_or(u32::MAX).to_le_bytes());
    book.extend(head);
    book.extend(body);
    book
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ask(book: &PriceBook, service: &str, arm_sku: &str, region: Option<&str>) -> Vec<Row> {
        book.rows(&Wanted { service, product: "", arm_sku, region })
    }

    fn row(arm_sku: &str, region: &str, price: i64) -> Row {
        Row {
            meter_id: String::new(),
            arm_sku: arm_sku.into(),
            region: region.into(),
            product: "P".into(),
            sku: "S".into(),
            meter: "M".into(),
            unit: "1 Hour".into(),
            tier_min: Decimal::ZERO,
            price: Decimal::new(price, 3),
            price_type: PriceType::Consumption,
            source: "test".into(),
            as_of: "2026-01-02".into(),
        }
    }

    #[test]
    fn the_embedded_book_opens_and_every_chunk_unpacks() {
        let bytes = include_bytes!("prices.book");
        assert!(bytes.len() < 1_500_000, "{} bytes", bytes.len());
        let book = PriceBook::open(bytes.as_slice()).unwrap();
        assert!(book.as_of.as_str() > "2026-09", "{}", book.as_of);
        for chunk in &book.chunks {
            let text = book.text(chunk);
            assert!(!text.lines.is_empty(), "{} {}", chunk.service, chunk.region);
            for line in &text.lines {
                assert!(book.row(&text.text[line.clone()]).is_some(), "{}", &text.text[line.clone()]);
            }
        }
        assert!(book.all().count() > 80_000);
    }

    #[test]
    fn a_look_up_finds_the_rows_of_a_size_in_a_region_without_case() {
        let rows = [row("Standard_B", "r1", 1), row("Standard_A", "r1", 2), row("Standard_A", "r2", 3)];
        let book = PriceBook::open(encode(rows.map(|r| ("VM".to_owned(), r)), "USD")).unwrap();
        let prices =
            |sku: &str, region| ask(&book, "VM", sku, region).iter().map(|r| r.price).collect::<Vec<_>>();
        assert_eq!(prices("standard_a", Some("r1")), [Decimal::new(2, 3)]);
        assert_eq!(prices("Standard_A", None).len(), 2);
        assert!(prices("Standard_C", Some("r1")).is_empty());
        assert!(prices("", Some("r1")).is_empty());
        assert!(ask(&book, "Other", "Standard_A", None).is_empty());
    }

    #[test]
    fn a_look_up_unpacks_only_its_chunk() {
        let book = PriceBook::open(include_bytes!("prices.book").as_slice()).unwrap();
        assert!(!ask(&book, "Virtual Machines", "Standard_DS2_v2", Some("eastus")).is_empty());
        assert_eq!(book.chunks.iter().filter(|c| c.text.get().is_some()).count(), 1);
    }

    proptest! {
        #[test]
        fn damaged_books_are_refused_or_empty_but_never_panic(at in 0usize..400, byte: u8, cut in 0usize..400) {
            let rows = ["a", "b", "c"].map(|s| ("VM".to_owned(), row(s, "r", 1)));
            let mut bytes = encode(rows, "USD");
            let (at, cut) = (at % bytes.len(), cut % bytes.len());
            bytes[at] ^= byte;
            bytes.truncate(bytes.len() - cut);
            if let Ok(book) = PriceBook::open(bytes) {
                prop_assert!(ask(&book, "VM", "a", None).len() <= 3);
            }
        }

        #[test]
        fn the_order_of_rows_does_not_matter(mut n in proptest::collection::vec(0i64..50, 1..30)) {
            let make = |n: &[i64]| encode(n.iter().map(|i| ("VM".to_owned(), row(&format!("s{i}"), "r", *i))), "USD");
            let first = make(&n);
            n.reverse();
            prop_assert_eq!(first, make(&n));
        }
    }
}
