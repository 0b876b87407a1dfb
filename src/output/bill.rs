//! An estimate for other programs: a CSV, and the shape of Infracost's JSON.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::escape;
use crate::analysis::cost::amount::{HOURS, text};
use crate::analysis::cost::report::terraform_type;
use crate::analysis::cost::{Component, CostReport, Range, ResourceCost, Unpriced};

/// The columns of the CSV.
const COLUMNS: [&str; 15] = [
    "address",
    "component",
    "unit",
    "quantity_low",
    "quantity_expected",
    "quantity_high",
    "unit_price",
    "monthly_low",
    "monthly_expected",
    "monthly_high",
    "currency",
    "usage_based",
    "assumption",
    "price_source",
    "price_as_of",
];

fn record(fields: &[&str]) -> String {
    fields.iter().map(|f| escape::csv(f)).collect::<Vec<_>>().join(",") + "\n"
}

/// One component a line; what is not priced has a line without figures, its reason under `assumption`.
pub fn csv(report: &CostReport) -> String {
    let mut out = record(&COLUMNS);
    for resource in &report.resources {
        for c in &resource.components {
            let (q, m) = (figures(c.quantity), figures(c.monthly));
            out += &record(&[
                &resource.address,
                &c.name,
                &c.unit,
                &q[0],
                &q[1],
                &q[2],
                &text(c.unit_price),
                &m[0],
                &m[1],
                &m[2],
                &report.currency,
                if c.usage_based { "true" } else { "false" },
                c.assumption.as_deref().unwrap_or_default(),
                &c.price_source,
                &c.price_as_of,
            ]);
        }
    }
    for u in &report.unpriced {
        let reason = format!("no price: {}", u.reason);
        let empty = "";
        out += &record(&[
            &u.address,
            empty,
            empty,
            empty,
            empty,
            empty,
            empty,
            empty,
            empty,
            empty,
            &report.currency,
            empty,
            &reason,
            empty,
            empty,
        ]);
    }
    out
}

fn figures(range: Range) -> [String; 3] {
    [range.low, range.expected, range.high].map(text)
}

/// What is expected an hour of a month.
fn hourly(month: Decimal) -> String {
    text(month.checked_div(HOURS).unwrap_or_default().round_dp(12))
}

fn component(c: &Component) -> Json {
    json!({
        "name": c.name,
        "unit": c.unit,
        "hourlyQuantity": hourly(c.quantity.expected),
        "monthlyQuantity": text(c.quantity.expected),
        "price": text(c.unit_price),
        "hourlyCost": hourly(c.monthly.expected),
        "monthlyCost": text(c.monthly.expected),
        "usageBased": c.usage_based,
        "priceNotFound": false,
    })
}

/// The sum of a figure of some rows.
fn sum(rows: &[Json], figure: &str) -> Json {
    let number = |row: &Json| row[figure].as_str().and_then(|t| t.parse::<Decimal>().ok());
    json!(text(rows.iter().filter_map(number).sum()))
}

fn resource(r: &ResourceCost) -> Json {
    let usage = r.monthly.expected - r.fixed().expected;
    let components: Vec<Json> = r.components.iter().map(component).collect();
    json!({
        "name": r.address,
        "resourceType": terraform_type(&r.address),
        "metadata": {},
        "hourlyCost": sum(&components, "hourlyCost"),
        "monthlyCost": text(r.monthly.expected),
        "monthlyUsageCost": text(usage),
        "costComponents": components,
    })
}

/// A part that nobody has a price for.
fn without_price(reason: &str) -> Json {
    json!({
        "name": reason,
        "unit": "",
        "hourlyQuantity": null,
        "monthlyQuantity": null,
        "price": null,
        "hourlyCost": null,
        "monthlyCost": null,
        "priceNotFound": true,
    })
}

/// What is expected, as a breakdown. The range has no place in it.
fn breakdown(report: &CostReport) -> Json {
    let mut resources: Vec<Json> = report.resources.iter().map(resource).collect();
    for u in report.unpriced.iter().filter(|u| !is_unsupported(u)) {
        let part = without_price(&u.reason);
        let known = resources.iter_mut().find(|r| r["name"] == u.address.as_str());
        match known.and_then(|r| r["costComponents"].as_array_mut()) {
            Some(parts) => parts.push(part),
            None => resources.push(json!({
                "name": u.address,
                "resourceType": terraform_type(&u.address),
                "metadata": {},
                "hourlyCost": null,
                "monthlyCost": null,
                "costComponents": [part],
            })),
        }
    }
    let free =
        report.free.iter().map(|a| json!({ "name": a, "resourceType": terraform_type(a), "metadata": {} }));
    json!({
        "totalHourlyCost": sum(&resources, "hourlyCost"),
        "resources": resources,
        "freeResources": free.collect::<Vec<_>>(),
        "totalMonthlyCost": text(report.monthly.expected),
        "totalMonthlyUsageCost": text(report.monthly.expected - report.fixed().expected),
    })
}

fn is_unsupported(u: &Unpriced) -> bool {
    u.reason.ends_with("is not supported")
}

/// What the change of a component's or resource's figures is.
fn less(new: &Json, old: &Json) -> Json {
    let number = |v: &Json| v.as_str().and_then(|t| t.parse::<Decimal>().ok()).unwrap_or_default();
    json!(text(number(new) - number(old)))
}

const FIGURES: [&str; 6] =
    ["hourlyQuantity", "monthlyQuantity", "price", "hourlyCost", "monthlyCost", "monthlyUsageCost"];

/// New figures minus old ones, for what is in both by name; what is in one only counts in full.
fn difference(new: &[Json], old: &[Json]) -> Vec<Json> {
    let mut names: Vec<&Json> = new.iter().map(|n| &n["name"]).collect();
    names.extend(old.iter().map(|o| &o["name"]).filter(|o| !new.iter().any(|n| n["name"] == **o)));
    let find = |all: &[Json], name: &Json| all.iter().find(|j| j["name"] == *name).cloned();
    let mut changed = Vec::new();
    for name in names {
        let (n, o) = (find(new, name), find(old, name));
        let none = Json::Null;
        let (a, b) = (n.as_ref().unwrap_or(&none), o.as_ref().unwrap_or(&none));
        let mut row = n.clone().or_else(|| o.clone()).unwrap_or_default();
        for figure in FIGURES.iter().filter(|f| row.get(**f).is_some()).collect::<Vec<_>>() {
            row[*figure] = less(&a[*figure], &b[*figure]);
        }
        let list = |j: &Json| j["costComponents"].as_array().cloned().unwrap_or_default();
        if row.get("costComponents").is_some() {
            row["costComponents"] = difference(&list(a), &list(b)).into();
        }
        if a != b {
            changed.push(row);
        }
    }
    changed
}

/// How many addresses there are of each Terraform type.
fn by_type<'a>(addresses: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::new();
    for address in addresses {
        *counts.entry(terraform_type(address)).or_default() += 1;
    }
    counts
}

/// The shape of `infracost breakdown --format json`, and with a base of `infracost diff`.
pub fn infracost(name: &str, report: &CostReport, base: Option<&CostReport>) -> String {
    let now = breakdown(report);
    let past = base.map(breakdown).unwrap_or_else(|| {
        let nothing = "0";
        json!({ "resources": [], "totalHourlyCost": nothing, "totalMonthlyCost": nothing, "totalMonthlyUsageCost": nothing })
    });
    let totals = ["totalHourlyCost", "totalMonthlyCost", "totalMonthlyUsageCost"];
    let unsupported = report.unpriced.iter().filter(|u| is_unsupported(u));
    let unsupported = by_type(unsupported.map(|u| u.address.as_str()));
    let supported = report.resources.iter().map(|r| r.address.as_str());
    let supported = by_type(supported.chain(report.free.iter().map(String::as_str)));
    let total: u64 = unsupported.values().sum();
    let summary = json!({
        "totalDetectedResources": report.resources.len() + report.free.len() + total as usize,
        "totalSupportedResources": report.resources.len() + report.free.len(),
        "totalUnsupportedResources": total,
        "totalUsageBasedResources": report.resources.iter().filter(|r| r.components.iter().any(|c| c.usage_based)).count(),
        "totalNoPriceResources": report.free.len(),
        "supportedResourceCounts": supported,
        "unsupportedResourceCounts": unsupported,
        "noPriceResourceCounts": by_type(report.free.iter().map(String::as_str)),
    });
    let mut project = json!({
        "name": name,
        "displayName": "",
        "metadata": { "path": name, "type": "terraform_dir" },
        "pastBreakdown": past,
        "breakdown": now,
        "diff": null,
        "summary": summary,
    });
    let mut root = json!({
        "version": "0.2",
        "currency": report.currency,
        "projects": [],
        "timeGenerated": format!("{}T00:00:00Z", report.prices.as_of),
        "summary": summary,
        "metadata": { "infracostCommand": if base.is_some() { "diff" } else { "breakdown" }, "vcsBranch": "",
            "vcsCommitSha": "", "vcsCommitAuthorName": "", "vcsCommitAuthorEmail": "",
            "vcsCommitTimestamp": format!("{}T00:00:00Z", report.prices.as_of), "vcsCommitMessage": "" },
    });
    for name in totals {
        root[name] = now[name].clone();
    }
    let list = |b: &Json| b["resources"].as_array().cloned().unwrap_or_default();
    let mut diff = json!({ "resources": difference(&list(&now), &list(&past)) });
    for name in totals {
        diff[name] = less(&now[name], &past[name]);
        root[format!("past{}", title(name))] = past[name].clone();
        root[format!("diff{}", title(name))] = diff[name].clone();
    }
    project["diff"] = diff;
    root["projects"] = json!([project]);
    super::json::print(&root)
}

fn title(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
