//! Azure Firewall: by the hour and tier, and data.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;

/// Tier in lower case, in a hub or not, price SKU, deployment meter.
const TIERS: &[(&str, bool, &str, &[&str])] = &[
    ("basic", false, "Basic", &["Basic Deployment"]),
    ("standard", false, "Standard", &["Standard Deployment"]),
    ("premium", false, "Premium", &["Premium Deployment"]),
    ("standard", true, "Standard Secure Virtual Hub", &["Standard Secure Virtual Hub Deployment"]),
    ("premium", true, "Premium Secured Virtual Hub", &["Premium Secured Virtual Hub Deployment"]),
];

/// Tier in lower case, price SKU, data meter: the same in a hub and in a network.
const DATA: &[(&str, &str, &[&str])] = &[
    ("basic", "Basic", &["Basic Data Processed"]),
    ("standard", "Standard", &["Standard Data Processed"]),
    ("premium", "Premium", &["Premium Data Processed"]),
];

fn meter(sku: &'static str, names: &'static [&'static str]) -> Meter<'static> {
    let service = "Azure Firewall";
    Meter { service, product: service, sku, names, scope: Scope::Region, approximate: false }
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let tier = attributes::text(&doc.body, "properties.sku.tier")?.unwrap_or("Standard");
    let name = attributes::text(&doc.body, "properties.sku.name")?.unwrap_or("AZFW_VNet");
    let (wanted, hub) = (tier.to_ascii_lowercase(), name.eq_ignore_ascii_case("AZFW_Hub"));
    let (.., sku, names) = *TIERS
        .iter()
        .find(|(t, h, ..)| *t == wanted && *h == hub)
        .ok_or_else(|| format!("firewalls of tier {tier} as {name} are not priced"))?;
    let region = cx.region(doc)?;
    bill.charge(
        Charge::new(format!("Firewall, {tier}"), "firewall", Range::fixed(1)),
        &meter(sku, names),
        region,
    );
    if let Some((_, sku, names)) = DATA.iter().find(|(t, ..)| *t == wanted) {
        bill.charge_usage("Data processed", "GB", "firewall.data_gb", &meter(sku, names), region);
    }
    Ok(())
}

/// A policy: free for one firewall, charged when several share it.
pub(super) fn estimate_policy(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let mut firewalls = 0;
    for firewall in cx.estate.of_type("Microsoft.Network/azureFirewalls") {
        let policy = attributes::text(&firewall.body, "properties.firewallPolicy.id")?;
        firewalls += usize::from(policy.is_some_and(|id| ResourceId::new(id) == doc.id));
    }
    if firewalls > 1 {
        bill.gap("Policy", format!("{firewalls} firewalls share it, which is charged: no price is held"));
    }
    Ok(())
}
