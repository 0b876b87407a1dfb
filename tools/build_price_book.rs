//! Builds the price book of `src/analysis/cost/prices/` from price lists in CSV, or prints it.
//!
//! ```text
//! cargo run --example build-price-book -- build OUT FILE.csv...
//! cargo run --example build-price-book -- dump BOOK > all.csv
//! ```
//!
//! The columns are found by name: `service, product, sku, armSkuName, meter, region, unit, price_usd,
//! tier_min, source, as_of, price_type`. Of one meter, region, tier and price type the newest row stays; what a
//! list of Linux machines has of Windows is sorted out (`windows_prices.rs`). A
//! dump has the same columns: to bring the book up to date, build it again from a dump and newer lists.

#[path = "windows_prices.rs"]
mod windows_prices;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use trueup::analysis::cost::prices::{PriceBook, Row, encode, rows};

const COLUMNS: [&str; 12] = [
    "service",
    "product",
    "sku",
    "armSkuName",
    "meter",
    "region",
    "unit",
    "price_usd",
    "tier_min",
    "source",
    "as_of",
    "price_type",
];

/// Meters that are published but not billed. AKS Free is free on the price page and in the calculator.
const NOT_BILLED: &[&str] = &["FreeTierInfrastructureCost Uptime SLA"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["build", out, files @ ..] if !files.is_empty() => build(out, files),
        ["dump", book] => dump(book),
        _ => Err("usage: build OUT FILE.csv... | dump BOOK".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// What makes two rows the same price of different days. The rows of virtual machines name their meter in
/// three ways, so what they are counts: system and Spot.
fn key(service: &str, row: &Row) -> Vec<String> {
    let names = if service == "Virtual Machines" {
        let windows = row.product.contains("Windows") || row.product.ends_with("Srs Win");
        let special: String = ["Promo", "Basic", "Cloud", "Dedicated", "Low Priority", "Spot", "Expired"]
            .into_iter()
            .filter(|w| [&row.product, &row.sku, &row.meter].iter().any(|t| t.contains(w)))
            .collect();
        vec![windows.to_string(), special]
    } else {
        vec![row.product.clone(), row.sku.clone(), row.meter.clone()]
    };
    let rest = [service, &row.arm_sku.to_ascii_lowercase(), &row.region, row.price_type.name()];
    rest.iter().map(|t| (*t).to_owned()).chain([row.tier_min.to_string()]).chain(names).collect()
}

fn build(out: &str, files: &[&str]) -> Result<(), String> {
    let mut newest: BTreeMap<Vec<String>, (String, Row)> = BTreeMap::new();
    let (mut read, mut dropped) = (0usize, 0usize);
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
        for (service, row) in rows(&text).map_err(|e| format!("{file}: {e}"))? {
            read += 1;
            // A machine without a size cannot be asked for (dedicated hosts), and one that costs nothing
            // is a row without a price.
            let vm = service == "Virtual Machines";
            if NOT_BILLED.contains(&row.meter.as_str())
                || vm && (row.arm_sku.is_empty() || row.price.is_zero())
            {
                dropped += 1;
                continue;
            }
            let key = key(&service, &row);
            let rank = |r: &Row| (r.as_of.clone(), !r.meter.is_empty(), r.source.clone(), r.price);
            if newest.get(&key).is_none_or(|(_, held)| rank(held) < rank(&row)) {
                newest.insert(key, (service, row));
            }
        }
    }
    let kept = newest.len();
    let mut all: Vec<(String, Row)> = newest.into_values().collect();
    let windows = windows_prices::sort_out(&mut all);
    let bytes = encode(all, "USD");
    std::fs::write(out, &bytes).map_err(|e| format!("{out}: {e}"))?;
    let older = read - dropped - kept;
    writeln!(
        std::io::stderr(),
        "{read} rows: {kept} kept, {older} older, {dropped} not used; {windows} were of Windows; {} bytes",
        bytes.len()
    )
    .map_err(|e| e.to_string())
}

fn dump(book: &str) -> Result<(), String> {
    let bytes = std::fs::read(book).map_err(|e| format!("{book}: {e}"))?;
    let book = PriceBook::open(bytes).map_err(|e| e.to_string())?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let quote = |t: &str| match t.contains([',', '"', '\n']) {
        true => format!("\"{}\"", t.replace('"', "\"\"")),
        false => t.to_owned(),
    };
    let mut print = |fields: &[&str]| {
        writeln!(out, "{}", fields.iter().map(|f| quote(f)).collect::<Vec<_>>().join(","))
            .map_err(|e| e.to_string())
    };
    print(&COLUMNS)?;
    for (service, r) in book.all() {
        let (price, tier) = (r.price.to_string(), r.tier_min.to_string());
        print(&[
            service,
            &r.product,
            &r.sku,
            &r.arm_sku,
            &r.meter,
            &r.region,
            &r.unit,
            &price,
            &tier,
            &r.source,
            &r.as_of,
            r.price_type.name(),
        ])?;
    }
    Ok(())
}
