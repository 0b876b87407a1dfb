//! Application gateways of the second generation: a fixed fee and capacity units.
//!
//! An instance is worth ten capacity units and billed at least so.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;
use rust_decimal::Decimal;

/// Capacity units of an instance.
const UNITS_PER_INSTANCE: i64 = 10;
/// A gateway has at most so many instances.
const MAX_INSTANCES: i64 = 125;

/// A SKU and its meters.
struct Sku {
    /// `sku.tier` in lower case.
    tier: &'static str,
    product: &'static str,
    /// `skuName` of both meters.
    sku: &'static str,
    fixed: &'static [&'static str],
    units: &'static [&'static str],
}

const SKUS: &[Sku] = &[
    Sku {
        tier: "standard_v2",
        product: "Application Gateway Standard v2",
        sku: "Standard",
        fixed: &["Standard Fixed Cost"],
        units: &["Standard Capacity Units"],
    },
    Sku {
        tier: "waf_v2",
        product: "Application Gateway WAF v2",
        sku: "Standard",
        fixed: &["Standard Fixed Cost"],
        units: &["Standard Capacity Units"],
    },
    Sku {
        tier: "basic",
        product: "Application Gateway Basic v2",
        sku: "Basic",
        fixed: &["Basic Fixed Cost"],
        units: &["Basic Capacity Units"],
    },
];

/// Capacity units over the range of instances.
fn units(doc: &Document) -> Result<(Range, Option<String>), Gap> {
    let instances = |path: &str| attributes::whole(&doc.body, &format!("properties.{path}"), MAX_INSTANCES);
    let scale = "autoscaleConfiguration";
    let cu = |n: i64| Decimal::from(n * UNITS_PER_INSTANCE);
    if !attributes::has(&doc.body, "properties.autoscaleConfiguration") {
        let n = instances("sku.capacity")?.ok_or("neither sku.capacity nor autoscaleConfiguration is set")?;
        return Ok((Range::fixed(cu(n)), None));
    }
    let low = instances(&format!("{scale}.minCapacity"))?.unwrap_or(0);
    let most = instances(&format!("{scale}.maxCapacity"))?;
    if most.is_some_and(|m| m < low) {
        return Err(format!("minCapacity {low} is greater than maxCapacity {}", most.unwrap_or_default()));
    }
    let high = most.unwrap_or(low.max(10));
    let expected = cu(low).max(Decimal::ONE);
    let why = (high != low).then(|| "expected: the reserved units, at least one".to_owned());
    Ok((Range { low: cu(low), expected, high: cu(high).max(expected) }, why))
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let tier = attributes::required(&doc.body, "properties.sku.tier")?;
    let wanted = tier.to_ascii_lowercase();
    let Sku { product, sku, fixed, units: capacity, .. } = SKUS
        .iter()
        .find(|s| s.tier == wanted)
        .ok_or_else(|| format!("application gateways of tier {tier} are retired or unknown: not priced"))?;
    let region = cx.region(doc)?;
    let (service, scope) = ("Application Gateway", Scope::Region);
    let meter = |names| Meter { service, product, sku, names, scope, approximate: false };
    bill.charge(Charge::new(format!("Gateway, {tier}"), "gateway", Range::fixed(1)), &meter(fixed), region);
    match units(doc) {
        Ok((mut quantity, mut why)) => {
            if let Some(set) = bill.usage.set(bill.address, "application_gateway.capacity_units") {
                // Reserved units are billed whether used or not.
                let least = quantity.low;
                (quantity, why) = (set.map(|v| v.max(least)), None);
            }
            bill.charge(
                Charge::new("Capacity units", "unit", quantity).assuming(why),
                &meter(capacity),
                region,
            );
        }
        Err(gap) => bill.gap("Capacity units", gap),
    }
    Ok(())
}
