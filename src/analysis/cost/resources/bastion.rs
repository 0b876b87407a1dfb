//! Bastion hosts: by the hour and SKU, scale units beyond two, and outbound data.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;

/// Price SKU, and its meters: gateway, additional scale unit, data.
type Sku = (&'static str, [&'static [&'static str]; 3]);

const SKUS: &[Sku] = &[
    ("Basic", [&["Basic Gateway"], &["Basic Additional Gateway"], &["Basic Data Transfer Out"]]),
    ("Standard", [&["Standard Gateway"], &["Standard Additional Gateway"], &["Standard Data Transfer Out"]]),
    ("Premium", [&["Premium Gateway"], &["Premium Additional Gateway"], &["Premium Data Transfer Out"]]),
];

/// Scale units that the gateway's price includes.
const INCLUDED_UNITS: i64 = 2;

fn meter(sku: &'static str, names: &'static [&'static str]) -> Meter<'static> {
    let service = "Azure Bastion";
    Meter { service, product: service, sku, names, scope: Scope::Region, approximate: false }
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let name = attributes::sku(doc)?.unwrap_or_else(|| "basic".to_owned());
    if name == "developer" {
        return Ok(());
    }
    let (sku, [gateway, more, data]) = *SKUS
        .iter()
        .find(|(sku, _)| sku.eq_ignore_ascii_case(&name))
        .ok_or_else(|| format!("bastion hosts of SKU {name} are not priced"))?;
    let region = cx.region(doc)?;
    bill.charge(
        Charge::new(format!("Bastion, {sku}"), "host", Range::fixed(1)),
        &meter(sku, gateway),
        region,
    );
    let units = attributes::whole(&doc.body, "properties.scaleUnits", 50)?.unwrap_or(INCLUDED_UNITS);
    if units > INCLUDED_UNITS {
        let charge = Charge::new("Additional scale units", "unit", Range::fixed(units - INCLUDED_UNITS));
        bill.charge(charge, &meter(sku, more), region);
    }
    bill.charge_usage("Outbound data", "GB", "bastion.outbound_gb", &meter(sku, data), region);
    Ok(())
}
