//! Dated tables: what a rule says by the calendar is data with its source and its date.
//!
//! A file in `data/` has lines of words; `# source` and `# as-of` say where and when it was read.

use std::collections::HashMap;
use std::sync::OnceLock;

use time::Date;

use super::graph::date;

/// Support of Kubernetes minors.
pub(crate) static KUBERNETES: Table = Table::new("Kubernetes calendar", include_str!("data/kubernetes.txt"));
/// Support of OpenShift minors.
pub(crate) static OPENSHIFT: Table = Table::new("OpenShift calendar", include_str!("data/openshift.txt"));
/// Support of node operating systems.
pub(crate) static NODE_OS: Table = Table::new("retirement dates", include_str!("data/node_os.txt"));
/// Regions with availability zones.
pub(crate) static ZONES: Table = Table::new("regions with zones", include_str!("data/zones.txt"));
/// Features and resources that retire.
pub(crate) static RETIREMENTS: Table = Table::new("retirement dates", include_str!("data/retirements.txt"));
/// VM sizes that retire.
pub(crate) static RETIRED_SIZES: Table =
    Table::new("retirement dates", include_str!("data/retired_sizes.txt"));
/// Private DNS zones by what an endpoint leads to.
pub(crate) static PRIVATE_ZONES: Table =
    Table::new("zones of private endpoints", include_str!("data/private_zones.txt"));
/// Arguments that security rules judge, by resource type.
pub(crate) static SECURITY_ARGUMENTS: Table =
    Table::new("arguments that rules judge", include_str!("data/security_arguments.txt"));
/// Beginnings of names by resource type.
pub(crate) static NAMING: Table = Table::new("abbreviations of names", include_str!("data/naming.txt"));
/// Values that arguments take.
pub(crate) static VALUES: Table = Table::new("values of arguments", include_str!("data/values.txt"));
/// Kubernetes APIs that a minor removed.
pub(crate) static REMOVED_APIS: Table =
    Table::new("removed Kubernetes APIs", include_str!("data/removed_apis.txt"));

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    /// What it holds, in words.
    what: &'static str,
    text: &'static str,
    /// Rows by their first word.
    index: OnceLock<HashMap<&'static str, &'static str>>,
}

impl Table {
    const fn new(what: &'static str, text: &'static str) -> Table {
        Table { what, text, index: OnceLock::new() }
    }

    /// What it holds and how old it is, for a note.
    pub(crate) fn dated(&self) -> String {
        format!("{} as of {}", self.what, self.as_of())
    }

    /// The day its source was read.
    pub(crate) fn as_of(&self) -> &'static str {
        self.text.lines().find_map(|l| l.strip_prefix("# as-of ")).unwrap_or("")
    }

    /// Its rows, as words.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Vec<&'static str>> {
        let rows = self.text.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
        rows.map(|l| l.split(' ').collect())
    }

    /// The first row whose first word is this one.
    pub(crate) fn row(&self, key: &str) -> Option<Vec<&'static str>> {
        let index = self.index.get_or_init(|| {
            let mut index = HashMap::new();
            for row in self.text.lines().filter(|l| !l.starts_with('#')) {
                if let Some((first, _)) = row.split_once(' ') {
                    index.entry(first).or_insert(row);
                }
            }
            index
        });
        index.get(key).map(|row| row.split(' ').collect())
    }
}

/// The last day that a cell names: a day, or a month.
pub(crate) fn last_day(cell: &str) -> Option<Date> {
    if cell.len() > 7 {
        return date(cell);
    }
    let first = date(&format!("{cell}-01"))?;
    first.replace_day(first.month().length(first.year())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn every_date_of_the_tables_is_one() {
        for (table, dates) in [
            (&KUBERNETES, 1..4),
            (&OPENSHIFT, 1..2),
            (&NODE_OS, 1..3),
            (&ZONES, 0..0),
            (&PRIVATE_ZONES, 0..0),
            (&REMOVED_APIS, 0..0),
            (&NAMING, 0..0),
            (&VALUES, 0..0),
            (&RETIREMENTS, 1..2),
            (&RETIRED_SIZES, 1..2),
        ] {
            assert!(date(table.as_of()).is_some());
            assert!(table.rows().count() > 5);
            for row in table.rows() {
                for cell in row[dates.clone()].iter().filter(|c| **c != "-") {
                    assert!(last_day(cell).is_some(), "{row:?}");
                }
            }
        }
    }

    #[test]
    fn a_month_means_its_last_day() {
        assert_eq!(last_day("2026-02"), Some(date!(2026 - 02 - 28)));
        assert_eq!(last_day("2025-08-22"), Some(date!(2025 - 08 - 22)));
    }
}
