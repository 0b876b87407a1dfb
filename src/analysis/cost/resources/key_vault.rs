//! Key vaults: operations; keys in hardware by the month.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;

const fn meter<'a>(sku: &'a str, names: &'a [&'a str]) -> Meter<'a> {
    // The product matters: `Standard` alone also names dedicated HSMs at thousands a month.
    let service = "Key Vault";
    Meter { service, product: service, sku, names, scope: Scope::Region, approximate: true }
}

const OPERATIONS: Meter<'_> = meter("", &["Operations"]);
const HSM_RSA_2048: Meter<'_> = meter("Premium", &["Premium HSM-protected RSA 2048-bit key"]);
const HSM_ADVANCED: Meter<'_> = meter("Premium", &["Premium HSM-protected Advanced Key"]);

/// RSA keys up to this length are charged at the lower price.
const RSA_2048: i64 = 2048;

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let region = cx.region(doc)?;
    bill.charge_usage("Operations", "operations", "key_vault.operations", &OPERATIONS, region);
    Ok(())
}

/// A key; one in software costs nothing but its operations.
pub(super) fn estimate_key(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let kind = attributes::required(&doc.body, "properties.kty")?.to_ascii_lowercase();
    if !kind.ends_with("-hsm") {
        return Ok(());
    }
    let size = attributes::whole(&doc.body, "properties.keySize", 1 << 20)?;
    let meter = match kind.starts_with("rsa") && size.unwrap_or(RSA_2048) <= RSA_2048 {
        true => &HSM_RSA_2048,
        false => &HSM_ADVANCED,
    };
    let why = "one active version".to_owned();
    bill.charge(Charge::new("Key in hardware", "key", Range::fixed(1)).assuming(why), meter, cx.region(doc)?);
    Ok(())
}
