//! Private endpoints: by the hour, and data in both directions.

use super::super::amount::Range;
use super::super::attributes::Gap;
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;

const fn meter<'a>(names: &'a [&'a str]) -> Meter<'a> {
    let (service, product) = ("Virtual Network", "Virtual Network Private Link");
    Meter { service, product, sku: "Standard", names, scope: Scope::Global, approximate: true }
}

const ENDPOINT: Meter<'_> = meter(&["Standard Private Endpoint"]);
const INGRESS: Meter<'_> = meter(&["Standard Data Processed - Ingress"]);
const EGRESS: Meter<'_> = meter(&["Standard Data Processed - Egress"]);

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let region = cx.region(doc)?;
    bill.charge(Charge::new("Private endpoint", "endpoint", Range::fixed(1)), &ENDPOINT, region);
    for (name, own, meter) in [
        ("Data in", "private_endpoint.inbound_gb", &INGRESS),
        ("Data out", "private_endpoint.outbound_gb", &EGRESS),
    ] {
        let key = match bill.usage.set(bill.address, own) {
            Some(_) => own,
            None => "private_endpoint.data_gb",
        };
        bill.charge_usage(name, "GB", key, meter, region);
    }
    Ok(())
}
