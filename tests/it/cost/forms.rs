//! What is printed adds up: every form is read back, and its totals are the sums of its parts.

use std::str::FromStr;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::laws::estates;
use super::*;
use crate::harness::{repository, trueup_in};
use trueup::analysis::cost::delta;
use trueup::analysis::cost::prices::Table;
use trueup::output::{bill, money, text};

/// An amount as tables print it: `-$1,234.50`.
fn money_of(text: &str) -> Option<Decimal> {
    let plain = text.trim_start_matches('+').replace(['$', ','], "");
    let shown = text.contains('$') && text.rsplit_once('.').is_some_and(|(_, c)| c.len() == 2);
    shown.then(|| Decimal::from_str(&plain).ok()).flatten()
}

/// The three amounts of a row; what follows them is words.
fn amounts(row: &str) -> Option<[Decimal; 3]> {
    let found: Vec<Decimal> = row.split_whitespace().filter_map(money_of).take(3).collect();
    found.try_into().ok()
}

fn plus(a: [Decimal; 3], b: [Decimal; 3]) -> [Decimal; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// Rows of a bill: lines add up to their resource, resources to the total. Returns the total.
#[track_caller]
fn adds_up(rows: &[(Level, [Decimal; 3])]) -> [Decimal; 3] {
    let zero = [Decimal::ZERO; 3];
    let (mut resources, mut open, mut lines, mut total) = (zero, zero, None::<[Decimal; 3]>, None);
    for (level, figures) in rows {
        if !matches!(level, Level::Line) {
            assert!(lines.is_none_or(|l| l == open), "{lines:?} are the lines of {open:?}");
            lines = None;
        }
        match level {
            Level::Line => lines = Some(plus(lines.unwrap_or(zero), *figures)),
            Level::Resource => (open, resources) = (*figures, plus(resources, *figures)),
            Level::Total => total = Some(*figures),
        }
    }
    assert_eq!(total, Some(resources), "the resources are the total");
    resources
}

#[derive(Clone, Copy, Debug)]
enum Level {
    Resource,
    Line,
    Total,
}

/// The rows of a bill in text.
fn rows_of_text(text: &str) -> Vec<(Level, [Decimal; 3])> {
    let level = |row: &str| match row {
        r if r.starts_with("    ") => Level::Line,
        r if r.starts_with("  total ") => Level::Total,
        _ => Level::Resource,
    };
    text.lines().filter_map(|row| Some((level(row), amounts(row)?))).collect()
}

fn in_cents(range: Range) -> [Decimal; 3] {
    let r = money::cents(range);
    [r.low, r.expected, r.high]
}

/// A figure of Infracost's JSON; what is not known is nothing.
fn figure(json: &Json, name: &str) -> Decimal {
    json[name].as_str().map(|t| Decimal::from_str(t).unwrap()).unwrap_or_default()
}

fn members<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    json[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A breakdown: components add up to resources, resources to totals.
#[track_caller]
fn breakdown_adds_up(breakdown: &Json) {
    for (total, part) in [("totalMonthlyCost", "monthlyCost"), ("totalHourlyCost", "hourlyCost")] {
        let mut sum = Decimal::ZERO;
        for r in members(breakdown, "resources") {
            let of_it: Decimal = members(r, "costComponents").iter().map(|c| figure(c, part)).sum();
            assert_eq!(figure(r, part), of_it, "{part} of {}", r["name"]);
            sum += of_it;
        }
        assert_eq!(figure(breakdown, total), sum, "{total}");
    }
}

/// The last column of a table of changes, by row; of the total last.
fn changes(text: &str) -> Vec<(String, Vec<Decimal>)> {
    let row = |row: &str| {
        let name = row.split_whitespace().next()?.to_owned();
        let change = match row.rsplit_once("  ")?.1.trim() {
            "no change" => vec![Decimal::ZERO; 3],
            change => change.replace(['(', ')'], "").split(" to ").flat_map(words).collect(),
        };
        (!change.is_empty()).then_some((name, change))
    };
    fn words(text: &str) -> Vec<Decimal> {
        text.split_whitespace().filter_map(money_of).collect()
    }
    let three = |c: Vec<Decimal>| if c.len() == 1 { vec![c[0]; 3] } else { c };
    text.lines()
        .filter(|l| !l.contains("unknown change"))
        .filter_map(row)
        .map(|(n, c)| (n, three(c)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn tables_and_lists_add_up(documents in estates()) {
        let report = report(&documents);
        prop_assert_eq!(adds_up(&rows_of_text(&text::bill(&report))), in_cents(report.monthly));
        prop_assert_eq!(adds_up(&rows_of_text(&text::cost(&report))), in_cents(report.monthly));
        let csv = Table::parse(&bill::csv(&report)).unwrap();
        let mut sum = Range::default();
        for record in &csv.records {
            let at = |name: &str| record[csv.column(&[name]).unwrap()].parse::<Decimal>().unwrap_or_default();
            sum += Range { low: at("monthly_low"), expected: at("monthly_expected"), high: at("monthly_high") };
        }
        prop_assert_eq!(sum, report.monthly);
        let infracost: Json = serde_json::from_str(&bill::infracost("x", &report, None)).unwrap();
        breakdown_adds_up(&infracost["projects"][0]["breakdown"]);
        prop_assert_eq!(figure(&infracost, "totalMonthlyCost"), report.monthly.expected);
    }

    #[test]
    fn what_is_printed_of_a_change_is_the_opposite_of_its_undoing(a in estates(), b in estates()) {
        let (a, b) = (report(&a), report(&b));
        let (there, back) = (delta(&a, &b), delta(&b, &a));
        let (there, back) = (changes(&text::cost_change(&there)), changes(&text::cost_change(&back)));
        prop_assert_eq!(there.len(), back.len());
        for ((x, forth), (y, opposite)) in there.iter().zip(&back) {
            prop_assert_eq!(x, y);
            // Ranges of changes are printed low, expected, high of the estates: all turn their sign.
            let turned: Vec<Decimal> = opposite.iter().map(|v| -v).collect();
            prop_assert_eq!(forth, &turned);
        }
        if let Some(((_, total), rows)) = there.split_last() {
            for n in 0..3 {
                prop_assert_eq!(rows.iter().map(|(_, c)| c[n]).sum::<Decimal>(), total[n]);
            }
        }
        let json = |new: &CostReport, old: &CostReport| -> Json {
            serde_json::from_str(&bill::infracost("x", new, Some(old))).unwrap()
        };
        let (forth, back) = (json(&b, &a), json(&a, &b));
        for total in ["diffTotalMonthlyCost", "diffTotalHourlyCost", "diffTotalMonthlyUsageCost"] {
            prop_assert_eq!(figure(&forth, total), -figure(&back, total), "{}", total);
        }
        let diff = &forth["projects"][0]["diff"];
        breakdown_adds_up(diff);
        prop_assert_eq!(
            figure(&forth, "totalMonthlyCost") - figure(&forth, "pastTotalMonthlyCost"),
            figure(diff, "totalMonthlyCost")
        );
    }
}

/// The cells of each row of the tables of a page.
fn rows_of_html(html: &str) -> Vec<Vec<String>> {
    html.split("<tr").skip(1).map(|r| r.split("</td>").map(|c| c.trim().to_owned()).collect()).collect()
}

#[test]
fn the_forms_of_an_environment_agree() {
    let dir = repository().join("environments/production");
    let run = |form: &str| trueup_in(&dir, &["cost", ".", "--format", form]).stdout;
    let json: Json = serde_json::from_str(&run("json")).unwrap();
    let monthly = &json["monthly"];
    let total = ["low", "expected", "high"].map(|f| figure(monthly, f));
    let total = in_cents(Range { low: total[0], expected: total[1], high: total[2] });
    assert!(total[1] > Decimal::from(1_000));
    assert_eq!(adds_up(&rows_of_text(&run("text"))), total);
    assert_eq!(adds_up(&rows_of_text(&run("markdown"))), total);
    let html: Vec<(Level, [Decimal; 3])> = rows_of_html(&run("html"))
        .iter()
        .filter_map(|cells| {
            let level = match cells.first()? {
                name if name.ends_with("<td>total") => Level::Total,
                name if name.contains("<td class=\"part\">") => Level::Line,
                _ => Level::Resource,
            };
            Some((level, amounts(&cells.get(1..4)?.join(" ").replace("<td class=\"number\">", ""))?))
        })
        .collect();
    assert_eq!(adds_up(&html), total);
    let infracost: Json = serde_json::from_str(&run("infracost-json")).unwrap();
    breakdown_adds_up(&infracost["projects"][0]["breakdown"]);

    // The comment on a pull request: by resource, with the total.
    let comment = trueup_in(&dir, &["review", ".", "--format", "markdown"]).stdout;
    let rows = comment.lines().filter(|l| l.starts_with("| ")).filter_map(|row| {
        let plain = row.replace(['\\', '\u{200d}'], "");
        let cells: Vec<&str> = plain.trim_matches('|').split(" | ").map(str::trim).collect();
        let level = if cells.first()? == &"total" { Level::Total } else { Level::Resource };
        Some((level, amounts(&cells.get(1..4)?.join(" "))?))
    });
    assert_eq!(adds_up(&rows.collect::<Vec<_>>()), total);
}
