//! The tables of costs. Figures are shown to the cent, and rounded so that what is shown adds up: the lines of
//! a resource to the resource, the resources to the total ([`money::shares`]).

use std::cmp::Reverse;
use std::fmt::Write as _;

use crate::analysis::cost::amount;
use crate::analysis::cost::delta::UnknownDelta;
use crate::analysis::cost::{Component, CostDelta, CostReport, Range, ResourceCost};
use crate::output::table::{Cell, Table};
use crate::output::{escape, money, words};

/// Every priced resource with the lines of its bill, dearest first, and what has no price.
pub fn bill(report: &CostReport) -> String {
    bill_table(report).text(2) + &notes(report)
}

/// Every priced resource, dearest first, and what has no price.
pub fn cost(report: &CostReport) -> String {
    let assumed = |resource: &ResourceCost| {
        let all: Vec<&str> = resource.components.iter().filter_map(|c| c.assumption.as_deref()).collect();
        let text = match all.as_slice() {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
        };
        words::shorten(&text, 60)
    };
    cost_table(report, assumed).text(2) + &notes(report)
}

/// What has no price, and which prices were used.
fn notes(report: &CostReport) -> String {
    let mut out = String::new();
    for unpriced in &report.unpriced {
        let _ = writeln!(
            out,
            "  unknown: {}: {}",
            escape::line(&unpriced.address),
            escape::line(&unpriced.reason)
        );
    }
    if report.unpriced.iter().any(|u| u.reason.contains("no price is held for")) {
        out.push_str("  --price-fallback takes the nearest region's price, --prices live asks Azure\n");
    }
    let (all, fixed) = (report.monthly, report.fixed());
    if all != fixed && !all.is_zero() {
        let by_use = money::range(&(all - fixed), &report.currency);
        let _ = writeln!(out, "  of that by use, which only a usage file or Azure knows: {by_use}");
    }
    let _ = writeln!(out, "  prices of {}: {}", report.prices.as_of, escape::line(&report.prices.source));
    out
}

/// What costs something, dearest first, each with its figures as they are shown.
fn dearest(report: &CostReport) -> Vec<(&ResourceCost, Range)> {
    let mut resources: Vec<_> = report.resources.iter().filter(|r| !r.monthly.is_zero()).collect();
    resources.sort_by_key(|r| (Reverse(r.monthly.expected), r.address.as_str()));
    let exact: Vec<Range> = resources.iter().map(|r| r.monthly).collect();
    resources.into_iter().zip(money::shares(&exact, money::cents(report.monthly))).collect()
}

/// The three cells of a range.
fn cells(range: Range, currency: &str) -> [Cell; 3] {
    [range.low, range.expected, range.high].map(|v| money::exact(v, currency).into())
}

fn total(table: &mut Table, report: &CostReport) {
    let [low, expected, high] = cells(money::cents(report.monthly), &report.currency);
    table.row(["total".into(), low, expected, high, "".into()]);
}

/// Every priced resource, dearest first, with what it assumes, and the total.
pub(in crate::output) fn cost_table(report: &CostReport, assumed: impl Fn(&ResourceCost) -> String) -> Table {
    let mut table = Table::new(["resource", ">low", ">expected", ">high", "assumes"]);
    for (resource, shown) in dearest(report) {
        let [low, expected, high] = cells(shown, &report.currency);
        let address = Cell::code(resource.address.as_str());
        table.row([address, low, expected, high, assumed(resource).into()]);
    }
    total(&mut table, report);
    table
}

/// The same with the lines of each resource: how many, at which price, on which assumption.
pub(in crate::output) fn bill_table(report: &CostReport) -> Table {
    let mut table = Table::new(["resource", ">low", ">expected", ">high", "quantity, price, assumption"]);
    for (resource, shown) in dearest(report) {
        let [low, expected, high] = cells(shown, &report.currency);
        table.row([Cell::code(resource.address.as_str()), low, expected, high, "".into()]);
        let lines: Vec<&Component> = resource.components.iter().filter(|c| !c.monthly.is_zero()).collect();
        let exact: Vec<Range> = lines.iter().map(|c| c.monthly).collect();
        for (line, shown) in lines.iter().zip(money::shares(&exact, shown)) {
            let [low, expected, high] = cells(shown, &report.currency);
            table.row([Cell::part(line.name.as_str()), low, expected, high, formula(line).into()]);
        }
    }
    total(&mut table, report);
    table
}

/// `2190 node-hours x 0.146; size not set: ...`
fn formula(line: &Component) -> String {
    let q = &line.quantity;
    let quantity = match q.is_fixed() {
        true => amount::text(q.expected),
        false => [q.low, q.expected, q.high].map(amount::text).join("/"),
    };
    let mut text = format!("{quantity} {} x {}", line.unit, amount::text(line.unit_price));
    if let Some(assumption) = &line.assumption {
        let _ = write!(text, "; {}", words::shorten(assumption, 60));
    }
    text
}

/// What a change does to each resource's bill, largest change first, and the total.
pub(in crate::output) fn change_table(change: &CostDelta) -> Table {
    let currency = &change.currency;
    let mut table = Table::new(["changed", ">before", ">after", ">change"]);
    let side = |r: &Option<Range>| r.map_or_else(|| "-".to_owned(), |r| money::exact(r.expected, currency));
    let exact: Vec<Range> = change.resources.iter().map(|r| r.change).collect();
    for (resource, shown) in change.resources.iter().zip(money::shares(&exact, money::cents(change.change))) {
        table.row([
            Cell::code(resource.address.as_str()),
            side(&resource.before).into(),
            side(&resource.after).into(),
            money::exact_change(&shown, currency).into(),
        ]);
    }
    let (before, after) = (Some(change.before), Some(change.after));
    let total = money::exact_change(&money::cents(change.change), currency);
    table.row(["total".into(), side(&before).into(), side(&after).into(), total.into()]);
    table
}

/// Why a change of cost is not known.
pub(in crate::output) fn reasons(unknown: &UnknownDelta) -> String {
    let reasons: Vec<&str> = unknown.before.iter().chain(&unknown.after).map(String::as_str).collect();
    reasons.join("; ")
}

/// What a change does to the bill.
pub fn cost_change(change: &CostDelta) -> String {
    let mut out = format!("\n{}", change_table(change).text(2));
    for u in &change.unknown {
        let (address, reasons) = (escape::line(&u.address), escape::line(&reasons(u)));
        let _ = writeln!(out, "  unknown change: {address}: {reasons}");
    }
    out
}
