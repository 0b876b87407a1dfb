//! The address spaces as pictures to scale, and the tables of the figures.
//!
//! A strip and a bar are small drawings whose lengths are per cent of the page's width, so that the same
//! page is to scale on a telephone and on a wall; all words stand beside them as text.

use serde::Serialize;

use super::Section;
use crate::analysis::network::map::{self, AddressMap, Block, Figures, MapSpace, PartKind};
use crate::analysis::network::{NetworkReport, SubnetChange};
use crate::output::map::{describe, figures, sentence};
use crate::output::table::Table;
use crate::output::text;

/// Data of `addresses.html`.
#[derive(Serialize)]
pub(super) struct Addresses {
    spaces: Vec<Space>,
    tables: Vec<(&'static str, Table)>,
    /// What could not be counted.
    gaps: Vec<String>,
}

#[derive(Serialize)]
struct Space {
    id: String,
    name: String,
    prefix: String,
    free: String,
    whole: String,
    first: String,
    last: String,
    description: String,
    strip: Vec<Cut>,
    rows: Vec<Row>,
}

/// A block in the strip of its space; lengths in per cent.
#[derive(Serialize)]
struct Cut {
    x: String,
    width: String,
    middle: String,
    kind: &'static str,
    /// Its number, where there is room for one.
    number: Option<usize>,
}

/// A block below the strip.
#[derive(Serialize)]
struct Row {
    number: Option<usize>,
    name: String,
    prefix: String,
    bar: Option<Bar>,
}

/// The bar of a subnet; lengths in per cent.
#[derive(Serialize)]
struct Bar {
    parts: Vec<(&'static str, String, String)>,
    used: Option<String>,
    capacity: String,
    figures: String,
    failure: String,
    description: String,
}

/// A share of a whole in per cent, to a ten-thousandth, without trailing zeros.
fn percent(part: u128, whole: u128) -> String {
    let ten_thousandths = part.saturating_mul(1_000_000).checked_div(whole).unwrap_or(0);
    let text = format!("{}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The least share of a strip, in per cent, that has room for a number on the narrowest page.
const NUMBERED: u128 = 6;

fn space(index: usize, space: &MapSpace) -> Space {
    let whole = space.addresses();
    let family = space.prefix.family();
    let mut number = 0;
    let mut numbered: Vec<(Option<usize>, &Block)> = Vec::new();
    for block in &space.blocks {
        number += usize::from(block.subnet.is_some());
        numbered.push((block.subnet.as_ref().map(|_| number), block));
    }
    let cut = |(number, block): &(Option<usize>, &Block)| {
        let (first, addresses) = space.cut(block);
        let kind = match &block.subnet {
            Some(f) if !f.failure.is_empty() => "missing",
            Some(_) => "needed",
            None => "taken",
        };
        Cut {
            x: percent(first, whole),
            width: percent(addresses, whole),
            middle: percent(first.saturating_mul(2) + addresses, whole.saturating_mul(2)),
            kind,
            number: number.filter(|_| addresses.saturating_mul(100) >= whole.saturating_mul(NUMBERED)),
        }
    };
    let row = |(number, block): &(Option<usize>, &Block)| Row {
        number: *number,
        name: block.name.clone(),
        prefix: block.prefix.to_string(),
        bar: block.subnet.as_ref().map(bar),
    };
    Space {
        id: format!("space-{index}"),
        name: space.name.clone(),
        prefix: space.prefix.to_string(),
        free: space.free().to_string(),
        whole: whole.to_string(),
        first: family.address(space.prefix.first()).to_string(),
        last: family.address(space.prefix.last()).to_string(),
        description: describe(space),
        strip: numbered.iter().map(cut).collect(),
        rows: numbered.iter().map(row).collect(),
    }
}

fn bar(f: &Figures) -> Bar {
    let whole = u128::from(f.whole());
    let part = |p: &map::Part| {
        let kind = match p.kind {
            PartKind::Needed => "needed",
            PartKind::Surge => "surge",
            PartKind::Missing => "missing",
        };
        (kind, percent(p.from.into(), whole), percent((p.to - p.from).into(), whole))
    };
    Bar {
        parts: f.parts().iter().map(part).collect(),
        used: f.used.map(|(used, _)| percent(used.into(), whole)),
        capacity: percent(f.capacity.unwrap_or(0).into(), whole),
        figures: figures(f),
        failure: f.failure.clone(),
        description: sentence(f),
    }
}

/// The spaces of a map, and tables.
pub(super) fn data(map: &AddressMap, tables: Vec<(&'static str, Table)>, gaps: &[String]) -> Addresses {
    let spaces = map.spaces.iter().enumerate().map(|(i, s)| space(i, s)).collect();
    let tables = tables.into_iter().filter(|(_, t)| !t.is_empty()).collect();
    Addresses { spaces, tables, gaps: gaps.to_vec() }
}

/// The addresses of a root module; with a base what the change does to them comes first.
pub fn addresses(report: &NetworkReport, changes: Option<&[SubnetChange]>) -> Section {
    let tables = vec![
        ("Addresses before and now", changes.map(text::address_changes).unwrap_or_default()),
        ("Subnets: addresses they have and need at each stage", text::subnet_table(report)),
        ("In use now, beside the plan", text::in_use(report)),
        ("Forecast by snapshots over some time", text::forecasts(report)),
        ("Pod CIDRs: a block a node, /24 of IPv4 or /80 of IPv6", text::pod_cidrs(report)),
    ];
    Section::new(
        "addresses",
        "Addresses",
        "addresses.html",
        data(&map::of_report(report), tables, &report.gaps),
    )
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn shares_are_exact_to_a_ten_thousandth() {
        for (part, whole, shown) in
            [(1, 3, "33.3333"), (1, 2, "50"), (0, 5, "0"), (5, 5, "100"), (1, 1 << 24, "0"), (1, 0, "0")]
        {
            assert_eq!(percent(part, whole), shown);
        }
        assert_eq!(percent(u128::MAX, u128::MAX), "0.0001");
    }
}
