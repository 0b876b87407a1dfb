//! NAT gateways: by the hour and by data, in both directions. Its addresses are charged by themselves.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;

/// An hour of a gateway.
pub(in crate::analysis::cost) const GATEWAY: Meter<'_> = meter(&["Standard Gateway"]);
const DATA: Meter<'_> = meter(&["Standard Data Processed"]);

const fn meter<'a>(names: &'a [&'a str]) -> Meter<'a> {
    let service = "NAT Gateway";
    Meter { service, product: service, sku: "Standard", names, scope: Scope::Global, approximate: true }
}

/// One gateway and its data.
pub(super) fn charge(bill: &mut Bill<'_>, name: &str, region: &str) {
    bill.charge(Charge::new(name, "gateway", Range::fixed(1)), &GATEWAY, region);
    bill.charge_usage(format!("{name}, data processed"), "GB", "nat_gateway.data_gb", &DATA, region);
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    match attributes::sku(doc)?.as_deref() {
        None | Some("standard" | "standardv2") => {}
        Some(other) => return Err(format!("NAT gateways of SKU {other} are not priced")),
    }
    charge(bill, "NAT gateway", cx.region(doc)?);
    Ok(())
}
