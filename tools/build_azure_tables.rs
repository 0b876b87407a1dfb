//! Writes the tables of regions and VM sizes from CSV files.
//!
//!     cargo run --example build-azure-tables -- REGIONS.csv VM-SIZES.csv...
//!
//! REGIONS.csv has the columns `alias, arm_region, display_name`; VM-SIZES.csv those named in
//! `SIZE_COLUMNS` (more are ignored); `tools/vm_size_supplement.csv` has sizes that lists of today lack. The encodings are those of `src/azure/regions.rs` and
//! `src/azure/sku.rs`.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Columns of a size, in the order of its line; words of flags are shortened to `y` and `n`.
const SIZE_COLUMNS: &[&str] = &[
    "size",
    "family",
    "vcpus",
    "memory_gib",
    "gpus",
    "arch",
    "premium_io",
    "max_data_disks",
    "cached_disk_gib",
    "temp_disk_gib",
    "ephemeral_os_supported",
    "ephemeral_placements",
    "nvme_disk_gib",
    "max_nics",
    "accelerated_networking",
    "encryption_at_host",
    "has_local_disk_by_name",
    "burstable",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut files = std::env::args().skip(1);
    let usage = "usage: build-azure-tables REGIONS.csv VM-SIZES.csv...";
    let regions = files.next().ok_or(usage)?;
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/azure");

    let mut by_id: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for row in rows(&std::fs::read_to_string(regions)?, &["alias", "arm_region", "display_name"])? {
        let [alias, id, name] = row.as_slice() else { continue };
        let aliases = by_id.entry((id.clone(), name.clone())).or_default();
        let plain: String = alias.chars().filter(char::is_ascii_alphanumeric).collect();
        if plain != *id && !aliases.contains(&plain) {
            aliases.push(plain);
        }
    }
    let mut out = String::from("# Regions: id, display name, other names (letters and digits only).\n");
    for ((id, name), aliases) in &by_id {
        writeln!(out, "{id}|{name}|{}", aliases.join(","))?;
    }
    std::fs::write(dir.join("regions.txt"), out)?;

    let mut sizes = Vec::new();
    for file in files {
        sizes.extend(rows(&std::fs::read_to_string(file)?, SIZE_COLUMNS)?);
    }
    if sizes.is_empty() {
        return Err(usage.into());
    }
    sizes.sort_by_key(|row| row[0].to_ascii_lowercase());
    let mut out = String::new();
    for row in &sizes {
        let short = |cell: &String| match cell.as_str() {
            "true" => "y".to_owned(),
            "false" => "n".to_owned(),
            "likely" => "?".to_owned(),
            number => number.strip_suffix(".0").unwrap_or(number).to_owned(),
        };
        writeln!(out, "{}", row.iter().map(short).collect::<Vec<_>>().join("|"))?;
    }
    std::fs::write(dir.join("vm_sizes.txt"), out)?;
    println!("{} regions, {} sizes", by_id.len(), sizes.len());
    Ok(())
}

/// The cells of some columns of each row. The files have no quoted cells.
fn rows(text: &str, columns: &[&str]) -> Result<Vec<Vec<String>>, String> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let at = |name: &&str| header.iter().position(|h| h == name).ok_or(format!("no column {name}"));
    let places = columns.iter().map(at).collect::<Result<Vec<_>, _>>()?;
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        places.iter().map(|p| cells.get(*p).copied().unwrap_or_default().to_owned()).collect()
    };
    Ok(lines.map(row).collect())
}
