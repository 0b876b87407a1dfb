//! Public IP addresses and prefixes: by the hour, attached or not.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::{Per, Scope};
use super::Context;
use crate::azure::estate::Document;
use rust_decimal::Decimal;

const fn address<'a>(sku: &'a str, names: &'a [&'a str]) -> Meter<'a> {
    let (service, product) = ("Virtual Network", "IP Addresses");
    Meter { service, product, sku, names, scope: Scope::Region, approximate: true }
}

const STANDARD: Meter<'_> = address("Standard", &["Standard IPv4 Static Public IP"]);
const GLOBAL: Meter<'_> = address("Global", &["Global IPv4 Static Public IP"]);
const BASIC_STATIC: Meter<'_> = address("Basic", &["Basic IPv4 Static Public IP"]);
const BASIC_DYNAMIC: Meter<'_> = address("Basic", &["Basic IPv4 Dynamic Public IP"]);
const PREFIX: Meter<'_> =
    Meter { product: "Public IP Prefix", names: &["Standard Static IP Addresses"], ..STANDARD };

/// The prefix length of azurerm when none is set.
const DEFAULT_PREFIX_LENGTH: i64 = 28;

/// Standard addresses that something makes for itself.
pub(super) fn charge_standard(bill: &mut Bill<'_>, name: String, count: Range, region: &str) {
    bill.charge(Charge::new(name, "address", count), &STANDARD, region);
}

fn is_ipv6(doc: &Document) -> Result<bool, Gap> {
    let version = attributes::text(&doc.body, "properties.publicIPAddressVersion")?;
    Ok(version.is_some_and(|v| v.eq_ignore_ascii_case("IPv6")))
}

/// The meter of an address; none when it costs nothing by itself.
pub(in crate::analysis::cost) fn meter(doc: &Document) -> Result<Option<&'static Meter<'static>>, Gap> {
    // IPv6 is free, and an address out of a prefix is paid with the prefix.
    if is_ipv6(doc)? || attributes::has(&doc.body, "properties.publicIPPrefix.id") {
        return Ok(None);
    }
    let sku = attributes::text(&doc.body, "sku.name")?.unwrap_or("Standard").to_ascii_lowercase();
    let tier = attributes::text(&doc.body, "sku.tier")?.unwrap_or("Regional");
    let method = attributes::text(&doc.body, "properties.publicIPAllocationMethod")?.unwrap_or("Static");
    match (sku.as_str(), tier.eq_ignore_ascii_case("Global"), method.eq_ignore_ascii_case("Dynamic")) {
        // Only Basic addresses are dynamic, whatever the provider's default of the SKU is.
        ("standard" | "standardv2" | "basic", false, true) => Ok(Some(&BASIC_DYNAMIC)),
        ("standard" | "standardv2", true, _) => Ok(Some(&GLOBAL)),
        ("standard" | "standardv2", false, _) => Ok(Some(&STANDARD)),
        ("basic", _, false) => Ok(Some(&BASIC_STATIC)),
        _ => Err(format!("public IP addresses of SKU {sku} are not priced")),
    }
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    if let Some(meter) = meter(doc)? {
        bill.charge(Charge::new("Public IP address", "address", Range::fixed(1)), meter, cx.region(doc)?);
    }
    let protection = attributes::text(&doc.body, "properties.ddosSettings.protectionMode")?;
    if protection.is_some_and(|m| m.eq_ignore_ascii_case("Enabled")) {
        let charge = Charge::new("DDoS IP protection", "address", Range::fixed(1));
        bill.charge_setting(charge, "public_ip.ddos_protection_month", Per::Month);
    }
    Ok(())
}

pub(super) fn estimate_prefix(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    if is_ipv6(doc)? {
        return Ok(());
    }
    let length =
        attributes::whole(&doc.body, "properties.prefixLength", 32)?.unwrap_or(DEFAULT_PREFIX_LENGTH);
    let addresses = 1i64 << (32 - length);
    let charge = Charge::new(
        format!("Public IP prefix, /{length}"),
        "address",
        Range::fixed(Decimal::from(addresses)),
    );
    bill.charge(charge, &PREFIX, cx.region(doc)?);
    Ok(())
}
