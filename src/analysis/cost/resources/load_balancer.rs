//! Load balancers: an hourly fee for up to five rules, more for each further one, and data.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;
use rust_decimal::Decimal;

/// Rules that the base fee includes.
const INCLUDED_RULES: i64 = 5;

const INCLUDED: Meter<'_> = meter(&["Standard Included LB Rules and Outbound Rules"]);
const OVERAGE: Meter<'_> = meter(&["Standard Overage LB Rules and Outbound Rules"]);
const DATA: Meter<'_> = meter(&["Standard Data Processed"]);

const fn meter<'a>(names: &'a [&'a str]) -> Meter<'a> {
    let service = "Load Balancer";
    Meter { service, product: service, sku: "Standard", names, scope: Scope::Global, approximate: true }
}

/// A Standard load balancer with so many rules; without rules it costs nothing.
pub(super) fn charge(bill: &mut Bill<'_>, name: &str, rules: Range, region: &str) {
    if rules.is_zero() {
        return;
    }
    let base = rules.map(|n| n.min(Decimal::ONE));
    bill.charge(Charge::new(name, "load balancer", base), &INCLUDED, region);
    let over = rules.map(|n| (n - Decimal::from(INCLUDED_RULES)).max(Decimal::ZERO));
    if !over.is_zero() {
        let name = format!("{name}, rules beyond {INCLUDED_RULES}");
        bill.charge(Charge::new(name, "rule", over), &OVERAGE, region);
    }
    bill.charge_usage(format!("{name}, data processed"), "GB", "load_balancer.data_gb", &DATA, region);
}

/// The rules that count: load balancing and outbound, inline or documents of their own.
fn rules(cx: &Context<'_>, doc: &Document) -> Result<Range, Gap> {
    let mut sum = 0;
    for (part, child) in [
        ("loadBalancingRules", "Microsoft.Network/loadBalancers/loadBalancingRules"),
        ("outboundRules", "Microsoft.Network/loadBalancers/outboundRules"),
    ] {
        let inline = attributes::list(&doc.body, &format!("properties.{part}"))?.len();
        let mut alone = 0;
        for rule in cx.children(doc, child) {
            attributes::countable(rule)?;
            alone += 1;
        }
        sum += inline.max(alone);
    }
    Ok(Range::fixed(Decimal::from(sum)))
}

/// The load balancer that AKS makes for a cluster; the internal one has another name.
const OF_CLUSTER: &str = "kubernetes";

/// The rules of the load balancers that clusters made for themselves, by the cluster's id: Services of
/// type LoadBalancer add them at run time, so the code does not tell.
pub(in crate::analysis::cost) fn live_rules<'a>(
    cx: &'a Context<'_>,
) -> impl Iterator<Item = (String, i64)> + 'a {
    let of_cluster = |doc: &&Document| doc.name().eq_ignore_ascii_case(OF_CLUSTER);
    cx.estate.of_type("Microsoft.Network/loadBalancers").filter(of_cluster).filter_map(|doc| {
        let rules = ["loadBalancingRules", "outboundRules"]
            .map(|part| doc.items(&format!("properties.{part}")).len());
        Some((cx.owner(doc)?.id.key(), i64::try_from(rules.iter().sum::<usize>()).ok()?))
    })
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    match attributes::sku(doc)?.as_deref() {
        Some("basic") => return Ok(()),
        None | Some("standard") => {}
        Some(other) => return Err(format!("load balancers of SKU {other} are not priced")),
    }
    charge(bill, "Load balancer", rules(cx, doc)?, cx.region(doc)?);
    Ok(())
}
