//! Price lists in CSV: the columns of `tools/build_price_book.rs`, found by name.

use std::str::FromStr;

use rust_decimal::Decimal;

use super::{PriceType, Row};

/// What is wrong with a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CsvError(pub String);

/// A CSV text with a head.
#[derive(Clone, Debug)]
pub struct Table {
    head: Vec<String>,
    /// The records below the head.
    pub records: Vec<Vec<String>>,
}

impl Table {
    /// Reads a text: quotes, doubled quotes, and line ends inside quotes. Empty lines are left out.
    pub fn parse(text: &str) -> Result<Table, CsvError> {
        let mut records =
            records(text.trim_start_matches('\u{feff}')).filter(|r| r.iter().any(|f| !f.is_empty()));
        let head = records.next().ok_or_else(|| CsvError("the list is empty".to_owned()))?;
        let head = head.iter().map(|name| fold(name)).collect();
        Ok(Table { head, records: records.collect() })
    }

    /// The column of the first of these names that there is; case, spaces and `_` do not count.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.head.iter().position(|h| *h == fold(name)))
    }
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn records(text: &str) -> impl Iterator<Item = Vec<String>> + '_ {
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        let (mut record, mut field, mut quoted) = (Vec::new(), String::new(), false);
        chars.peek()?;
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => record.push(std::mem::take(&mut field)),
                '\n' if !quoted => break,
                '\r' if !quoted => {}
                c => field.push(c),
            }
        }
        record.push(field);
        Some(record)
    })
}

/// A decimal number in plain or scientific notation.
fn number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok().map(|d| d.normalize())
}

/// The columns of a price list.
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

/// The rows of a price list with their services. An empty tier is the first one.
pub fn rows(text: &str) -> Result<Vec<(String, Row)>, CsvError> {
    let table = Table::parse(text)?;
    let column = |name: &&str| {
        let aliases: &[&str] = if *name == "price_usd" { &["price_usd", "price"] } else { &[name] };
        table.column(aliases).ok_or_else(|| CsvError(format!("there is no column {name}")))
    };
    let at: Vec<usize> = COLUMNS.iter().map(column).collect::<Result<_, _>>()?;
    let id = table.column(&["meter_id"]);
    let read = |(n, record): (usize, &Vec<String>)| {
        let field = |at: Option<&usize>| at.and_then(|at| record.get(*at)).map_or("", String::as_str);
        let get = |i: usize| field(at.get(i)).to_owned();
        let wrong = |what: &str| CsvError(format!("record {}: {what}", n + 2));
        let tier = if get(8).is_empty() { Some(Decimal::ZERO) } else { number(&get(8)) };
        let row = Row {
            meter_id: field(id.as_ref()).to_owned(),
            // Other meters are told apart by their names; some lists give them a SKU, some do not.
            arm_sku: if get(0) == "Virtual Machines" { get(3) } else { String::new() },
            region: get(5),
            product: get(1),
            sku: get(2),
            meter: get(4),
            unit: get(6),
            tier_min: tier.ok_or_else(|| wrong("no tier"))?,
            price: number(&get(7)).filter(|p| !p.is_sign_negative()).ok_or_else(|| wrong("no price"))?,
            price_type: PriceType::parse(&get(11)).ok_or_else(|| wrong("price type"))?,
            source: get(9).into(),
            as_of: get(10).into(),
        };
        Ok((get(0), row))
    };
    table.records.iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_line_ends() {
        let table = Table::parse("\u{feff}Meter ID,b\r\n\"x, \"\"y\"\"\",\"two\nlines\"\n\n1\n").unwrap();
        assert_eq!((table.column(&["meter_id"]), table.column(&["z", "B"])), (Some(0), Some(1)));
        assert_eq!(table.records, [vec!["x, \"y\"", "two\nlines"], vec!["1"]]);
        assert!(Table::parse("").is_err());
    }

    #[test]
    fn mistakes_are_named() {
        let head =
            "service,product,sku,armSkuName,meter,region,unit,price_usd,tier_min,source,as_of,price_type";
        for (record, says) in [
            ("S,P,,,M,r,1 Hour,-1,0,s,d,Consumption", "record 2: no price"),
            ("S,P,,,M,r,1 Hour,1,x,s,d,Consumption", "record 2: no tier"),
            ("S,P,,,M,r,1 Hour,1,0,s,d,Free", "record 2: price type"),
        ] {
            assert_eq!(rows(&format!("{head}\n{record}\n")).unwrap_err().0, says);
        }
        assert_eq!(rows("service\n").unwrap_err().0, "there is no column product");
        let (service, row) =
            rows(&format!("{head}\nS,P,,,M,r,1 Hour,1e-2,,s,d,Consumption")).unwrap().remove(0);
        assert_eq!((service.as_str(), row.price, row.tier_min), ("S", Decimal::new(1, 2), Decimal::ZERO));
    }
}
