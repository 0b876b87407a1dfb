//! Cost: hand-computed cases. The prices are a table of these tests (`prices.rs`), so that a newer price
//! book does not change them; every expected line shows its arithmetic as `quantity x price = money`.

mod cases;
mod delta;
mod forms;
mod gate;
mod gateways;
mod laws;
mod live;
mod nodes;
mod price_server;
mod prices;
mod registry_and_vault;
mod savings;
mod scale_sets;
mod shared;
mod sheet;
mod terraform;
mod tiers;
mod usage;
mod usage_files;

use std::sync::Arc;

use serde_json::{Value as Json, json};
use trueup::analysis::cost::usage::Usage;
use trueup::analysis::cost::{Component, CostReport, Options, Range, amount, estimate};
use trueup::azure::estate::{Document, Estate};
use trueup::azure::id::ResourceId;
use trueup::terraform::value::{Reason, Type, Value};

const GROUP: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg";

/// A value of JSON; `{"$unknown": "x"}` is unknown because `var.x` has no value.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::null(),
        Json::Bool(b) => (*b).into(),
        Json::Number(n) => n.as_i64().expect("whole numbers; write fractions as text").into(),
        Json::String(s) => s.as_str().into(),
        Json::Array(items) => Value::tuple(items.iter().map(value).collect()),
        Json::Object(members) => match members.get("$unknown") {
            Some(name) => Value::unknown(Type::Dynamic, Reason::Variable(name.as_str().unwrap().into())),
            None => Value::object(members.iter().map(|(k, v)| (k.as_str(), value(v)))),
        },
    }
}

/// An estate of documents. An `id` may leave out the group: `natGateways/n` of `Microsoft.Network`.
fn estate(documents: &[Json]) -> Estate {
    Estate::new(documents.iter().map(|json| {
        let id = ResourceId::new(id(json["id"].as_str().unwrap()));
        let arm_type = id.arm_type().unwrap();
        Document::new(id, arm_type, value(json), None)
    }))
}

/// A full id.
fn id(short: &str) -> String {
    if short.starts_with('/') { short.to_owned() } else { format!("{GROUP}/providers/{short}") }
}

fn options(usage: &str) -> Options {
    Options {
        usage: Usage::read(usage, "usage.toml").unwrap(),
        prices: Some(Arc::new(prices::book())),
        ..Options::default()
    }
}

fn report(documents: &[Json]) -> CostReport {
    estimate(&estate(documents), &options(""))
}

fn figures(range: Range) -> String {
    if range.is_fixed() {
        return amount::text(range.expected);
    }
    [range.low, range.expected, range.high].map(amount::text).join("/")
}

/// `name: quantity unit x price = money`, low/expected/high where they differ.
fn line(c: &Component) -> String {
    let (quantity, price) = (figures(c.quantity), amount::text(c.unit_price));
    format!("{}: {quantity} {} x {price} = {}", c.name, c.unit, figures(c.monthly))
}

fn lines(report: &CostReport) -> Vec<String> {
    report.resources.iter().flat_map(|r| &r.components).map(line).collect()
}

fn reasons(report: &CostReport) -> Vec<String> {
    report.unpriced.iter().map(|u| u.reason.clone()).collect()
}

/// Documents, the components that they must have, and why the rest is not priced.
#[track_caller]
fn check(documents: &[Json], components: &[&str], unpriced: &[&str]) {
    let report = report(documents);
    assert_eq!(lines(&report), components);
    assert_eq!(reasons(&report), unpriced);
}

/// A document of one type with a region.
fn doc(short: &str, region: &str, rest: Json) -> Json {
    let mut body = json!({ "id": short, "location": region });
    for (k, v) in rest.as_object().unwrap() {
        body[k] = v.clone();
    }
    body
}
