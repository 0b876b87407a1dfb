//! How the use of subnets grew, from snapshots over some time, and when they are full.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::report::{NetworkReport, SubnetReport};
use super::usage::{count, expected, tail, usages};
use crate::analysis::network::forecast::{self, Days, Point, Trend};
use crate::azure::estate::Estate;

/// The trend of a subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Forecast {
    /// What was counted: `usages` of the network, else `node_counts` of the live pools, else nothing.
    pub basis: Option<&'static str>,
    /// Snapshots that tell it.
    pub points: usize,
    /// Days between the first and the last of them.
    pub days: u64,
    /// Addresses a week, with one decimal; null when there is no trend.
    pub addresses_per_week: Option<String>,
    /// The same in nodes, where all nodes of the subnet take as many addresses.
    pub nodes_per_week: Option<String>,
    /// When it is full; null when there is no trend.
    pub full_in_days: Option<Days>,
    /// All of it in words.
    pub text: String,
}

/// Counts of a subnet by time.
type Series = BTreeMap<i64, u64>;

/// Seconds since 1970 of a snapshot that says when it was taken.
fn taken_at(estate: &Estate) -> Option<i64> {
    let text = estate.captured_at.as_deref()?;
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

/// Adds the forecast of every subnet when there is a history.
pub(super) fn apply(report: &mut NetworkReport, live: &Estate, history: &[Estate]) {
    if history.is_empty() {
        return;
    }
    let mut used: HashMap<String, Series> = HashMap::new();
    let mut nodes: HashMap<String, Series> = HashMap::new();
    let mut undated = 0;
    for estate in history.iter().chain([live]) {
        let Some(at) = taken_at(estate) else {
            undated += 1;
            continue;
        };
        for (subnet, usage) in usages(estate) {
            if let Some(n) = count(usage, "currentValue") {
                used.entry(subnet).or_default().insert(at, n);
            }
        }
        for (subnet, (_, most)) in expected(None, estate) {
            nodes.entry(subnet).or_default().insert(at, most);
        }
    }
    if undated > 0 {
        report.gaps.push(format!("{undated} snapshots do not say when they were taken (captured_at)"));
    }
    for subnet in &mut report.subnets {
        let key = tail(&subnet.id);
        let exact = used.get(&key).map(|s| ("usages", s));
        let counted = nodes.get(&key).map(|s| ("node_counts", s));
        let enough = |(_, s): &(&str, &Series)| forecast::trend(&points(s)).is_some();
        let series = exact.filter(enough).or(counted.filter(enough)).or(exact).or(counted);
        subnet.forecast = Some(one(subnet, series));
    }
}

fn points(series: &Series) -> Vec<Point> {
    series.iter().map(|(at, count)| Point { at: *at, count: *count }).collect()
}

fn one(subnet: &SubnetReport, series: Option<(&'static str, &Series)>) -> Forecast {
    let (basis, points) = series.map_or((None, Vec::new()), |(basis, s)| (Some(basis), points(s)));
    let days = forecast::span_days(&points);
    let unknown = |text: String| Forecast {
        basis,
        points: points.len(),
        days,
        addresses_per_week: None,
        nodes_per_week: None,
        full_in_days: None,
        text,
    };
    let Some(trend) = forecast::trend(&points) else {
        return unknown(format!(
            "unknown: {} snapshots over {days} days tell its use, {} over {} days are needed",
            points.len(),
            forecast::LEAST_POINTS,
            forecast::LEAST_DAYS
        ));
    };
    let limit = subnet.live.as_ref().and_then(|l| l.capacity).or(subnet.capacity);
    let Some((capacity, last)) = limit.zip(points.last()) else {
        return unknown("unknown: the capacity of the subnet is not known".to_owned());
    };
    let full = trend.uses_up(capacity.saturating_sub(last.count));
    let per_node = per_node(subnet);
    let nodes = per_node.map(|n| decimal(trend.slope * 7.0 / n as f64));
    let pace = match &nodes {
        Some(nodes) => format!("{nodes} nodes ({} addresses) a week", decimal(trend.slope * 7.0)),
        None => format!("{} addresses a week", decimal(trend.slope * 7.0)),
    };
    let source = if basis == Some("usages") { "" } else { ", by live node counts" };
    Forecast {
        addresses_per_week: Some(decimal(trend.slope * 7.0)),
        nodes_per_week: nodes,
        full_in_days: Some(full),
        text: format!(
            "{} at {pace}, {} snapshots over {days} days{source}",
            words(full, &trend),
            points.len()
        ),
        ..unknown(String::new())
    }
}

fn words(full: Days, trend: &Trend) -> String {
    let at_the_soonest = |d: Days| d.soonest.map_or_else(String::new, |n| format!(", {n} at the soonest"));
    match (full.about, full.latest) {
        (Some(0), _) => "full now".to_owned(),
        (Some(about), Some(latest)) if full.soonest == Some(latest) => format!("full in about {about} days"),
        (Some(about), Some(latest)) => {
            let soonest = full.soonest.unwrap_or(about);
            format!("full in about {about} days ({soonest} to {latest})")
        }
        (Some(about), None) => format!("full in about {about} days{}, or not at all", at_the_soonest(full)),
        (None, _) if trend.slope > 0.0 => "not full within ten years".to_owned(),
        (None, _) => format!(
            "not growing{}",
            full.soonest.map_or_else(String::new, |n| { format!("; full in {n} days at the soonest") })
        ),
    }
}

/// A number with its sign and one decimal.
fn decimal(number: f64) -> String {
    let text = format!("{number:+.1}");
    if text == "-0.0" { "+0.0".to_owned() } else { text }
}

/// Addresses of one node, when all nodes of the subnet take as many.
fn per_node(subnet: &SubnetReport) -> Option<u64> {
    let mut all = subnet.per_node.iter().copied();
    let first = all.next()?;
    all.all(|n| n == first).then_some(first).filter(|n| *n > 0)
}
