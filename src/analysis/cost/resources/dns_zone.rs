//! DNS zones, public and private: by the month, and queries.

use super::super::amount::Range;
use super::super::attributes::Gap;
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;

const fn meter<'a>(sku: &'a str, names: &'a [&'a str]) -> Meter<'a> {
    let service = "Azure DNS";
    Meter { service, product: service, sku, names, scope: Scope::Zone, approximate: true }
}

/// DNS zones are global: they are charged in the zone of this region when nothing says otherwise.
const HOME: &str = "eastus";

/// The first 25 zones of a subscription cost more than the others.
const TIER: &str = "no other zones in the subscription than those of this estate";

/// A public zone that something makes for itself.
pub(super) fn charge_public(bill: &mut Bill<'_>, name: &str, region: &str) {
    let charge = Charge::new(name, "zones", Range::fixed(1)).assuming(TIER.to_owned());
    bill.charge_shared(charge, &meter("Public", &["Public Zone", "Public Zones"]), region);
}

fn zone(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>, zone: &Meter<'_>, queries: &Meter<'_>) {
    let region = cx.region(doc).unwrap_or(HOME);
    let region = if region == "global" { HOME } else { region };
    let charge = Charge::new("Zone", "zones", Range::fixed(1)).assuming(TIER.to_owned());
    bill.charge_shared(charge, zone, region);
    bill.charge_usage("Queries", "queries", "dns_zone.queries", queries, region);
}

pub(super) fn estimate_private(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    zone(
        cx,
        doc,
        bill,
        &meter("Private", &["Private Zone", "Private Zones"]),
        &meter("Private", &["Private Queries"]),
    );
    Ok(())
}

pub(super) fn estimate_public(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    zone(
        cx,
        doc,
        bill,
        &meter("Public", &["Public Zone", "Public Zones"]),
        &meter("Public", &["Public Queries"]),
    );
    Ok(())
}
